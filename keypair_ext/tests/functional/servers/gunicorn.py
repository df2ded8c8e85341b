# SPDX-License-Identifier: Apache-2.0

"""The stand-alone service under gunicorn, as an operator would run it."""

import sys
from collections.abc import Sequence
from pathlib import Path

import fixtures

from keypair_ext.tests.functional.servers import process

APPLICATION = 'keypair_ext.wsgi.api:application'


def command(
    port: int, *options: str, application: str = APPLICATION
) -> list[str | Path]:
    """Return the command line that the installation guide gives."""
    return [
        sys.executable,
        '-m',
        'gunicorn',
        '--preload',
        '--bind',
        f'{process.LOOPBACK}:{port}',
        *options,
        application,
    ]


def environment(directory: Path) -> dict[str, str]:
    """Return the environment of a service that a directory configures."""
    return process.clean_environment(
        directory, OS_KEYPAIR_EXT_CONFIG_DIR=str(directory)
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
        self._directory = directory
        self._options = [*options, '--workers', str(workers)]
        self.port = process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'

    def _setUp(self) -> None:
        self.daemon = process.Process(
            command(self.port, *self._options, application=self._application),
            log=self._directory / 'gunicorn.log',
            port=self.port,
            ready=lambda: process.answers_http(self.url),
            env=environment(self._directory),
            cwd=self._directory,
        )
        self.useFixture(self.daemon)
