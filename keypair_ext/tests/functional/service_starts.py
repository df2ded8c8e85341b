# SPDX-License-Identifier: Apache-2.0

"""Starts of the service that cost little, each a process of its own.

Most of a start is importing. One process does that once and forks for each
directory of configuration that it is told; the fork then imports
``keypair_ext.wsgi.api``, as a server does, and ends as that makes it end.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import fixtures

from keypair_ext.tests.functional.servers import process


class Outcome(NamedTuple):
    """How a start has ended, and what it has printed."""

    status: int
    stdout: str
    stderr: str


class ServiceStarts(fixtures.Fixture):
    """The process that forks.

    :param environment: more of its environment.
    """

    def __init__(self, **environment: str) -> None:
        super().__init__()
        self._environment = environment

    def _setUp(self) -> None:
        home = self.useFixture(process.Directory('starts')).path
        self._forking = subprocess.Popen(
            [sys.executable, '-m', __name__],
            env=process.clean_environment(home, **self._environment),
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self._end)

    def _end(self) -> None:
        # The end of its input is also its own.
        with self._forking:
            assert self._forking.stdin is not None
            self._forking.stdin.close()

    def start(self, directory: Path) -> Outcome:
        """Start the service that a directory configures."""
        assert self._forking.stdin is not None
        assert self._forking.stdout is not None
        self._forking.stdin.write(f'{directory}\n')
        self._forking.stdin.flush()
        status = self._forking.stdout.readline()
        return Outcome(
            int(status),
            (directory / 'stdout').read_text(),
            (directory / 'stderr').read_text(),
        )


def _serve(directory: Path) -> None:
    os.environ['OS_KEYPAIR_EXT_CONFIG_DIR'] = str(directory)
    os.chdir(directory)
    for stream, name in ((1, 'stdout'), (2, 'stderr')):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(directory / name, flags, 0o600), stream)
    import keypair_ext.wsgi.api  # noqa: F401


def _main() -> None:
    # What takes the time.
    import keypair_ext.deploy
    import keypair_ext.middleware.context.authtoken  # noqa: F401

    for line in iter(sys.stdin.readline, ''):
        child = os.fork()
        if not child:
            _serve(Path(line.rstrip('\n')))
            return
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f'{os.waitstatus_to_exitcode(status)}\n')
        sys.stdout.flush()


if __name__ == '__main__':
    _main()
