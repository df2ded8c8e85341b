# SPDX-License-Identifier: Apache-2.0

"""Creation: the quota, races for it, and faults in the middle."""

import collections
import contextlib
import functools
import sqlite3
from collections.abc import Callable
from typing import Any
from unittest import mock

import fixtures
import sqlalchemy as sa

from keypair_ext import exception
from keypair_ext.db import creation, cursor, statements
from keypair_ext.db.store import MOST, Store
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database


def add(store: Store, name: str, limit: int = -1, key: str = 'A') -> str:
    made = store.create('alice', name, 'ssh', 'aa:bb', key, limit)
    return made.name


class CreationTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.database = self.useFixture(database.Database())
        self.store: Store = self.database.store

    def assert_stored(self, *names: str) -> None:
        store = self.database.another_store()
        self.assertEqual(
            list(names), [key.name for key in store.list('alice')]
        )


class QuotaTest(CreationTestCase):
    def test_up_to_the_limit(self) -> None:
        for name in ('k1', 'k2'):
            add(self.store, name, 2)
        self.assertRaises(exception.QuotaExceeded, add, self.store, 'k3', 2)
        self.assert_stored('k1', 'k2')

    def test_nothing_is_allowed(self) -> None:
        self.assertRaises(exception.QuotaExceeded, add, self.store, 'k1', 0)
        self.assert_stored()

    def test_anything_is_allowed(self) -> None:
        for limit in (-1, -5, MOST):
            add(self.store, f'k{limit}', limit)
        self.assertEqual(3, self.store.count('alice', 10))

    def test_a_lowered_limit(self) -> None:
        for name in ('k1', 'k2', 'k3'):
            add(self.store, name)
        self.assertRaises(exception.QuotaExceeded, add, self.store, 'k4', 1)
        self.assert_stored('k1', 'k2', 'k3')

    def test_the_quota_is_told_before_the_duplicate(self) -> None:
        add(self.store, 'k1', 1)
        self.assertRaises(exception.QuotaExceeded, add, self.store, 'k1', 1)
        self.assertRaises(exception.KeypairExists, add, self.store, 'k1', 2)
        self.assertRaises(exception.KeypairExists, add, self.store, 'k1')


class RaceTest(CreationTestCase):
    """Exactly the limit is left, whoever races for it."""

    def _race(
        self,
        run: Callable[[list[Callable[[], object]]], list[str]],
        start: int,
        limit: int,
    ) -> collections.Counter[str]:
        for number in range(start):
            add(self.store, f'old{number}')
        results = run(
            [
                functools.partial(
                    add, self.store, f'{number % 3}new{number}', limit
                )
                for number in range(8)
            ]
        )
        self.assertEqual(limit, self.store.count('alice', 1000))
        return collections.Counter(
            'made' if result.endswith(tuple('0123456789')) else result
            for result in results
        )

    def test_processes(self) -> None:
        self.assertEqual(
            {'made': 2, 'QuotaExceeded': 6},
            self._race(database.run_forked, start=3, limit=5),
        )

    def test_one_name(self) -> None:
        for run in (database.run_together, database.run_forked):
            name = run.__name__
            results = run([functools.partial(add, self.store, name, 9)] * 8)
            self.assertEqual(
                {name: 1, 'KeypairExists': 7}, collections.Counter(results)
            )

    def test_one_name_that_fills_the_quota(self) -> None:
        results = database.run_together(
            [functools.partial(add, self.store, 'k1', 1)] * 8
        )
        self.assertEqual(
            {'k1': 1, 'QuotaExceeded': 7}, collections.Counter(results)
        )


class UncommittedRowsTest(CreationTestCase):
    """The rules of a race on an engine that shows uncommitted rows.

    SQLite does not; here answers stand for what it would count.
    """

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MockPatchObject(creation, '_PAUSE_SECONDS', 0)
        )
        add(self.store, 'k1')

    def _answer(self, statement: object, *answers: list[tuple[int]]) -> None:
        """Let a statement answer so, and then as it is.

        All of the answers have to be used.
        """
        left = list(answers)
        real = cursor.Connection.fetch

        def fetch(
            connection: cursor.Connection, asked: sa.Executable, of: Any
        ) -> Any:
            if asked is statement and left:
                return left.pop(0)
            return real(connection, asked, of)

        self.useFixture(
            fixtures.MockPatchObject(cursor.Connection, 'fetch', fetch)
        )
        self.addCleanup(lambda: self.assertEqual([], left))

    def test_the_lowest_ids_stay(self) -> None:
        self._answer(statements.MORE_THAN, [(1,)], [(1,)])
        add(self.store, 'k2', 2)
        self.assert_stored('k1', 'k2')

    def test_and_start_over_when_the_others_stay_too(self) -> None:
        self._answer(statements.MORE_THAN, *[[(1,)]] * creation._PAUSES)
        sent = self.useFixture(database.Statements(self.database.engine))
        add(self.store, 'k2', 2)
        self.assertEqual(1, sent.sent.count('COMMIT'))
        self.assert_stored('k1', 'k2')

    def test_the_highest_make_room_and_wait_for_it(self) -> None:
        # The second of them is asked for while it waits.
        self._answer(statements.MORE_THAN, [(1,)], [(1,)])
        self._answer(statements.OLDER_THAN, [(2,)])
        sent = self.useFixture(database.Statements(self.database.engine))
        add(self.store, 'k2', 2)
        self.assert_stored('k1', 'k2')
        inserts = [text for text in sent.sent if text.startswith('INSERT')]
        self.assertEqual(2, len(inserts))

    def test_and_are_told_when_they_never_get_it(self) -> None:
        tries = creation.MAX_RETRIES + 1
        self.useFixture(fixtures.MockPatch('time.sleep'))
        self._answer(statements.OLDER_THAN, *[[(2,)]] * tries)
        self._answer(statements.MORE_THAN, *([[(1,)], []] * tries)[:-1])
        self.assertRaises(
            exception.DatabaseUnavailable, add, self.store, 'k2', 2
        )

    def test_and_that_the_place_is_taken(self) -> None:
        add(self.store, 'k3')
        self.assertRaises(exception.QuotaExceeded, add, self.store, 'k2', 2)
        self.assert_stored('k1', 'k3')

    def test_a_duplicate_that_is_gone_again(self) -> None:
        faults = self.useFixture(database.Faults(self.database.engine))
        faults.add(database.DUPLICATE, 'INSERT')
        add(self.store, 'k2', 5)
        self.assert_stored('k1', 'k2')


class FaultTest(CreationTestCase):
    def setUp(self) -> None:
        super().setUp()
        add(self.store, 'k0')
        self._faults = self.useFixture(database.Faults(self.database.engine))

    def _assert_unavailable(self) -> None:
        self.assertRaises(
            exception.DatabaseUnavailable, add, self.store, 'k1', 5
        )

    def test_deadlocks_are_tried_again(self) -> None:
        for limit in (5, -1):
            self._faults.add(database.DEADLOCK, 'INSERT', times=3)
            add(self.store, f'k{limit}', limit)
        self._faults.add(database.DEADLOCK, 'SELECT', times=3)
        add(self.store, 'k9', 5)
        self.assert_stored('k-1', 'k0', 'k5', 'k9')

    def test_but_not_for_ever(self) -> None:
        self.useFixture(fixtures.MockPatch('time.sleep'))
        times = creation.MAX_RETRIES + 1
        self._faults.add(database.DEADLOCK, 'INSERT', times=times)
        self._assert_unavailable()
        self.assert_stored('k0')

    def test_connection_lost_before_the_commit(self) -> None:
        self._faults.lose_connection('INSERT')
        add(self.store, 'k1', 5)
        self._faults.lose_connection('SELECT')
        add(self.store, 'k2', 5)
        self.assert_stored('k0', 'k1', 'k2')

    def test_no_connection_at_all(self) -> None:
        store = self.database.another_store()
        with mock.patch.object(
            sa.Engine, 'connect', side_effect=sqlite3.OperationalError()
        ) as connect:
            self.assertRaises(
                exception.DatabaseUnavailable, add, store, 'k1', 5
            )
        self.assertEqual(1, connect.call_count)

    def test_lost_while_waiting_for_room(self) -> None:
        self._faults.add(database.DEADLOCK, 'INSERT')
        self._faults.lose_connection('SELECT')
        add(self.store, 'k1', 5)
        self.assert_stored('k0', 'k1')

    def test_unavailable_while_waiting_for_room(self) -> None:
        self._faults.add(database.DEADLOCK, 'INSERT')
        self._faults.add(
            database.DriverError('full', sqlstate='53100'), 'SELECT'
        )
        self._assert_unavailable()
        self.assert_stored('k0')

    def test_a_bug_is_not_called_unavailable(self) -> None:
        error = database.DriverError('no such column: x', sqlite_errorcode=1)
        self._faults.add(error, 'INSERT')
        self.assertIs(
            error, self.assertRaises(type(error), add, self.store, 'k1', 5)
        )
        add(self.store, 'k1', 5)

    def test_after_a_failure_nothing_is_left_open(self) -> None:
        self._faults.add(sqlite3.InternalError(), 'SELECT')
        self.assertRaises(sqlite3.InternalError, add, self.store, 'k1', 5)
        self.assert_stored('k0')
        add(self.database.another_store(), 'k1', 5)


class InterruptTest(CreationTestCase):
    """A server ends a request in the middle: a timeout, a worker's end."""

    def test_what_was_begun_is_not_committed_with_the_next(self) -> None:
        with (
            mock.patch.object(creation, '_has_room', side_effect=SystemExit),
            contextlib.suppress(SystemExit),
        ):
            add(self.store, 'k1', 5)
        add(self.store, 'k2', 5)
        self.assert_stored('k2')

    def test_a_read_that_was_interrupted(self) -> None:
        self.store.ping()
        faults = self.useFixture(database.Faults(self.database.engine))
        faults.add(SystemExit(), 'SELECT')
        with contextlib.suppress(SystemExit):
            self.store.ping()
        self.assertFalse(self.store.exists('alice', 'k1'))


class CommitFaultTest(CreationTestCase):
    """The answer to COMMIT is lost: it may have happened or not."""

    def setUp(self) -> None:
        super().setUp()
        self._faults = self.useFixture(database.Faults(self.database.engine))

    def test_it_has_happened(self) -> None:
        self._faults.add(
            database.CONNECTION_LOST,
            'COMMIT',
            first=lambda connection: connection.commit(),
        )
        add(self.store, 'k1', 5)
        self.assert_stored('k1')

    def test_it_has_not_happened(self) -> None:
        self._faults.lose_connection('COMMIT')
        self.assertRaises(
            exception.DatabaseUnavailable, add, self.store, 'k1', 5
        )
        self.assert_stored()

    def test_somebody_else_has_made_the_same(self) -> None:
        def somebody_else(connection: sqlite3.Connection) -> None:
            connection.rollback()
            connection.execute(
                'INSERT INTO key_pairs (id, user_id, name, fingerprint, '
                "public_key) VALUES (77, 'alice', 'k1', 'aa:bb', 'A')"
            )

        self._faults.add(
            database.CONNECTION_LOST, 'COMMIT', first=somebody_else
        )
        self.assertRaises(
            exception.DatabaseUnavailable, add, self.store, 'k1', 5
        )

    def test_it_was_refused_for_certain(self) -> None:
        self._faults.add(database.DEADLOCK, 'COMMIT')
        add(self.store, 'k1', 5)
        self.assert_stored('k1')

    def test_it_cannot_be_found_out(self) -> None:
        self._faults.lose_connection('COMMIT')
        self._faults.lose_connection('SELECT key_pairs.id', times=2)
        self.assertRaises(
            exception.DatabaseUnavailable, add, self.store, 'k1', 5
        )
