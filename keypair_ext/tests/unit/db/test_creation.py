# SPDX-License-Identifier: Apache-2.0

"""Creation: the quota, races for it, and faults in the middle."""

import collections
import contextlib
import functools
import itertools
from collections.abc import Callable
from unittest import mock

import fixtures
import sqlalchemy as sa
from oslo_db import exception as db_exc
from sqlalchemy import exc as sa_exc

from keypair_ext import exception
from keypair_ext.db import creation, models, statements
from keypair_ext.db.store import Store
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

    def test_the_message_tells_the_limit(self) -> None:
        error = self.assertRaises(
            exception.QuotaExceeded, add, self.store, 'k1', 0
        )
        self.assertIn('0', str(error))

    def test_nothing_is_allowed(self) -> None:
        self.assertRaises(exception.QuotaExceeded, add, self.store, 'k1', 0)
        self.assert_stored()

    def test_anything_is_allowed(self) -> None:
        for limit in (-1, -5, 10**30):
            add(self.store, f'k{limit}', limit)
        self.assertEqual(3, self.store.count('alice', 10))

    def test_a_lowered_limit(self) -> None:
        for name in ('k1', 'k2', 'k3'):
            add(self.store, name)
        self.assertRaises(exception.QuotaExceeded, add, self.store, 'k4', 1)
        self.assert_stored('k1', 'k2', 'k3')

    def test_a_place_that_became_free(self) -> None:
        add(self.store, 'k1', 1)
        self.store.delete('alice', 'k1')
        add(self.store, 'k2', 1)
        self.assert_stored('k2')

    def test_others_do_not_count(self) -> None:
        self.store.create('bob', 'k1', 'ssh', 'aa', 'A', 1)
        add(self.store, 'k1', 1)

    def test_duplicate(self) -> None:
        add(self.store, 'k1', 5)
        error = self.assertRaises(
            exception.KeypairExists, add, self.store, 'k1', 5, 'B'
        )
        self.assertIn('k1', str(error))
        self.assertEqual('A', self.store.get('alice', 'k1').public_key)
        add(self.store, 'k2', 5)

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

    def test_threads(self) -> None:
        self.assertEqual(
            {'made': 2, 'QuotaExceeded': 6},
            self._race(database.run_together, start=3, limit=5),
        )

    def test_processes(self) -> None:
        self.assertEqual(
            {'made': 2, 'QuotaExceeded': 6},
            self._race(database.run_forked, start=3, limit=5),
        )

    def test_from_nothing(self) -> None:
        self.assertEqual(
            {'made': 1, 'QuotaExceeded': 7},
            self._race(database.run_forked, start=0, limit=1),
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

    Not every engine does; here a table of answers stands for the counts.
    """

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MockPatchObject(creation, '_PAUSE_SECONDS', 0)
        )

    def _count_as(self, *answers: int) -> None:
        """Let ``MORE_THAN`` see that many rows, and then the real ones."""
        left = list(answers)
        real = sa.Connection.execute

        def execute(
            connection: sa.Connection, statement: object, *rest: object
        ) -> object:
            if statement is statements.MORE_THAN and left:
                rows = mock.Mock()
                more = left.pop(0) > rest[0]['at_most']  # type: ignore[index]
                rows.first.return_value = (1,) if more else None
                return rows
            return real(connection, statement, *rest)  # type: ignore[call-overload]

        self.useFixture(
            fixtures.MockPatchObject(sa.Connection, 'execute', execute)
        )

    def test_the_lowest_ids_stay(self) -> None:
        add(self.store, 'k1')
        self._count_as(4, 4, 3)
        add(self.store, 'k2', 2)
        self.assert_stored('k1', 'k2')

    def test_and_give_up_when_the_others_stay_too(self) -> None:
        add(self.store, 'k1')
        self._count_as(*[3] * creation._PAUSES, 1)
        add(self.store, 'k2', 2)
        self.assert_stored('k1', 'k2')

    def test_who_has_to_make_room_waits_for_the_place(self) -> None:
        add(self.store, 'k1')
        real = creation.Creation._has_room
        with mock.patch.object(
            creation.Creation, '_has_room', autospec=True
        ) as has_room:
            answers = itertools.chain([False], itertools.repeat(None))
            has_room.side_effect = lambda *rest: (
                real(*rest) if next(answers) is None else False
            )
            self._count_as(2, 2, 1)
            add(self.store, 'k2', 2)
        self.assert_stored('k1', 'k2')

    def test_and_is_told_when_the_place_is_taken(self) -> None:
        add(self.store, 'k1')
        with mock.patch.object(
            creation.Creation, '_has_room', return_value=False
        ):
            self.assertRaises(
                exception.DatabaseUnavailable, add, self.store, 'k2', 2
            )
        add(self.store, 'k3', 2)
        self.assertRaises(exception.QuotaExceeded, add, self.store, 'k2', 2)
        self.assert_stored('k1', 'k3')

    def test_a_duplicate_that_is_gone_again(self) -> None:
        faults = self.useFixture(database.Faults(self.database.engine))
        faults.add(db_exc.DBDuplicateEntry(), 'INSERT')
        add(self.store, 'k1', 5)
        self.assert_stored('k1')


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
            self._faults.add(db_exc.DBDeadlock(), 'INSERT', times=3)
            add(self.store, f'k{limit}', limit)
        self._faults.add(db_exc.DBDeadlock(), 'SELECT', times=3)
        add(self.store, 'k9', 5)
        self.assert_stored('k-1', 'k0', 'k5', 'k9')

    def test_but_not_for_ever(self) -> None:
        self.useFixture(fixtures.MockPatch('oslo_db.api.time.sleep'))
        self._faults.add(db_exc.DBDeadlock(), 'INSERT', times=100)
        self._assert_unavailable()
        self.assertGreater(self._faults.left, 80)
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
            sa.Engine, 'connect', side_effect=db_exc.DBConnectionError()
        ) as connect:
            self.assertRaises(
                exception.DatabaseUnavailable, add, store, 'k1', 5
            )
        self.assertEqual(1, connect.call_count)

    def test_lost_while_waiting_for_room(self) -> None:
        self._faults.add(db_exc.DBDeadlock(), 'INSERT')
        self._faults.lose_connection('SELECT')
        add(self.store, 'k1', 5)
        self.assert_stored('k0', 'k1')

    def test_unavailable_while_waiting_for_room(self) -> None:
        self._faults.add(db_exc.DBDeadlock(), 'INSERT')
        self._faults.add(sa_exc.TimeoutError('the pool'), 'SELECT')
        self._assert_unavailable()
        self.assert_stored('k0')

    def test_a_bug_is_not_called_unavailable(self) -> None:
        error = database.driver_error('no such column: x', sqlite_errorcode=1)
        self._faults.add(error, 'INSERT')
        self.assertIs(
            error, self.assertRaises(type(error), add, self.store, 'k1', 5)
        )
        add(self.store, 'k1', 5)

    def test_after_a_failure_nothing_is_left_open(self) -> None:
        self._faults.add(db_exc.DBError(), 'SELECT')
        self.assertRaises(db_exc.DBError, add, self.store, 'k1', 5)
        self.assert_stored('k0')
        add(self.database.another_store(), 'k1', 5)


class InterruptTest(CreationTestCase):
    """A server ends a request in the middle: a timeout, a worker's end."""

    def test_what_was_begun_is_not_committed_with_the_next(self) -> None:
        with (
            mock.patch.object(
                creation.Creation, '_has_room', side_effect=SystemExit
            ),
            contextlib.suppress(SystemExit),
        ):
            add(self.store, 'k1', 5)
        add(self.store, 'k2', 5)
        self.assert_stored('k2')

    def test_a_read_that_was_interrupted(self) -> None:
        faults = self.useFixture(database.Faults(self.database.engine))
        faults.add(SystemExit(), 'SELECT')
        with contextlib.suppress(SystemExit):
            self.store.ping()
        self.assertEqual(0, faults.left)
        self.assertFalse(self.store.exists('alice', 'k1'))


class CommitFaultTest(CreationTestCase):
    """The answer to COMMIT is lost: it may have happened or not."""

    def setUp(self) -> None:
        super().setUp()
        self._faults = self.useFixture(
            database.CommitFaults(self.database.engine)
        )

    def test_it_has_happened(self) -> None:
        self._faults.add(
            database.CONNECTION_LOST,
            first=lambda: self._faults.connection.connection.commit(),
        )
        add(self.store, 'k1', 5)
        self.assert_stored('k1')

    def test_it_has_not_happened(self) -> None:
        self._faults.lose_connection()
        self.assertRaises(
            exception.DatabaseUnavailable, add, self.store, 'k1', 5
        )
        self.assert_stored()

    def test_somebody_else_has_made_the_same(self) -> None:
        def somebody_else() -> None:
            driver_connection = self._faults.connection.connection
            driver_connection.rollback()
            driver_connection.cursor().execute(
                'INSERT INTO key_pairs (id, user_id, name, fingerprint, '
                "public_key) VALUES (77, 'alice', 'k1', 'aa:bb', 'A')"
            )

        self._faults.add(database.CONNECTION_LOST, first=somebody_else)
        self.assertRaises(
            exception.DatabaseUnavailable, add, self.store, 'k1', 5
        )

    def test_it_was_refused_for_certain(self) -> None:
        self._faults.add(db_exc.DBDeadlock())
        add(self.store, 'k1', 5)
        self.assert_stored('k1')

    def test_it_cannot_be_found_out(self) -> None:
        reads = self.useFixture(database.Faults(self.database.engine))
        self._faults.add(
            database.CONNECTION_LOST,
            first=lambda: reads.lose_connection(
                'SELECT key_pairs.id', times=2
            ),
        )
        self.assertRaises(
            exception.DatabaseUnavailable, add, self.store, 'k1', 5
        )


class NovaBesideTest(CreationTestCase):
    def test_rows_of_others_count(self) -> None:
        with self.database.engine.begin() as connection:
            connection.execute(
                sa.insert(models.key_pairs),
                [{'user_id': 'alice', 'name': f'n{n}'} for n in range(3)],
            )
        self.assertRaises(exception.QuotaExceeded, add, self.store, 'k1', 3)
        self.assertRaises(exception.KeypairExists, add, self.store, 'n1', 4)
        add(self.store, 'k1', 4)
