# SPDX-License-Identifier: Apache-2.0

"""One shell, to which a page's commands are said one after the other."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from keypair_ext.tests.functional.guides import page, stand_ins


class Shell:
    """A bash that keeps variables and its directory between commands."""

    def __init__(self, directory: Path, env: Mapping[str, str]) -> None:
        self._home = directory
        self._script = directory / '.command'
        self._end = f'end-{uuid.uuid4().hex}'
        self._bash = subprocess.Popen(
            ['bash', '--noprofile', '--norc'],
            cwd=directory,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors='replace',
            bufsize=1,
        )

    def path(self, named: Path) -> Path:
        """Return what a path is for the shell, which is at home."""
        return Path(str(named).replace('~', str(self._home), 1))

    def run(self, text: str) -> tuple[int, str]:
        """Run a command; return its status, and all that it printed."""
        stdin, stdout = self._bash.stdin, self._bash.stdout
        if stdin is None or stdout is None:
            raise AssertionError
        self._script.write_text(f'{text}\n')
        stdin.write(f'. {self._script} </dev/null; echo "{self._end} $?"\n')
        stdin.flush()
        printed: list[str] = []
        for line in stdout:
            before, end, status = line.rpartition(self._end)
            printed.append(before if end else line)
            if end:
                return int(status), ''.join(printed)
        raise EOFError(f'the shell has ended: {"".join(printed)}')


def follow(
    path: Path, shell: Shell, before: Callable[[page.Command], str]
) -> list[str]:
    """Do what a page says, and tell on standard output how that goes.

    :param before: looks at a command before it is run, and returns what it
        finds wrong by then.
    :returns: the steps that ended otherwise than the page says. Those behind
        the first of them are done all the same.
    """
    failed = []
    for step in page.steps(path.read_text()):
        where = f'{path.name}:{step.line}'
        if isinstance(step, page.File):
            say(f'{where}: {step.path} is written')
            written = shell.path(step.path)
            written.parent.mkdir(parents=True, exist_ok=True)
            written.write_text(step.text)
        else:
            for problem in before(step), _do(where, step, shell):
                if problem:
                    say(f'FAILED {problem}')
                    failed.append(problem)
    return failed


def _do(where: str, step: page.Command, shell: Shell) -> str:
    """Run a command; return what is wrong with how it ended."""
    say(f'{where}: # {step.text}')
    for name in stand_ins.needed(step):
        say(f'({name}: {stand_ins.REASONS[name]})')
    status, printed = shell.run(step.text)
    say(printed.rstrip('\n'))
    if status != step.status:
        return f'{where}: status {status}, not {step.status}'
    if step.output and not page.says(step.output, printed):
        return f'{where}: the page shows\n{step.output}'
    return ''


def say(text: str) -> None:
    """Write a line of the transcript at once."""
    if text:
        sys.stdout.write(f'{text}\n')
        sys.stdout.flush()
