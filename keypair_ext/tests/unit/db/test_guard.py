# SPDX-License-Identifier: Apache-2.0

"""The quota guard: when it is written, and that one may add and drop it."""

import collections
import functools

import fixtures
import sqlalchemy as sa

from keypair_ext import exception
from keypair_ext.db import migration, models
from keypair_ext.db.store import Store
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database


def add(store: Store, name: str, limit: int, user_id: str = 'alice') -> str:
    return store.create(user_id, name, 'ssh', 'aa:bb', 'A', limit).name


class GuardTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        self.database = self.useFixture(database.Database())
        self.store: Store = self.database.store

    def add_table(self) -> None:
        migration.sync(self.database.engine, quota_guard=True)

    def drop_table(self) -> None:
        migration.sync(self.database.engine, quota_guard=False)

    def rows(self) -> dict[str, int]:
        """Return how often each user's row was written."""
        with self.database.engine.connect() as connection:
            rows = connection.execute(sa.select(models.quota_guard))
            return {row.user_id: row.changes for row in rows}


class WriteTest(GuardTestCase):
    def test_what_is_committed_is_written(self) -> None:
        self.add_table()
        for name in ('k1', 'k2'):
            add(self.store, name, 2)
        add(self.store, 'k1', 2, 'bob')
        self.assertEqual({'alice': 2, 'bob': 1}, self.rows())

    def test_what_is_refused_is_not(self) -> None:
        self.add_table()
        add(self.store, 'k1', 2)
        self.assertRaises(exception.KeypairExists, add, self.store, 'k1', 2)
        self.assertRaises(exception.QuotaExceeded, add, self.store, 'k2', 1)
        self.assertEqual({'alice': 1}, self.rows())

    def test_nothing_is_where_there_is_no_limit(self) -> None:
        self.add_table()
        add(self.store, 'k1', -1)
        self.assertEqual({}, self.rows())

    def test_one_more_statement(self) -> None:
        self.add_table()
        add(self.store, 'k0', 9)
        sent = self.useFixture(database.Statements(self.database.engine))
        add(self.store, 'k1', 9)
        words = [text.split()[0] for text in sent.sent]
        self.assertEqual(['BEGIN', *['INSERT'] * 2, 'SELECT', 'COMMIT'], words)

    def test_races(self) -> None:
        self.add_table()
        for run in (database.run_together, database.run_forked):
            user_id = run.__name__
            add(self.store, 'old', -1, user_id)
            results = run(
                [
                    functools.partial(
                        add, self.store, f'k{number}', 3, user_id
                    )
                    for number in range(8)
                ]
            )
            self.assertEqual(3, self.store.count(user_id, 9))
            self.assertEqual(6, collections.Counter(results)['QuotaExceeded'])

    def test_a_node_that_was_second(self) -> None:
        # Galera says so when a transaction wants to commit.
        self.add_table()
        faults = self.useFixture(database.Faults(self.database.engine))
        faults.add(database.DEADLOCK, 'COMMIT', times=3)
        add(self.store, 'k1', 1)
        self.assertEqual(1, self.store.count('alice', 9))


class LookTest(GuardTestCase):
    def test_a_table_that_is_added(self) -> None:
        add(self.store, 'k1', 9)
        self.add_table()
        add(self.store, 'k2', 9)
        self.assertEqual({}, self.rows())
        self.useFixture(
            fixtures.MockPatch('time.monotonic', return_value=10.0**9)
        )
        add(self.store, 'k3', 9)
        self.assertEqual({'alice': 1}, self.rows())

    def test_it_is_not_looked_for_each_time(self) -> None:
        for wanted in (False, True):
            migration.sync(self.database.engine, wanted)
            engine = database.make_engine(self.database.url)
            store = Store(engine)
            self.addCleanup(store.close)
            add(store, f'first {wanted}', 9)
            sent = self.useFixture(database.Statements(engine))
            add(store, f'second {wanted}', 9)
            looks = [text for text in sent.sent if 'sqlite_master' in text]
            self.assertEqual([], looks)

    def test_a_table_that_is_dropped(self) -> None:
        self.add_table()
        add(self.store, 'k1', 9)
        self.drop_table()
        add(self.store, 'k2', 9)
        self.add_table()
        add(self.store, 'k3', 9)
        self.assertEqual({}, self.rows())

    def test_no_table_at_all(self) -> None:
        self.add_table()
        add(self.store, 'k1', 9)
        for metadata in (models.metadata, models.guard_metadata):
            metadata.drop_all(self.database.engine)
        self.assertRaises(
            exception.DatabaseUnavailable, add, self.store, 'k2', 9
        )

    def test_a_database_that_cannot_be_asked(self) -> None:
        self.store.ping()
        faults = self.useFixture(database.Faults(self.database.engine))
        faults.lose_connection(times=2)
        self.assertRaises(
            exception.DatabaseUnavailable, add, self.store, 'k1', 9
        )
        faults.lose_connection()
        add(self.store, 'k2', 9)
