# SPDX-License-Identifier: Apache-2.0

"""A real PostgreSQL, the other database that OpenStack knows."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext.tests.functional.servers import process

_PACKAGE: Final = 'postgresql'
_PROGRAMS: Final = ('initdb', 'postgres', 'psql')
_USER: Final = 'test'


def _directories() -> list[Path]:
    """Return where Debian keeps the programs, the newest version first."""
    found = Path('/usr/lib/postgresql').glob('*/bin')
    return sorted(found, key=_version, reverse=True)


def _version(directory: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in directory.parent.name.split('.'))


def available() -> bool:
    """Tell whether PostgreSQL's server is installed."""
    directories = _directories()
    return all(
        process.find_program(program, directories) for program in _PROGRAMS
    )


class PostgreSQL(fixtures.Fixture):
    """postgres with a cluster, a port and a socket of its own.

    initdb and postgres refuse root, who therefore runs them as somebody else.
    """

    daemon: process.Process

    def __init__(self, options: Sequence[str] = (), port: int | None = None):
        """Describe the server.

        :param options: settings such as ``max_connections=500``.
        """
        super().__init__()
        self._options = options
        self.port = port or process.free_port()

    def _setUp(self) -> None:
        process.ensure_package(_PACKAGE, available)
        self._programs = {
            name: process.need_program(name, _PACKAGE, _directories())
            for name in _PROGRAMS
        }
        self._user = process.unprivileged_user('postgres')
        directory = process.Directory('postgresql', self._user)
        self._home = self.useFixture(directory).path
        self._env = process.clean_environment(self._home)
        self._install()
        self.daemon = self.useFixture(self._server())

    def url(self, database: str, driver: str = 'postgresql+psycopg2') -> str:
        """Return the SQLAlchemy URL of a database, over TCP."""
        server = f'{process.LOOPBACK}:{self.port}'
        return f'{driver}://{_USER}:{_USER}@{server}/{database}'

    def create_database(
        self, name: str, driver: str = 'postgresql+psycopg2'
    ) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name, driver)

    def drop_database(self, name: str) -> None:
        """Drop a database, if it is there, whoever is connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, sql: str, database: str = 'postgres') -> str:
        """Run statements; return rows with tab-separated columns."""
        return process.run(
            [
                self._programs['psql'],
                '--no-psqlrc',
                '--quiet',
                '--no-align',
                '--tuples-only',
                '--field-separator=\t',
                '--set=ON_ERROR_STOP=1',
                f'--host={self._home}',
                f'--port={self.port}',
                f'--username={_USER}',
                f'--dbname={database}',
            ],
            env=self._env,
            stdin=sql,
        )

    def _install(self) -> None:
        process.run(
            [
                self._programs['initdb'],
                f'--pgdata={self._home}/data',
                f'--username={_USER}',
                '--auth=trust',
                '--encoding=UTF8',
                '--locale=C.UTF-8',
                '--no-sync',
            ],
            env=self._env,
            user=self._user,
            cwd=self._home,
        )

    def _server(self) -> process.Process:
        """Describe the server; SIGINT is its stop that waits for nobody."""
        settings = [
            f'listen_addresses={process.LOOPBACK}',
            f'unix_socket_directories={self._home}',
            f'port={self.port}',
            *self._options,
        ]
        return process.Process(
            [
                self._programs['postgres'],
                '-D',
                self._home / 'data',
                *(part for setting in settings for part in ('-c', setting)),
            ],
            log=self._home / 'log',
            port=self.port,
            ready=self._is_ready,
            env=self._env,
            user=self._user,
            cwd=self._home,
            stop_signal=signal.SIGINT,
        )

    def _is_ready(self) -> bool:
        """Ask for a query: the port opens before connections are let in."""
        try:
            self.execute('SELECT 1')
        except process.ServerError:
            return False
        return True
