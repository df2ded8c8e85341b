# SPDX-License-Identifier: Apache-2.0

"""The databases, and how each of them is broken and mended.

What a database does not have, such as connections to be killed in SQLite, it
does not offer here; the cases are chosen by that.
"""

import contextlib
import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import fixtures
import sqlalchemy as sa

from keypair_ext.db import models
from keypair_ext.tests.functional.servers import (
    databases,
    mariadb,
    postgresql,
    process,
)

# Files of the server may not grow beyond this while its disk is "full". It
# is more than its log has, and less than the table soon wants.
_DISK: Final = 20 * 2**20


class Engine(fixtures.Fixture):
    """A kind of database.

    :cvar name: as the table of results has it.
    """

    name: str

    def url(self, directory: Path) -> str:
        """Return the URL of a new database for a service."""
        raise NotImplementedError

    def locked(self, url: str) -> contextlib.AbstractContextManager[None]:
        """Lock the table of a database for as long as the block runs."""
        raise NotImplementedError

    def full(self, url: str) -> contextlib.AbstractContextManager[None]:
        """Let no file grow for as long as the block runs."""
        raise NotImplementedError

    def connections(self, url: str, pid: int) -> int:
        """Return how many a process has opened to its own database."""
        raise NotImplementedError


class SQLite(Engine):
    """A file, and a limit of pages that each new connection reads."""

    name = 'SQLite'

    def url(self, directory: Path) -> str:
        return f'sqlite:///{directory}/keypair_ext.sqlite'

    @contextlib.contextmanager
    def locked(self, url: str) -> Iterator[None]:
        path = sa.make_url(url).database or ''
        with contextlib.closing(
            sqlite3.connect(path, timeout=10, isolation_level=None)
        ) as connection:
            connection.execute('BEGIN IMMEDIATE')
            yield
            connection.execute('ROLLBACK')

    @contextlib.contextmanager
    def full(self, url: str) -> Iterator[None]:
        flag = Path(sa.make_url(url).database or '').with_name('full')
        flag.touch()
        try:
            yield
        finally:
            flag.unlink()

    def connections(self, url: str, pid: int) -> int:
        path = sa.make_url(url).database or ''
        found = 0
        for descriptor in Path(f'/proc/{pid}/fd').iterdir():
            # It may have been closed in between.
            with contextlib.suppress(OSError):
                found += os.readlink(descriptor) == path
        return found


class Server(Engine):
    """A server that the suite starts.

    :cvar driver: of the services that use it.
    """

    driver: str
    server: databases.Server
    _user: str | None
    _deadlocks: str
    _old_transactions: str
    _lock: str
    _connections: str

    def connections(self, url: str, pid: int) -> int:
        name = sa.make_url(url).database
        return int(self.server.execute(f"{self._connections} = '{name}'"))

    def url(self, directory: Path) -> str:
        name = directory.name.replace('-', '_')
        made = self.server.create_database(name, self.driver)
        return sa.make_url(made).set(query={}).render_as_string(False)

    @contextlib.contextmanager
    def session(self, url: str) -> Iterator[sa.Connection]:
        """Give a connection that has nothing to do with the service."""
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def locked(self, url: str) -> Iterator[None]:
        with self.session(url) as connection:
            connection.exec_driver_sql(self._lock)
            yield

    def read_only(self, url: str) -> contextlib.AbstractContextManager[None]:
        """Refuse all writes for as long as the block runs."""
        raise NotImplementedError

    @contextlib.contextmanager
    def full(self, url: str) -> Iterator[None]:
        self._limit_files(str(_DISK))
        try:
            self._fill(url)
            yield
        finally:
            self._limit_files('unlimited')

    def kill_connections(self) -> None:
        """Close every connection of a service."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ask the server to end, and wait for that."""
        self.server.daemon.stop()

    def crash(self) -> None:
        """Kill all processes at once."""
        for pid in self.processes()[1:]:
            kill(pid)
        self.server.daemon.kill()

    def start(self) -> None:
        """Start the server again, and wait until it answers.

        It listens earlier; told to stop in between, MariaDB may never end.
        """
        self.server.daemon.start()
        process.wait_until(self._answers, 'the server answers')

    def _answers(self) -> bool:
        try:
            self.server.execute('SELECT 1')
        except process.ServerError:
            return False
        return True

    def pause(self) -> None:
        """Freeze all processes: they listen still, and answer nobody."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let frozen processes go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def deadlocks(self) -> int:
        """Return how many there have been."""
        return int(self.server.execute(self._deadlocks).split()[-1])

    def old_transactions(self) -> int:
        """Return how many have been open for more than a second."""
        return int(self.server.execute(self._old_transactions))

    def processes(self) -> list[int]:
        """Return all processes of the server; some lead groups of theirs."""
        leader = self.server.daemon.pid
        return [leader, *children(leader)]

    def _limit_files(self, size: str) -> None:
        """Set how large files may become; only their owner may do that."""
        leader = self.server.daemon.pid
        self._limit(leader, size)
        # What it forks from now on has inherited that.
        for pid in children(leader):
            self._limit(pid, size)

    def _limit(self, pid: int, size: str) -> None:
        # PostgreSQL's come and go.
        with contextlib.suppress(process.ServerError):
            process.run(
                ['prlimit', f'--pid={pid}', f'--fsize={size}:'],
                env=process.clean_environment(Path('/')),
                user=self._user,
            )

    def _fill(self, url: str) -> None:
        """Write rows of nobody's until there is no room for a small one."""
        for size, at_once in ((60_000, 1), (6_000, 10), (600, 100), (600, 1)):
            with (
                self.session(url) as connection,
                contextlib.suppress(sa.exc.DBAPIError),
            ):
                for number in range(2 * _DISK // size // at_once):
                    user = f'disk-{size}-{at_once}-{number}'
                    connection.execute(
                        sa.insert(models.key_pairs),
                        [_row(user, size, n) for n in range(at_once)],
                    )
                    connection.commit()


def _row(user: str, size: int, number: int) -> dict[str, str]:
    # Not to be compressed away.
    text = os.urandom(size // 2).hex()
    return {'user_id': user, 'name': f'{number}', 'public_key': text}


class MariaDB(Server):
    """mariadbd, whose files can be kept from growing."""

    name = 'MariaDB'
    driver = 'mysql+pymysql'
    server: mariadb.MariaDB
    _deadlocks = "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'"
    _old_transactions = (
        'SELECT COUNT(*) FROM information_schema.innodb_trx '
        'WHERE trx_started < NOW() - INTERVAL 2 SECOND'
    )
    _lock = 'LOCK TABLES key_pairs WRITE'
    _connections = (
        'SELECT COUNT(*) FROM information_schema.processlist WHERE db'
    )

    def _setUp(self) -> None:
        self._user = process.unprivileged_user('mysql')
        self.server = self.useFixture(
            _MariaDB(['--innodb-log-file-size=8M', '--max-connections=300'])
        )
        # Else the service could write to a server that is read only.
        self.server.execute(
            f"REVOKE READ_ONLY ADMIN, SUPER ON *.* FROM 'test'@'"
            f"{process.LOOPBACK}'"
        )

    @contextlib.contextmanager
    def read_only(self, url: str) -> Iterator[None]:
        self.server.execute('SET GLOBAL read_only = 1')
        try:
            yield
        finally:
            self.server.execute('SET GLOBAL read_only = 0')

    def kill_connections(self) -> None:
        self.server.kill_connections()


class _MariaDB(mariadb.MariaDB):
    """mariadbd that is told of a full disk by an error, not by a signal."""

    def _argv(self) -> list[str | Path]:
        ignoring = 'trap "" XFSZ; exec "$@"'
        return ['/bin/sh', '-c', ignoring, 'sh', *super()._argv()]


class PostgreSQL(Server):
    """postgres."""

    name = 'PostgreSQL'
    driver = 'postgresql+psycopg2'
    _deadlocks = 'SELECT sum(deadlocks) FROM pg_stat_database'
    _old_transactions = (
        'SELECT count(*) FROM pg_stat_activity '
        "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() "
        "AND xact_start < now() - interval '2 seconds'"
    )
    _lock = 'LOCK TABLE key_pairs IN ACCESS EXCLUSIVE MODE'
    _connections = 'SELECT count(*) FROM pg_stat_activity WHERE datname'

    def _setUp(self) -> None:
        self._user = process.unprivileged_user('postgres')
        self.server = self.useFixture(
            postgresql.PostgreSQL(
                [
                    'max_connections=300',
                    'deadlock_timeout=200ms',
                    # It would make room on the disk that is full.
                    'autovacuum=off',
                ]
            )
        )

    def _fill(self, url: str) -> None:
        fill = sa.text(
            'INSERT INTO key_pairs (user_id, name, public_key) '
            "SELECT :user, n, repeat('x', 60) "
            'FROM generate_series(1, :rows) AS n'
        )
        # Committed: what is rolled back makes room as soon as it is met.
        for rows in (5_000, 100, 1):
            with (
                self.session(url) as connection,
                contextlib.suppress(sa.exc.DBAPIError),
            ):
                for number in range(_DISK // 60 // rows):
                    user = f'disk-{rows}-{number}'
                    connection.execute(fill, {'user': user, 'rows': rows})
                    connection.commit()

    @contextlib.contextmanager
    def read_only(self, url: str) -> Iterator[None]:
        self._set_read_only('on')
        try:
            yield
        finally:
            self._set_read_only('off')

    def _set_read_only(self, value: str) -> None:
        setting = f'default_transaction_read_only = {value}'
        self.server.execute(
            f'SET default_transaction_read_only = off;'
            f'ALTER SYSTEM SET {setting}; SELECT pg_reload_conf()'
        )

    def kill_connections(self) -> None:
        self.server.execute(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity '
            "WHERE backend_type = 'client backend' "
            'AND pid <> pg_backend_pid()'
        )


ENGINES: Final[dict[str, type[Engine]]] = {
    engine.name: engine for engine in (SQLite, MariaDB, PostgreSQL)
}


def children(parent: int) -> list[int]:
    """Return the processes that a process has forked and that live."""
    found = []
    for path in Path('/proc').glob('[0-9]*/stat'):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(')')[2].split()
            if int(fields[1]) == parent and fields[0] != 'Z':
                found.append(int(path.parent.name))
    return found


def resident(pid: int) -> int:
    """Return the memory of a process, in bytes."""
    pages = int(Path(f'/proc/{pid}/statm').read_text().split()[1])
    return pages * resource.getpagesize()


def kill(pid: int) -> None:
    """Kill a process of ours, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
