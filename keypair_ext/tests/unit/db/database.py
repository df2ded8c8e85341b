# SPDX-License-Identifier: Apache-2.0

"""Real databases for tests, and faults to put into them."""

import os
import sqlite3
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable, Sequence
from concurrent import futures
from typing import Any

import fixtures
import sqlalchemy as sa
from oslo_config import cfg

from keypair_ext import conf as keypair_conf
from keypair_ext.db import engine as db_engine, models
from keypair_ext.db.store import Store

# As sqlite3 says it.
CONNECTION_LOST = sqlite3.ProgrammingError(
    'Cannot operate on a closed database.'
)


class DriverError(sqlite3.OperationalError):
    """A driver's error, with the codes that it is given."""

    def __init__(self, *args: object, **codes: object) -> None:
        super().__init__(*args)
        self.__dict__.update(codes)


DEADLOCK = DriverError('deadlock', sqlstate='40001')
DUPLICATE = DriverError('exists', sqlstate='23505')


def make_conf(connection: str | None, **options: Any) -> cfg.ConfigOpts:
    """Return a configuration whose database is at ``connection``."""
    conf = cfg.ConfigOpts()
    conf([], project='keypair_ext', default_config_files=[])
    keypair_conf.register_opts(conf, 'database')
    options['connection'] = connection
    for name, value in options.items():
        conf.set_override(name, value, 'database')
    return conf


def make_engine(connection: str, **options: Any) -> sa.Engine:
    """Return an engine as the application would make it."""
    return db_engine.create_engine(
        make_conf(connection, **options), 'database'
    )


class Database(fixtures.Fixture):
    """A database with the table, in a new SQLite file unless named.

    :ivar url: where it is.
    :ivar engine: an engine for it.
    :ivar store: a store on that engine.
    """

    def __init__(
        self, url: str | None = None, with_table: bool = True
    ) -> None:
        super().__init__()
        self.url = url or ''
        self._with_table = with_table

    def _setUp(self) -> None:
        if not self.url:
            directory = tempfile.mkdtemp()
            self.path = os.path.join(directory, 'test.sqlite')
            self.url = f'sqlite:///{self.path}'
        self.engine = make_engine(self.url)
        self.store = Store(self.engine)
        self.addCleanup(self.store.close)
        if self._with_table:
            # What migrations make, and ten times faster.
            models.metadata.create_all(self.engine)

    def another_store(self, **options: Any) -> Store:
        """Return a store as another process would have it."""
        store = Store(make_engine(self.url, **options))
        self.addCleanup(store.close)
        return store


class _BeforeExecution(fixtures.Fixture):
    """Calls a function with each statement of an engine, before it is run.

    ``call`` gets the text, COMMIT and ROLLBACK among them, and the driver's
    connection.
    """

    def __init__(
        self, engine: sa.Engine, call: Callable[[str, Any], None]
    ) -> None:
        super().__init__()
        self._dialect = engine.dialect
        self._call = call

    def _setUp(self) -> None:
        do_execute = self._dialect.do_execute

        def execute(
            cursor: Any, statement: str, *rest: Any, **of: Any
        ) -> None:
            self._call(statement, cursor.connection)
            do_execute(cursor, statement, *rest, **of)

        self._patch('do_execute', execute)
        for word in ('commit', 'rollback'):
            self._patch(f'do_{word}', self._ending(word))

    def _ending(self, word: str) -> Callable[[Any], None]:
        end: Any = getattr(self._dialect, f'do_{word}')

        def call_and_end(connection: Any) -> None:
            self._call(word.upper(), connection)
            end(connection)

        return call_and_end

    def _patch(self, name: str, function: Any) -> None:
        self.useFixture(
            fixtures.MockPatchObject(self._dialect, name, function)
        )


class Statements(fixtures.Fixture):
    """Records what an engine sends to its database.

    :ivar sent: the statements, COMMIT and ROLLBACK among them.
    """

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__()
        self._engine = engine
        self.sent: list[str] = []

    def _setUp(self) -> None:
        self.useFixture(
            _BeforeExecution(
                self._engine, lambda text, connection: self.sent.append(text)
            )
        )


class Faults(fixtures.Fixture):
    """Makes the next statements of an engine fail; all of it has to happen.

    :param engine: the engine.
    """

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__()
        self._engine = engine
        self._errors: list[
            tuple[str, BaseException, Callable[[Any], None]]
        ] = []

    def _setUp(self) -> None:
        self.useFixture(_BeforeExecution(self._engine, self._fail))
        self.addCleanup(self._assert_all_happened)

    def _assert_all_happened(self) -> None:
        if self._errors:
            raise AssertionError(f'These did not happen: {self._errors}')

    def add(
        self,
        error: BaseException,
        start: str = '',
        times: int = 1,
        first: Callable[[Any], None] = lambda connection: None,
    ) -> None:
        """Raise ``error`` at a statement that begins with ``start``.

        :param times: at how many of them.
        :param first: called beforehand, with the driver's connection.
        """
        self._errors += [(start, error, first)] * times

    def lose_connection(self, start: str = '', times: int = 1) -> None:
        """Let the server go away at a statement."""
        self.add(CONNECTION_LOST, start, times)

    def _fail(self, statement: str, connection: Any) -> None:
        if self._errors and statement.startswith(self._errors[0][0]):
            _, error, first = self._errors.pop(0)
            first(connection)
            raise error


def run_together(works: Sequence[Callable[[], object]]) -> list[str]:
    """Run ``works`` at once, a thread each; return results or error names."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> str:
        barrier.wait()
        return outcome(work)

    with futures.ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def run_forked(works: Sequence[Callable[[], object]]) -> list[str]:
    """Run ``works`` at once, a child process each, as ``run_together``."""
    start_read, start_write = os.pipe()
    children = []
    for work in works:
        read, write = os.pipe()
        with warnings.catch_warnings():
            # Newer Pythons warn of threads, which our children do not need.
            warnings.simplefilter('ignore', DeprecationWarning)
            pid = os.fork()
        if not pid:
            os.read(start_read, 1)
            os.write(write, outcome(work).encode())
            os._exit(0)
        os.close(write)
        children.append((pid, read))
    os.write(start_write, b'.' * len(works))
    results = [os.read(read, 10000).decode() for _, read in children]
    for pid, read in children:
        os.close(read)
        os.waitpid(pid, 0)
    os.close(start_read)
    os.close(start_write)
    return results


def outcome(work: Callable[[], object]) -> str:
    """Return what ``work`` returns, or the name of the error it raises."""
    try:
        return str(work())
    except Exception as error:  # noqa: BLE001 - the name is the result
        if type(error).__module__ != 'keypair_ext.exception':
            traceback.print_exc()
        return type(error).__name__
