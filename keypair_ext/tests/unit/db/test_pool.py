# SPDX-License-Identifier: Apache-2.0

"""Connections: taken for a block, given back at its end, never inherited."""

import contextlib
import functools
import gc
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fixtures
import sqlalchemy as sa

from keypair_ext import exception
from keypair_ext.db import pool, statements
from keypair_ext.db.errors import Failure, Meaning
from keypair_ext.db.store import Store
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database


class OpenFiles(fixtures.Fixture):
    """Records which connections of an engine are open.

    :ivar opened: those that were opened, with the process that did.
    :ivar closed: those that were closed.
    """

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__()
        self._engine = engine
        self.opened: list[tuple[int, sqlite3.Connection]] = []
        self.closed: list[object] = []

    def _setUp(self) -> None:
        sa.event.listen(
            self._engine,
            'connect',
            lambda raw, record: self.opened.append((os.getpid(), raw)),
        )
        do_close: Any = self._engine.dialect.do_close

        def close(raw: object) -> None:
            self.closed.append(raw)
            do_close(raw)

        self.useFixture(
            fixtures.MockPatchObject(self._engine.dialect, 'do_close', close)
        )

    @property
    def now(self) -> int:
        """How many are open."""
        return len(self.opened) - len(self.closed)


class PoolTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        self.database = self.useFixture(database.Database())
        self.files = self.useFixture(OpenFiles(self.database.engine))
        self.limits = pool.Limits(most=2, timeout=0.05)
        self.pool = self._pool()

    def _pool(self, **limits: float) -> pool.Pool:
        made = pool.Pool(
            self.database.engine,
            pool.Limits(**{**vars(self.limits), **limits}),
        )
        self.addCleanup(made.close)
        return made

    def _ping(self, of: pool.Pool | None = None) -> None:
        with (of or self.pool).connection(None) as connection:
            connection.fetch(statements.PING)

    @contextlib.contextmanager
    def _waiting(self, error: BaseException) -> Iterator[None]:
        faults = self.useFixture(database.Faults(self.database.engine))
        faults.add(error, 'SELECT key_pairs.id')
        yield


class UseTest(PoolTestCase):
    def test_a_connection_is_used_again_whoever_asks(self) -> None:
        self._ping()
        before = self.files.now
        for _ in range(3):
            self._ping()
            database.run_together([self._ping])
        self.assertEqual(before, self.files.now)
        self.assertEqual(1, before)

    def test_two_at_once_are_two(self) -> None:
        with self.pool.connection(None) as one:
            with self.pool.connection(None) as two:
                self.assertIsNot(one.raw, two.raw)
            self.assertEqual(2, self.files.now)

    def test_no_more_than_there_may_be(self) -> None:
        with (
            self.pool.connection(None),
            self.pool.connection(None),
            self.assertRaisesRegex(Failure, 'all 2 connections'),
        ):
            self._ping()
        self._ping()
        self.assertEqual(2, self.files.now)

    def test_who_waits_gets_the_next(self) -> None:
        one = self._pool(most=1, timeout=60)
        with one.connection(None):
            thread = threading.Thread(target=self._ping, args=(one,))
            thread.start()
        thread.join()
        self.assertEqual(1, self.files.now)

    def _wait_in_turn(
        self, of: pool.Pool, names: str, use: Callable[[str], None]
    ) -> list[threading.Thread]:
        """Start a thread for each name when the one before waits."""
        threads = []
        waiting = of._shelves[os.getpid()].waiting
        for name in names:
            threads.append(threading.Thread(target=use, args=(name,)))
            threads[-1].start()
            while len(waiting) < len(threads):
                time.sleep(0.01)
        return threads

    def test_nobody_overtakes_who_waits(self) -> None:
        one = self._pool(most=1, timeout=60)
        order = []

        def use(name: str) -> None:
            with one.connection(None):
                order.append(name)

        with one.connection(None):
            threads = self._wait_in_turn(one, 'abc', use)
        use('d')
        for thread in threads:
            thread.join()
        self.assertEqual([*'abcd'], order)

    def test_who_has_given_up_is_given_nothing(self) -> None:
        with self.pool.connection(None), self.pool.connection(None):
            for _ in range(3):
                self.assertRaises(Failure, self._ping)
        with self.pool.connection(None), self.pool.connection(None):
            pass

    def _interrupt_in_wait(self, *, in_turn: bool) -> None:
        wait_for = threading.Condition.wait_for

        def interrupted(*arguments: Any) -> None:
            if in_turn:
                wait_for(*arguments)
            raise SystemExit

        one = self._pool(most=1, timeout=60)
        with (
            fixtures.MockPatch('threading.Condition.wait_for', interrupted),
            ThreadPoolExecutor(2) as threads,
        ):
            with one.connection(None):
                waiting = one._shelves[os.getpid()].waiting
                asked = threads.submit(self._ping, one)
                while not (waiting or asked.done()):
                    time.sleep(0.01)
            self.assertIsInstance(asked.exception(), SystemExit)
        self._ping(one)
        self._ping(one)

    def test_an_interruption_while_one_waits(self) -> None:
        self._interrupt_in_wait(in_turn=False)

    def test_an_interruption_when_ones_turn_has_come(self) -> None:
        self._interrupt_in_wait(in_turn=True)

    def test_an_idle_one_of_another_level_makes_room(self) -> None:
        levels = ('SERIALIZABLE', 'READ UNCOMMITTED')
        for _ in range(2):
            for level in (*levels, None):
                with self.pool.connection(level):
                    pass
        self.assertEqual(2, self.files.now)

    def test_it_keeps_its_level(self) -> None:
        for level, uncommitted in (
            ('READ UNCOMMITTED', 1),
            ('SERIALIZABLE', 0),
            ('READ UNCOMMITTED', 1),
        ):
            with self.pool.connection(level) as connection:
                self.assertEqual(
                    [(uncommitted,)],
                    connection.fetch(sa.text('PRAGMA read_uncommitted')),
                )
        self.assertEqual(2, self.files.now)

    def test_close_closes_what_is_in_use_after_it(self) -> None:
        with self.pool.connection(None) as connection:
            self.pool.close()
            connection.fetch(statements.PING)
        self.assertEqual(0, self.files.now)
        self._ping()

    def test_a_server_that_goes_before_the_level_is_set(self) -> None:
        self.useFixture(
            fixtures.MockPatchObject(
                self.database.engine.dialect,
                'set_isolation_level',
                side_effect=sqlite3.OperationalError('gone'),
            )
        )
        with (
            self.assertRaisesRegex(Failure, 'gone'),
            self.pool.connection('SERIALIZABLE'),
        ):
            pass
        self.assertEqual(0, self.files.now)


class AgeTest(PoolTestCase):
    def _pass(self, seconds: float) -> None:
        clock = time.monotonic() + seconds
        self.useFixture(
            fixtures.MockPatch('time.monotonic', return_value=clock)
        )

    def test_one_that_was_idle_is_asked_first(self) -> None:
        dialect = self.database.engine.dialect
        ping = self.useFixture(
            fixtures.MockPatchObject(
                dialect, 'do_ping', side_effect=dialect.do_ping
            )
        ).mock
        for seconds, pings in ((0, 0), (0, 0), (pool.TEST_SECONDS, 1)):
            self._pass(seconds)
            self._ping()
            self.assertEqual(pings, ping.call_count)

    def test_one_that_has_died_is_replaced(self) -> None:
        self._ping()
        self.files.opened[-1][1].close()
        self._pass(pool.TEST_SECONDS)
        self._ping()
        self.assertEqual(1, self.files.now)

    def test_whoever_is_interrupted_while_it_is_asked(self) -> None:
        self._ping()
        self.useFixture(
            fixtures.MockPatchObject(
                self.database.engine.dialect,
                'do_ping',
                side_effect=SystemExit,
            )
        )
        self._pass(pool.TEST_SECONDS)
        self.assertRaises(SystemExit, self._ping)
        self.assertEqual(0, self.files.now)

    def test_one_that_is_old_is_replaced(self) -> None:
        recycled = self._pool(recycle=100)
        self._ping(recycled)
        self._pass(99)
        self._ping(recycled)
        self.assertEqual(1, len(self.files.closed))
        self._pass(101)
        self._ping(recycled)
        self.assertEqual(1, self.files.now)


class ErrorTest(PoolTestCase):
    """What an error in the block does to its connection."""

    def setUp(self) -> None:
        super().setUp()
        self._ping()

    def _fail(self, error: BaseException) -> Meaning:
        with self._waiting(error):
            failure = self.assertRaises(Failure, self._ping)
        self.assertIs(error, failure.__cause__)
        meaning: Meaning = failure.meaning
        return meaning

    def test_a_value_that_is_refused(self) -> None:
        self.assertEqual(Meaning.UNSTORABLE, self._fail(ValueError('NUL')))
        self.assertEqual(1, self.files.now)

    def test_a_database_that_cannot(self) -> None:
        error = database.DriverError('disk I/O error')
        self.assertEqual(Meaning.UNAVAILABLE, self._fail(error))
        self.assertEqual(0, self.files.now)

    def test_a_lost_one_takes_the_idle_ones_with_it(self) -> None:
        with self.pool.connection(None):
            self._ping()
        self.assertEqual(2, self.files.now)
        self.assertEqual(Meaning.LOST, self._fail(database.CONNECTION_LOST))
        self.assertEqual(0, self.files.now)

    def test_an_interrupted_request(self) -> None:
        with self._waiting(SystemExit()):
            self.assertRaises(SystemExit, self._ping)
        self.assertEqual(0, self.files.now)

    def test_none_of_them_is_missing_afterwards(self) -> None:
        for error in (
            ValueError(),
            database.CONNECTION_LOST,
            SystemExit(),
            KeyError(),
        ) * 3:
            with (
                self._waiting(error),
                contextlib.suppress(Failure, SystemExit, KeyError),
            ):
                self._ping()
        with self.pool.connection(None), self.pool.connection(None):
            pass

    def test_a_server_that_has_become_read_only(self) -> None:
        with self.pool.connection(None):
            self._ping()
        error = database.DriverError('read only', sqlstate='25006')
        self.assertEqual(Meaning.READ_ONLY, self._fail(error))
        self.assertEqual(0, self.files.now)

    def test_an_interruption_while_one_is_closed(self) -> None:
        one = self._pool(most=1)
        self._ping(one)
        close = fixtures.MockPatchObject(
            self.database.engine.dialect, 'do_close', side_effect=SystemExit
        )
        with self._waiting(KeyError()), close:
            self.assertRaises(SystemExit, self._ping, one)
        self._ping(one)

    def test_a_read_that_could_match_no_row(self) -> None:
        store = self.database.another_store(
            max_pool_size=1, max_overflow=0, pool_timeout=0.1
        )
        for _ in range(3):
            self.assertFalse(store.exists('alice', 'k\ud800'))
        self.assertEqual(0, store.count('alice', 1))


class TableTest(PoolTestCase):
    """A table that is not Nova's is found by who connects first."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def _execute(self, *texts: str) -> None:
        with contextlib.closing(sqlite3.connect(self.database.path)) as raw:
            for text in texts:
                raw.execute(text)

    def test_every_call_is_refused_until_it_is_right(self) -> None:
        self._execute('ALTER TABLE key_pairs ADD COLUMN deleted INTEGER')
        store: Store = self.database.store
        for call in (
            store.ping,
            lambda: store.list('alice'),
            lambda: store.create('alice', 'k1', 'ssh', 'aa', 'A', 5),
            lambda: store.delete('alice', 'k1'),
        ):
            self.assertRaises(exception.DatabaseUnavailable, call)
        self.assertEqual(4, self.log.output.count('it has deleted'))
        self._execute('ALTER TABLE key_pairs DROP COLUMN deleted')
        store.ping()

    def test_it_is_looked_at_once(self) -> None:
        store: Store = self.database.store
        store.ping()
        sent = self.useFixture(database.Statements(self.database.engine))
        database.run_together([store.ping] * 3)
        self.assertEqual({'SELECT'}, {text.split()[0] for text in sent.sent})
        self.assertEqual(3, len(sent.sent))

    def test_one_that_comes_later_is_looked_at(self) -> None:
        self._execute('ALTER TABLE key_pairs RENAME TO mine')
        store: Store = self.database.store
        self.assertRaises(exception.DatabaseUnavailable, store.ping)
        self._execute('CREATE TABLE key_pairs (id INTEGER, deleted INTEGER)')
        self.useFixture(
            fixtures.MockPatch('time.monotonic', return_value=10.0**9)
        )
        self.assertRaises(exception.DatabaseUnavailable, store.ping)
        self.assertIn('it has deleted', self.log.output)


class ForkTest(base.TestCase):
    """What a fork inherits is neither used nor closed."""

    def setUp(self) -> None:
        super().setUp()
        self._database = self.useFixture(database.Database())
        self._files = self.useFixture(OpenFiles(self._database.engine))

    def _use(self) -> str:
        """Say whether this process has used and closed its own only."""
        closed = len(self._files.closed)
        self._database.store.count('alice', 1)
        gc.collect()
        mine = [raw for pid, raw in self._files.opened if pid == os.getpid()]
        return str(
            self._files.opened[-1][1] in mine
            and all(raw in mine for raw in self._files.closed[closed:])
        )

    def test_a_child_opens_its_own(self) -> None:
        self._use()
        self.assertEqual(['True'] * 2, database.run_forked([self._use] * 2))
        self._use()
        self.assertEqual({os.getpid()}, {pid for pid, _ in self._files.opened})

    def test_a_child_leaves_what_is_in_use_alone(self) -> None:
        connections = self._database.store._session.pool
        with contextlib.ExitStack() as block:
            connection = block.enter_context(connections.connection(None))

            def leave_it() -> bool:
                closed = [*self._files.closed]
                with contextlib.suppress(SystemExit), block:
                    raise SystemExit
                return closed == self._files.closed

            results = database.run_forked([self._use, leave_it])
            connection.fetch(statements.PING)
        self.assertEqual(['True'] * 2, results)

    def test_a_store_may_be_made_before_a_fork(self) -> None:
        store = self._database.another_store()

        def create(name: str) -> str:
            return store.create('alice', name, 'ssh', 'aa', 'A', -1).name

        self.assertEqual(
            ['k1', 'k2', 'k3'],
            database.run_forked(
                [
                    functools.partial(create, name)
                    for name in ('k1', 'k2', 'k3')
                ]
            ),
        )
        self.assertEqual(3, store.count('alice', 9))
