# SPDX-License-Identifier: Apache-2.0

"""Connections: held by a thread, given back in time, never inherited."""

import functools
import gc
import os
import sqlite3
import threading
from typing import Any
from unittest import mock

import fixtures
import sqlalchemy as sa
from oslo_db import exception as db_exc

from keypair_ext.db import connections, errors
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database

ONE: sa.Select[Any] = sa.select(sa.literal_column('1'))


class HoldSeconds(fixtures.MockPatchObject):
    """Sets how long a connection is held from its next taking on."""

    def __init__(self, seconds: float) -> None:
        super().__init__(connections, '_HOLD_SECONDS', seconds)


class ConnectionsTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self._database = self.useFixture(database.Database())
        self._opened: list[sqlite3.Connection] = []
        sa.event.listen(
            self._database.engine,
            'connect',
            lambda connection, record: self._opened.append(connection),
        )
        self._connections = connections.Connections(self._database.engine)
        self.addCleanup(self._connections.close)

    def _fetch(self) -> None:
        self._connections.fetch(ONE, {})

    def test_nothing_is_opened_before_it_is_used(self) -> None:
        self.assertEqual([], self._opened)

    def test_a_thread_keeps_its_connection(self) -> None:
        self._fetch()
        self._fetch()
        self.assertEqual(1, len(self._opened))
        self.assertIs(self._connections.writer(), self._connections.writer())
        self.assertEqual(2, len(self._opened))

    def test_each_thread_has_its_own(self) -> None:
        self._fetch()
        database.run_together([self._fetch] * 3)
        self.assertEqual(4, len(self._opened))

    def test_a_thread_that_ends_gives_its_connection_back(self) -> None:
        with mock.patch.object(
            sa.Connection,
            'close',
            autospec=True,
            side_effect=sa.Connection.close,
        ) as close:
            thread = threading.Thread(target=self._fetch)
            thread.start()
            thread.join()
            gc.collect()
        # Other tests' left-overs may be collected at the same moment.
        engines = [call.args[0].engine for call in close.call_args_list]
        self.assertEqual(1, engines.count(self._database.engine))

    def test_a_connection_goes_to_the_pool_now_and_then(self) -> None:
        self.useFixture(HoldSeconds(-1.0))
        self._fetch()
        self._fetch()
        self._fetch()
        self.assertEqual(3, len(self._opened))

    def test_a_connection_that_died_is_given_back_all_the_same(self) -> None:
        self.useFixture(HoldSeconds(-1.0))
        writer = self._connections.writer()
        writer.execute(ONE)
        self._opened[0].close()
        self._fetch()
        self.assertTrue(writer.closed)
        self.assertEqual(2, len(self._opened))

    def test_a_read_sees_what_was_written_after_the_last(self) -> None:
        store, other = self._database.store, self._database.another_store()
        self.assertEqual(0, store.count('alice', 9))
        other.create('alice', 'k1', 'ssh', 'aa', 'ssh-rsa A', 9)
        self.assertEqual(1, store.count('alice', 9))

    def test_a_server_that_goes_before_the_level_is_set(self) -> None:
        engine = self._database.engine
        with mock.patch.dict(connections._READ_LEVELS, sqlite='AUTOCOMMIT'):
            held = connections.Connections(engine)
        with mock.patch.object(
            engine.dialect,
            'set_isolation_level',
            side_effect=sqlite3.OperationalError('gone'),
        ):
            error = self.assertRaises(db_exc.DBConnectionError, held.reader)
        self.assertIs(errors.Meaning.LOST, errors.meaning(error))
        self.assertEqual(1, len(self._opened))
        self.assertRaises(sqlite3.ProgrammingError, self._opened[0].cursor)

    def test_who_comes_late_keeps_nothing(self) -> None:
        engine = self._database.engine
        closed: list[object] = []
        sa.event.listen(
            engine, 'close', lambda connection, record: closed.append(1)
        )
        held = connections.Connections(engine)
        held._may_keep = 1
        held.fetch(ONE, {})
        self.assertEqual([], closed)

        def be_a_guest() -> None:
            held.fetch(ONE, {})
            held.writer()
            held.reader()
            held.release()

        database.run_together([be_a_guest])
        self.assertEqual([1, 1, 1], closed)
        held.fetch(ONE, {})
        self.assertEqual([1, 1, 1], closed)
        held.close()

    def test_drop_says_whether_there_was_a_connection(self) -> None:
        self._fetch()
        self.assertTrue(self._connections.drop())
        self.assertFalse(self._connections.drop())
        self._fetch()
        self.assertEqual(2, len(self._opened))

    def test_close_closes_those_of_other_threads_too(self) -> None:
        self._fetch()
        done, go_on = threading.Event(), threading.Event()

        def hold() -> None:
            self._fetch()
            done.set()
            go_on.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        done.wait()
        self._connections.close()
        for connection in self._opened:
            self.assertRaises(sqlite3.ProgrammingError, connection.cursor)
        go_on.set()
        thread.join()


class ForkTest(base.TestCase):
    """What a fork inherits is neither used nor closed."""

    def setUp(self) -> None:
        super().setUp()
        self._database = self.useFixture(database.Database())
        self._pids: list[int] = []
        sa.event.listen(
            self._database.engine,
            'connect',
            lambda connection, record: self._pids.append(os.getpid()),
        )

    def _use(self) -> str:
        self._database.store.count('alice', 1)
        gc.collect()
        return f'{self._pids[-1] == os.getpid()}'

    def test_a_child_opens_its_own(self) -> None:
        self._use()
        closed = []
        sa.event.listen(
            self._database.engine,
            'close',
            lambda connection, record: closed.append(connection),
        )
        self.assertEqual(
            ['True', 'True'], database.run_forked([self._use] * 2)
        )
        self.assertEqual('True', self._use())
        self.assertEqual([os.getpid()], self._pids)
        self.assertEqual([], closed)

    def test_a_child_leaves_the_connections_of_other_threads_alone(
        self,
    ) -> None:
        done, go_on = threading.Event(), threading.Event()

        def hold() -> None:
            self._use()
            done.set()
            go_on.wait()

        thread = threading.Thread(target=hold)
        thread.start()
        done.wait()

        def use_and_count_closed() -> str:
            with mock.patch.object(
                sa.Connection, 'close', autospec=True
            ) as close:
                used = self._use()
            return f'{used} {close.call_count}'

        results = database.run_forked([use_and_count_closed])
        go_on.set()
        thread.join()
        self.assertEqual(['True 0'], results)

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
