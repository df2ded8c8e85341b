# SPDX-License-Identifier: Apache-2.0

"""What a page of the documentation has its reader do, step by step.

A ``console`` block holds commands behind ``$`` or ``#``, and what they print
where the page shows it.  Any other block whose caption begins with ``/`` or
``~/`` is a file that the reader writes.  All else is for reading.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r'^( *)\.\. code-block:: (\S+)$')
_OPTION = re.compile(r'^ *:(\w+): *(.*)$')
_MARK = re.compile(r'^ *\.\. stand-ins?: (.+)$')
_PROMPT = re.compile(r'^[$#] ')
_HERE = re.compile(r"<<'(\w+)'")
_STATUS = re.compile(r'  # returns (\d+)$')


@dataclass(frozen=True)
class Command:
    """A command, with the status and the output that the page promises.

    :ivar stand_ins: what the page says is not itself in a test.
    """

    line: int
    text: str
    status: int = 0
    output: str = ''
    stand_ins: tuple[str, ...] = ()


@dataclass(frozen=True)
class File:
    """A file that the reader writes."""

    line: int
    path: Path
    text: str


@dataclass(frozen=True)
class _Block:
    line: int
    language: str
    caption: str
    lines: tuple[str, ...]
    stand_ins: tuple[str, ...]


def steps(text: str) -> Iterator[Command | File]:
    """Yield what a page has its reader do, in order."""
    for block in _blocks(text.splitlines()):
        if block.language == 'console':
            yield from _commands(block)
        elif block.caption.startswith(('/', '~/')):
            content = '\n'.join(block.lines) + '\n'
            yield File(block.line, Path(block.caption), content)


def _blocks(lines: list[str]) -> Iterator[_Block]:
    marks: tuple[str, ...] = ()
    for number, line in enumerate(lines):
        if mark := _MARK.match(line):
            marks = tuple(mark[1].split(', '))
        elif block := _BLOCK.match(line):
            yield _block(lines, number, block, marks)
            marks = ()


def _block(
    lines: list[str],
    number: int,
    block: re.Match[str],
    marks: tuple[str, ...],
) -> _Block:
    """Read the lines that are further in than the directive."""
    inside: list[str] = []
    for line in lines[number + 1 :]:
        if line and not line.startswith(f'{block[1]} '):
            break
        inside.append(line)
    options = {}
    while inside and (option := _OPTION.match(inside[0])):
        options[option[1]] = option[2]
        del inside[0]
    first = number + 2 + len(options)
    while inside and not inside[0]:
        del inside[0]
        first += 1
    while inside and not inside[-1]:
        del inside[-1]
    margin = min(
        (len(line) - len(line.lstrip()) for line in inside if line), default=0
    )
    return _Block(
        first,
        block[2],
        options.get('caption', ''),
        tuple(line[margin:] for line in inside),
        marks,
    )


def _commands(block: _Block) -> Iterator[Command]:
    """Take a block apart at its prompts."""
    lines = list(block.lines)
    while lines:
        line = block.line + len(block.lines) - len(lines)
        text = _take_command(lines)
        output = []
        while lines and not _PROMPT.match(lines[0]):
            output.append(lines.pop(0))
        status = _STATUS.search(text)
        yield Command(
            line,
            _STATUS.sub('', text),
            int(status[1]) if status else 0,
            '\n'.join(output).strip(),
            block.stand_ins,
        )


def _take_command(lines: list[str]) -> str:
    """Take a command off the lines.

    A here-document ends with its word, any other command with a line that
    does not end in a backslash.
    """
    text = [lines.pop(0).removeprefix('$ ').removeprefix('# ')]
    here = _HERE.search(text[0])
    while lines and (text[-1] != here[1] if here else text[-1].endswith('\\')):
        text.append(lines.pop(0))
    return '\n'.join(text)


def says(expected: str, printed: str) -> bool:
    """Tell whether a command printed what the page shows.

    ``...`` is anything, and lines may be broken elsewhere.
    """
    first, *parts = [' '.join(part.split()) for part in expected.split('...')]
    left = ' '.join(printed.split())
    if not parts:
        return left == first
    last = parts.pop()
    if not left.startswith(first) or not left[len(first) :].endswith(last):
        return False
    left = left[len(first) : len(left) - len(last)]
    for part in parts:
        if part not in left:
            return False
        left = left[left.index(part) + len(part) :]
    return True
