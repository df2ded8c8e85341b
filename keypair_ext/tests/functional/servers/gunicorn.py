# SPDX-License-Identifier: Apache-2.0

"""The stand-alone service under gunicorn, as an operator would run it."""

import sys
from collections.abc import Sequence
from pathlib import Path

import fixtures

from keypair_ext.tests.functional.servers import process, shipped

APPLICATION = 'keypair_ext.wsgi.api:application'


def command(*options: str, application: str = APPLICATION) -> list[str | Path]:
    """Return the command line that the installation guide gives."""
    return [
        sys.executable,
        '-m',
        'gunicorn',
        '--config',
        shipped.GUNICORN,
        *options,
        application,
    ]


def environment(
    directory: Path, port: int, workers: int = 1
) -> dict[str, str]:
    """Return the environment of a service that a directory configures."""
    return process.clean_environment(
        directory,
        OS_KEYPAIR_EXT_CONFIG_DIR=str(directory),
        # Nothing is left beside the file that is read.
        PYTHONDONTWRITEBYTECODE='1',
        **shipped.variables(port, workers),
    )


class Gunicorn(fixtures.Fixture):
    """gunicorn with workers of one thread on a port of the loopback address.

    It runs from the environment that the tests run from.
    """

    daemon: process.Process

    def __init__(
        self,
        directory: Path,
        *,
        workers: int = 1,
        options: Sequence[str] = (),
        application: str = APPLICATION,
    ) -> None:
        """Describe the server.

        :param directory: the service's configuration; also where its log is
            written, and its HOME.
        :param options: more of gunicorn's command line.
        :param application: what it serves, ``package.module:callable``.
        """
        super().__init__()
        self._application = application
        self.directory = directory
        self._options = options
        self._workers = workers
        self.port = process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'

    def _setUp(self) -> None:
        self.daemon = process.Process(
            self.command(),
            log=self.directory / 'gunicorn.log',
            port=self.port,
            ready=lambda: process.answers_http(self.url),
            env=environment(self.directory, self.port, self._workers),
            cwd=self.directory,
        )
        self.useFixture(self.daemon)

    def command(self) -> list[str | Path]:
        """Return its command line."""
        return command(*self._options, application=self._application)
