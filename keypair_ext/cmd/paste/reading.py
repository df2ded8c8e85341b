# SPDX-License-Identifier: Apache-2.0

"""What PasteDeploy finds in a paste file, and where that stands in the text.

PasteDeploy's own parser says what sections and values there are. A scan of the
text finds the same with places, or the file is refused.
"""

import configparser
import io
import re
from typing import Final, NamedTuple

from paste.deploy import loadwsgi

from keypair_ext import exception

DEFAULT: Final = 'DEFAULT'
APPS: Final = ('app', 'application')
COMPOSITES: Final = ('composite', 'composit')
FILTER_APP: Final = 'filter-app'
FILTER: Final = 'filter'
# The kinds of section that go on to others.
ROUTES: Final = (*COMPOSITES, 'pipeline', FILTER_APP)

EOL: Final = re.compile(r'\r\n|\n|\r')
LINE: Final = re.compile(rf'[^\r\n]*(?:{EOL.pattern})|[^\r\n]+')
WORD: Final = re.compile(r'\S+')

_HEADER: Final = re.compile(r'\[(.+)\]')
_OPTION: Final = re.compile(r'(\S.*?)\s*[=:]')
# What PasteDeploy has in every file.
_DEFAULTS: Final = {'here': '', '__file__': ''}


class Word(NamedTuple):
    """A word of a value, and where it stands in the text."""

    text: str
    start: int
    end: int


class Section(NamedTuple):
    """A section as its header has it, blanks included.

    :ivar start: where its header stands in the text.
    :ivar kind: what is before the colon: ``app``, ``pipeline`` and so on.
    :ivar name: what other sections call it.
    """

    header: str
    start: int
    values: dict[str, list[Word]]

    @property
    def kind(self) -> str:
        kind, colon, _ = self.header.partition(':')
        return kind if colon else ''

    @property
    def name(self) -> str:
        return self.header.partition(':')[2].strip()

    def words(self, key: str) -> list[str]:
        """Return the words of a value, none if there is no such key."""
        return [word.text for word in self.values.get(key, [])]

    def target(self, *keys: str) -> str:
        """Return what the first key there names, '' if there is none."""
        found = next((key for key in keys if key in self.values), '')
        return ' '.join(self.words(found))


class PasteFile:
    """A paste file that was read.

    :ivar sections: all of them, by their headers.
    :ivar apps: those by which paste loads an application, by its name.
    :ivar filters: those by which it loads a filter.
    :raises ConfigurationError: PasteDeploy does not read it, or the scan of
        the text sees something else than PasteDeploy.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.sections = _scan(text)
        self._parser = _parse(text)
        self._check_scan()
        self.apps = self._by_name((*APPS, *ROUTES))
        self.filters = self._by_name((FILTER,))

    def value(self, section: Section, key: str) -> list[str]:
        """Return the words that paste makes of a value, %(...)s replaced."""
        try:
            value: str = self._parser.get(section.header, key)
            return value.split()
        except configparser.InterpolationError:
            return section.words(key)

    def place(self, word: Word) -> str:
        """Return where a word is, as the beginning of a sentence."""
        number = len(EOL.findall(self.text, 0, word.start)) + 1
        return f'Line {number} of the paste file'

    def _check_scan(self) -> None:
        defaults = {key: value.split() for key, value in _DEFAULTS.items()}
        defaults |= _all_words(self.sections[DEFAULT])
        scanned = {
            header: defaults | _all_words(section)
            for header, section in self.sections.items()
        }
        parsed = {
            header: {
                key: value.split()
                for key, value in self._parser.items(header, raw=True)
            }
            for header in (DEFAULT, *self._parser.sections())
        }
        if parsed != scanned:
            raise exception.ConfigurationError(
                reason='The paste file has indented options or sections; this '
                'command does not edit such a file.'
            )

    def _by_name(self, kinds: tuple[str, ...]) -> dict[str, Section]:
        found: dict[str, Section] = {}
        for section in self.sections.values():
            if section.kind not in kinds:
                continue
            if section.name in found:
                raise exception.ConfigurationError(
                    reason=f'Sections [{found[section.name].header}] and '
                    f'[{section.header}] of the paste file have the same '
                    f'name; paste takes neither.'
                )
            found[section.name] = section
        return found


def _all_words(section: Section) -> dict[str, list[str]]:
    return {key: section.words(key) for key in section.values}


def _parse(text: str) -> loadwsgi.NicerConfigParser:
    """Read as paste does: keys keep their case, values may refer to others."""
    parser = loadwsgi.NicerConfigParser('the paste file', defaults=_DEFAULTS)
    parser.optionxform = str
    try:
        parser.read_file(io.StringIO(text, newline=None), parser.filename)
    except configparser.Error as error:
        reason = ' '.join(str(error).split())
        raise exception.ConfigurationError(
            reason=f'The paste file is malformed: {reason}'
        ) from error
    return parser


def _scan(text: str) -> dict[str, Section]:
    """Find sections and words; an indented line goes on with a value."""
    sections = {DEFAULT: Section(DEFAULT, 0, {})}
    section = Section('', 0, {})
    words: list[Word] = []
    for line in LINE.finditer(text):
        start = line.start()
        if line[0].lstrip()[:1] in ('', '#', ';'):
            continue
        if header := _HEADER.match(line[0]):
            section = sections.setdefault(
                header[1], Section(header[1], start, {})
            )
            continue
        if option := _OPTION.match(line[0]):
            words = section.values.setdefault(option[1], [])
            start += option.end()
        words += [
            Word(word[0], *word.span())
            for word in WORD.finditer(text, start, line.end())
        ]
    return sections
