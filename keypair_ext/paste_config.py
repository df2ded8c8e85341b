# SPDX-License-Identifier: Apache-2.0

"""Edit Nova's api-paste.ini: mount the filter, or take it out again.

Text in, text out: :mod:`keypair_ext.paste_file` reads and writes. What is not
understood with certainty is refused.
"""

import configparser
import difflib
import io
import re
from typing import Final, NamedTuple

from keypair_ext import exception

FILTER: Final = 'keypair_ext'
SECTION: Final = f'filter:{FILTER}'

_FACTORY: Final = 'keypair_ext.wsgi:filter_factory'
_OURS: Final = re.compile(
    rf'(call:)?{re.escape(_FACTORY)}|egg:keypair[-_]ext(#main)?'
)
_NOVA_APP: Final = 'osapi_compute_app_v21'
_NOVA_FACTORY: Final = 'nova.api.openstack.compute:APIRouterV21.factory'
_COMPOSITES: Final = (
    'openstack_compute_api_v21',
    'openstack_compute_api_v21_legacy_v2_compatible',
)
_PIPELINE_KINDS: Final = ('composite', 'composit', 'pipeline')

# By the first line disable knows our section from one written by hand, and
# so gives back exactly what enable was given.
_WRITTEN: Final = (
    '# Written by "keypair-ext-manage paste enable"; "disable" takes it out.',
    f'[{SECTION}]',
    f'paste.filter_factory = {_FACTORY}',
)
_EOL: Final = re.compile(r'\r\n|\n|\r')
_LINE: Final = re.compile(rf'[^\r\n]*(?:{_EOL.pattern})|[^\r\n]+')
_WRITTEN_TEXT: Final = re.compile(
    r'(?<![^\r\n])'
    + rf'({_EOL.pattern})'.join(map(re.escape, _WRITTEN[:2]))
    + rf'\1{re.escape(_WRITTEN[2])}(?:\1{{1,2}}|\Z)'
)
_HEADER: Final = re.compile(r'\[(.+)\]')
_OPTION: Final = re.compile(r'(\S.*?)\s*[=:]')
_WORD: Final = re.compile(r'\S+')


class Pipeline(NamedTuple):
    """A pipeline that ends in Nova's application."""

    section: str
    key: str
    enabled: bool


class Status(NamedTuple):
    """What a paste file says about the filter."""

    has_section: bool
    pipelines: list[Pipeline]

    @property
    def enabled(self) -> bool:
        mounted = all(pipeline.enabled for pipeline in self.pipelines)
        return self.has_section and mounted

    @property
    def disabled(self) -> bool:
        return not any(pipeline.enabled for pipeline in self.pipelines)


class _Word(NamedTuple):
    """A word of a value, and where it stands in the text."""

    text: str
    start: int
    end: int


class _Section(NamedTuple):
    start: int
    values: dict[str, list[_Word]]

    def names(self, key: str) -> list[str]:
        return [word.text for word in self.values.get(key, [])]


class _Edit(NamedTuple):
    """Put ``new`` in the place of what is between two offsets."""

    start: int
    end: int
    new: str


_Sections = dict[str, _Section]
_Pipelines = dict[tuple[str, str], list[_Word]]


class _Parser(configparser.RawConfigParser):
    """Reads as paste does: keys keep their case."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def status(text: str) -> Status:
    """Tell where the filter is mounted.

    :raises ConfigurationError: the text is not understood.
    """
    sections, pipelines = _understand(text)
    return Status(
        SECTION in sections,
        [
            Pipeline(section, key, _is_enabled(words))
            for (section, key), words in pipelines.items()
        ],
    )


def enable(text: str) -> str:
    """Return ``text`` with the filter mounted in every pipeline.

    :raises ConfigurationError: the text is not understood.
    """
    sections, pipelines = _understand(text)
    edits = [
        _insert_name(text, words[-1])
        for words in pipelines.values()
        if not _is_enabled(words)
    ]
    if SECTION not in sections:
        app = next(iter(pipelines.values()))[-1].text
        edits.append(_insert_section(text, sections[f'app:{app}'].start))
    return _apply(text, edits)


def disable(text: str) -> str:
    """Return ``text`` without the filter.

    A section that :func:`enable` did not write, or that was extended since,
    stays: no pipeline names it any more, so paste does not load it.

    :raises ConfigurationError: the text is not understood.
    """
    sections, pipelines = _understand(text)
    edits = [
        _remove_name(text, words[-2])
        for words in pipelines.values()
        if _is_enabled(words)
    ]
    written = _WRITTEN_TEXT.search(text)
    if written and list(sections[SECTION].values) == ['paste.filter_factory']:
        edits.append(_Edit(*written.span(), ''))
    return _apply(text, edits)


def diff(before: str, after: str, name: str) -> str:
    """Return the change as a unified diff; empty where there is none."""
    lines = difflib.unified_diff(
        _LINE.findall(before), _LINE.findall(after), name, name
    )
    return ''.join(
        line
        if line[-1] in '\r\n'
        else f'{line}\n\\ No newline at end of file\n'
        for line in lines
    )


def _understand(text: str) -> tuple[_Sections, _Pipelines]:
    parsed = _parse(text)
    sections = _scan(text)
    scanned = {
        name: {key: section.names(key) for key in section.values}
        for name, section in sections.items()
    }
    if parsed != scanned:
        raise exception.ConfigurationError(
            reason='The paste file has indented options or sections; this '
            'command does not edit such a file.'
        )
    pipelines = _pipelines(sections)
    _check_section(sections)
    _check_other_names(text, sections, pipelines)
    for words in pipelines.values():
        _check_position(text, words)
    return sections, pipelines


def _parse(text: str) -> dict[str, dict[str, list[str]]]:
    """Return what paste, by way of configparser, finds in the text."""
    # Nothing can be called '': [DEFAULT] is a section like any other here.
    parser = _Parser(default_section='')
    try:
        parser.read_file(io.StringIO(text, newline=None), 'the paste file')
    except configparser.Error as error:
        reason = ' '.join(str(error).split())
        raise exception.ConfigurationError(
            reason=f'The paste file is malformed: {reason}'
        ) from error
    return {
        name: {key: value.split() for key, value in parser.items(name)}
        for name in parser.sections()
    }


def _scan(text: str) -> _Sections:
    """Find sections and words; an indented line goes on with a value."""
    sections: _Sections = {}
    section = _Section(0, {})
    words: list[_Word] = []
    for line in _LINE.finditer(text):
        start = line.start()
        if line[0].lstrip()[:1] in ('', '#', ';'):
            continue
        if header := _HEADER.match(line[0]):
            section = sections.setdefault(header[1], _Section(start, {}))
            continue
        if option := _OPTION.match(line[0]):
            words = section.values.setdefault(option[1], [])
            start += option.end()
        words += [
            _Word(word[0], *word.span())
            for word in _WORD.finditer(text, start, line.end())
        ]
    return sections


def _pipelines(sections: _Sections) -> _Pipelines:
    """Find the pipelines of both composites that end in Nova's app."""
    apps = _nova_apps(sections)
    found: _Pipelines = {}
    for name, section in sections.items():
        kind, _, composite = name.partition(':')
        if kind not in _PIPELINE_KINDS or composite not in _COMPOSITES:
            continue
        mine = {
            (name, key): words
            for key, words in section.values.items()
            if words and words[-1].text in apps
        }
        if not mine:
            raise exception.ConfigurationError(
                reason=f'Section [{name}] has no pipeline that ends in '
                f"Nova's application, usually [app:{_NOVA_APP}]."
            )
        found |= mine
    if not found:
        raise exception.ConfigurationError(
            reason="The file is not the api-paste.ini of Nova's API: it has "
            f'no section [composite:{_COMPOSITES[0]}].'
        )
    return found


def _nova_apps(sections: _Sections) -> set[str]:
    return {
        name.removeprefix('app:')
        for name, section in sections.items()
        if name.startswith('app:')
        and (
            name == f'app:{_NOVA_APP}'
            or section.names('paste.app_factory') == [_NOVA_FACTORY]
        )
    }


def _check_section(sections: _Sections) -> None:
    if SECTION in sections and not _is_ours(sections[SECTION]):
        raise exception.ConfigurationError(
            reason=f'Section [{SECTION}] is there already and is something '
            f'else: it lacks paste.filter_factory = {_FACTORY}.'
        )


def _is_ours(section: _Section) -> bool:
    target = section.names('use') or section.names('paste.filter_factory')
    return len(target) == 1 and bool(_OURS.fullmatch(target[0]))


def _check_other_names(
    text: str, sections: _Sections, pipelines: _Pipelines
) -> None:
    """Refuse a file that mounts us elsewhere, or by another name."""
    aliases = {
        name.removeprefix('filter:')
        for name, section in sections.items()
        if name.startswith('filter:') and _is_ours(section)
    }
    for name, section in sections.items():
        kind = name.partition(':')[0]
        for key, words in section.values.items():
            if kind not in _PIPELINE_KINDS and key != 'filter-with':
                continue
            names = aliases | {FILTER}
            if (name, key) in pipelines:
                names.discard(FILTER)
            _refuse_any(text, names, words)


def _refuse_any(text: str, names: set[str], words: list[_Word]) -> None:
    for word in words:
        if word.text in names:
            raise exception.ConfigurationError(
                reason=f'{_place(text, word)}: {word.text} is mounted by '
                f'hand in a way that this command does not edit.'
            )


def _check_position(text: str, words: list[_Word]) -> None:
    for word in words[:-2]:
        if word.text == FILTER:
            raise exception.ConfigurationError(
                reason=f'{_place(text, word)}: {FILTER} has to be named '
                f'once, last before {words[-1].text}.'
            )
        if '%(' in word.text:
            raise exception.ConfigurationError(
                reason=f'{_place(text, word)}: this command does not edit a '
                f'pipeline with a substitution, {word.text}.'
            )


def _place(text: str, word: _Word) -> str:
    number = len(_EOL.findall(text, 0, word.start)) + 1
    return f'Line {number} of the paste file'


def _is_enabled(words: list[_Word]) -> bool:
    return [word.text for word in words[-2:-1]] == [FILTER]


def _insert_name(text: str, app: _Word) -> _Edit:
    """Put the filter's name before the application's, in its layout."""
    if _is_alone(text, app):
        start, _ = _line(text, app)
        indent = text[start : app.start]
        eol = _EOL.findall(text, 0, start)[-1]
        return _Edit(start, start, f'{indent}{FILTER}{eol}')
    return _Edit(app.start, app.start, f'{FILTER} ')


def _remove_name(text: str, name: _Word) -> _Edit:
    start, end = _line(text, name)
    if _is_alone(text, name):
        return _Edit(start, end, '')
    if following := _WORD.search(text, name.end, end):
        return _Edit(name.start, following.start(), '')
    return _Edit(len(text[: name.start].rstrip(' \t')), name.end, '')


def _is_alone(text: str, word: _Word) -> bool:
    start, end = _line(text, word)
    return text[start:end].strip() == word.text


def _line(text: str, word: _Word) -> tuple[int, int]:
    (span,) = (
        line.span()
        for line in _LINE.finditer(text)
        if line.start() <= word.start < line.end()
    )
    return span


def _insert_section(text: str, app_section: int) -> _Edit:
    """Put our section before Nova's application and its comment."""
    lines = _LINE.findall(text, 0, app_section)
    while lines and lines[-1][0] in '#;':
        lines.pop()
    start = sum(map(len, lines))
    eol = _EOL.findall(text)[0]
    return _Edit(start, start, eol.join([*_WRITTEN, '', '']))


def _apply(text: str, edits: list[_Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text
