# SPDX-License-Identifier: Apache-2.0

"""A real MariaDB, the database that most OpenStack clouds run on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext.tests.functional.servers import process

_PACKAGE: Final = 'mariadb-server'
_PROGRAMS: Final = (
    'mariadb-install-db',
    'mariadbd',
    'mariadb',
    'mariadb-dump',
)
USER: Final = 'test'
PASSWORD: Final = 'test'


def available() -> bool:
    """Tell whether mariadb-server is installed."""
    return all(process.find_program(program) for program in _PROGRAMS)


class MariaDB(fixtures.Fixture):
    """mariadbd with a data directory, a port and a socket of its own.

    Everything it is not told is MariaDB's built-in default, durable commits
    included, so that benchmarks measure what operators get.
    """

    daemon: process.Process

    def __init__(self, options: Sequence[str] = (), port: int | None = None):
        """Describe the server.

        :param options: more of mariadbd's command line, such as
            ``--max-connections=500``.
        """
        super().__init__()
        self._options = options
        self.port = port or process.free_port()

    def _setUp(self) -> None:
        process.ensure_package(_PACKAGE, available)
        self._programs = {
            name: process.need_program(name, _PACKAGE) for name in _PROGRAMS
        }
        self._user = process.unprivileged_user('mysql')
        directory = process.Directory('mariadb', self._user)
        self._home = self.useFixture(directory).path
        # One that starts deletes the temporary tables of all in its directory.
        self._env = process.clean_environment(
            self._home, TMPDIR=str(self._home)
        )
        self._install()
        self.daemon = self.useFixture(self._server())
        self._create_user()

    @property
    def socket(self) -> Path:
        """The Unix socket, by which ``root`` needs no password."""
        return self._home / 'socket'

    def url(self, database: str, driver: str = 'mysql+pymysql') -> str:
        """Return the SQLAlchemy URL of a database, over TCP."""
        server = f'{process.LOOPBACK}:{self.port}'
        return f'{driver}://{USER}:{PASSWORD}@{server}/{database}?charset=utf8'

    def create_database(
        self,
        name: str,
        driver: str = 'mysql+pymysql',
        charset: str = 'utf8mb3',
        collation: str = 'utf8mb3_general_ci',
    ) -> str:
        """Create an empty database and return its SQLAlchemy URL.

        The default character set is the one OpenStack's guides give Nova's.
        """
        self.execute(
            f'CREATE DATABASE `{name}` '
            f'CHARACTER SET {charset} COLLATE {collation}'
        )
        return self.url(name, driver)

    def drop_database(self, name: str) -> None:
        """Drop a database, if it is there."""
        self.execute(f'DROP DATABASE IF EXISTS `{name}`')

    def execute(self, sql: str, database: str = '') -> str:
        """Run statements as root; return rows with tab-separated columns."""
        return process.run(
            [
                self._programs['mariadb'],
                '--no-defaults',
                '--user=root',
                f'--socket={self.socket}',
                '--batch',
                '--skip-column-names',
                '--default-character-set=utf8mb4',
                f'--database={database}',
            ],
            env=self._env,
            stdin=sql,
        )

    def dump(self, database: str) -> str:
        """Return a database as the statements that make it again."""
        return process.run(
            [
                self._programs['mariadb-dump'],
                '--no-defaults',
                '--user=root',
                f'--socket={self.socket}',
                database,
            ],
            env=self._env,
        )

    def kill_connections(self) -> None:
        """End all connections of those who use the URLs."""
        self.execute(f"KILL CONNECTION USER '{USER}'@'{process.LOOPBACK}'")

    def _install(self) -> None:
        process.run(
            [
                self._programs['mariadb-install-db'],
                '--no-defaults',
                f'--datadir={self._home}/data',
                '--auth-root-authentication-method=normal',
                '--skip-test-db',
            ],
            env=self._env,
            user=self._user,
            cwd=self._home,
        )

    def _server(self) -> process.Process:
        return process.Process(
            self._argv(),
            log=self._home / 'log',
            port=self.port,
            env=self._env,
            user=self._user,
            cwd=self._home,
        )

    def _argv(self) -> list[str | Path]:
        return [
            self._programs['mariadbd'],
            '--no-defaults',
            f'--datadir={self._home}/data',
            f'--socket={self.socket}',
            f'--pid-file={self._home}/pid',
            f'--bind-address={process.LOOPBACK}',
            f'--port={self.port}',
            '--skip-name-resolve',
            *self._options,
        ]

    def _create_user(self) -> None:
        user = f"'{USER}'@'{process.LOOPBACK}'"
        self.execute(
            f"CREATE USER {user} IDENTIFIED BY '{PASSWORD}';"
            f'GRANT ALL ON *.* TO {user};'
        )
