# SPDX-License-Identifier: Apache-2.0

"""Edit Nova's api-paste.ini: mount the filter, or take it out again.

Text in, text out: :mod:`~keypair_ext.cmd.paste.replacing` reads and writes.
What is not understood with certainty is refused.
"""

import difflib
import re
from typing import Final, NamedTuple

from keypair_ext import exception
from keypair_ext.cmd.paste import reading, ways
from keypair_ext.cmd.paste.reading import PasteFile, Section, Word

FILTER: Final = 'keypair_ext'
SECTION: Final = f'filter:{FILTER}'

_FACTORY: Final = 'keypair_ext.wsgi:filter_factory'
_OURS: Final = re.compile(
    rf'(call:)?{re.escape(_FACTORY)}|egg:keypair[-_]ext(#main)?'
)
# By the first line disable knows our section from one written by hand, and
# so gives back exactly what enable was given.
_WRITTEN: Final = (
    '# Written by "keypair-ext-manage paste enable"; "disable" takes it out.',
    f'[{SECTION}]',
    f'paste.filter_factory = {_FACTORY}',
)
_EOL: Final = reading.EOL.pattern
_WRITTEN_TEXT: Final = re.compile(
    r'(?<![^\r\n])'
    + rf'({_EOL})'.join(map(re.escape, _WRITTEN[:2]))
    + rf'\1{re.escape(_WRITTEN[2])}(?:\1{{1,2}}|\Z)'
)


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


class _Edit(NamedTuple):
    """Put ``new`` in the place of what is between two offsets."""

    start: int
    end: int
    new: str


def status(text: str) -> Status:
    """Tell where the filter is mounted.

    :raises ConfigurationError: the text is not understood.
    """
    file, pipelines = _understand(text)
    ways.check_wrapping(file)
    return Status(
        FILTER in file.filters,
        [
            Pipeline(header, key, _is_enabled(words))
            for (header, key), words in pipelines.items()
        ],
    )


def enable(text: str) -> str:
    """Return ``text`` with the filter mounted in every pipeline.

    :raises ConfigurationError: the text is not understood.
    """
    file, pipelines = _understand(text)
    ways.check_wrapping(file)
    edits = [
        _insert_name(text, words[-1])
        for words in pipelines.values()
        if not _is_enabled(words)
    ]
    if FILTER not in file.filters:
        app = file.apps[next(iter(pipelines.values()))[-1].text]
        edits.append(_insert_section(text, app.start))
    after = _apply(text, edits)
    if not status(after).enabled:
        raise exception.ConfigurationError(
            reason='The paste file is laid out in a way that this command '
            'does not edit.'
        )
    return after


def disable(text: str) -> str:
    """Return ``text`` without the filter.

    A section that :func:`enable` did not write, or that was extended since,
    stays: no pipeline names it any more, so paste does not load it.

    :raises ConfigurationError: the text is not understood.
    """
    file, pipelines = _understand(text)
    edits = [
        _remove_name(text, words[-2])
        for words in pipelines.values()
        if _is_enabled(words)
    ]
    written = _WRITTEN_TEXT.search(text)
    if written and list(file.sections[SECTION].values) == [
        'paste.filter_factory'
    ]:
        edits.append(_Edit(*written.span(), ''))
    return _apply(text, edits)


def diff(before: str, after: str, name: str) -> str:
    """Return the change as a unified diff; empty where there is none."""
    lines = difflib.unified_diff(
        reading.LINE.findall(before), reading.LINE.findall(after), name, name
    )
    return ''.join(
        line
        if line[-1] in '\r\n'
        else f'{line}\n\\ No newline at end of file\n'
        for line in lines
    )


def _understand(text: str) -> tuple[PasteFile, ways.Pipelines]:
    file = PasteFile(text)
    pipelines = ways.find_pipelines(file)
    section = file.filters.get(FILTER)
    if section and not _is_ours(section):
        raise exception.ConfigurationError(
            reason=f'Section [{section.header}] is there already and is '
            f'something else: it lacks paste.filter_factory = {_FACTORY}.'
        )
    _check_other_names(file, pipelines)
    for words in pipelines.values():
        _check_position(file, words)
    return file, pipelines


def _is_ours(section: Section) -> bool:
    target = section.target('use', 'paste.filter_factory')
    return _OURS.fullmatch(target) is not None


def _check_other_names(file: PasteFile, pipelines: ways.Pipelines) -> None:
    """Refuse a file that mounts us elsewhere, or by another name."""
    aliases = {FILTER} | {
        section.name
        for section in file.sections.values()
        if section.kind == reading.FILTER and _is_ours(section)
    }
    for section in file.sections.values():
        for key, words in section.values.items():
            if key != 'filter-with' and not ways.leads_on(section, key):
                continue
            mine = {FILTER} if (section.header, key) in pipelines else set()
            for word in words:
                if word.text in aliases - mine:
                    raise exception.ConfigurationError(
                        reason=f'{file.place(word)}: {word.text} is mounted '
                        f'by hand in a way that this command does not edit.'
                    )


def _check_position(file: PasteFile, words: list[Word]) -> None:
    for word in words[:-2]:
        if word.text == FILTER:
            raise exception.ConfigurationError(
                reason=f'{file.place(word)}: {FILTER} has to be named '
                f'once, last before {words[-1].text}.'
            )


def _is_enabled(words: list[Word]) -> bool:
    return [word.text for word in words[-2:-1]] == [FILTER]


def _insert_name(text: str, app: Word) -> _Edit:
    """Put the filter's name before the application's, in its layout."""
    if _is_alone(text, app):
        start, _ = _line(text, app)
        indent = text[start : app.start]
        eol = reading.EOL.findall(text, 0, start)[-1]
        return _Edit(start, start, f'{indent}{FILTER}{eol}')
    return _Edit(app.start, app.start, f'{FILTER} ')


def _remove_name(text: str, name: Word) -> _Edit:
    start, end = _line(text, name)
    if _is_alone(text, name):
        return _Edit(start, end, '')
    if following := reading.WORD.search(text, name.end, end):
        return _Edit(name.start, following.start(), '')
    return _Edit(len(text[: name.start].rstrip(' \t')), name.end, '')


def _is_alone(text: str, word: Word) -> bool:
    start, end = _line(text, word)
    return text[start:end].strip() == word.text


def _line(text: str, word: Word) -> tuple[int, int]:
    (span,) = (
        line.span()
        for line in reading.LINE.finditer(text)
        if line.start() <= word.start < line.end()
    )
    return span


def _insert_section(text: str, app_section: int) -> _Edit:
    """Put our section before Nova's application and its comment."""
    lines = reading.LINE.findall(text, 0, app_section)
    while lines and lines[-1][0] in '#;':
        lines.pop()
    start = sum(map(len, lines))
    eol = reading.EOL.findall(text)[0]
    return _Edit(start, start, eol.join([*_WRITTEN, '', '']))


def _apply(text: str, edits: list[_Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text
