# SPDX-License-Identifier: Apache-2.0

"""The store, on a real SQLite database."""

import datetime
import gc
import os
import sqlite3
import time
from concurrent import futures

import fixtures
import sqlalchemy as sa

from keypair_ext import exception
from keypair_ext.db import models
from keypair_ext.db.store import Keypair, ListedKeypair, NovaLimits, Store
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database, store_cases


def add(store: Store, user_id: str, name: str, limit: int = -1) -> Keypair:
    return store.create(user_id, name, 'ssh', 'aa:bb', f'A {name}', limit)


class StoreTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.database = self.useFixture(database.Database())
        self.engine = self.database.engine
        self.store: Store = self.database.store


class RecordsTest(StoreTestCase, store_cases.StoreCases):
    def test_names_are_compared_exactly(self) -> None:
        add(self.store, 'alice', 'key')
        for name in ('Key', 'key ', ' key'):
            self.assertFalse(self.store.exists('alice', name))

    def test_count_stops(self) -> None:
        for number in range(5):
            add(self.store, 'alice', f'k{number}')
        self.assertEqual(3, self.store.count('alice', 3))
        self.assertEqual(5, self.store.count('alice', 10))
        self.assertEqual(0, self.store.count('alice', 0))

    def test_rows_that_nova_left_incomplete(self) -> None:
        with self.database.engine.begin() as connection:
            connection.execute(
                sa.insert(models.key_pairs).values(
                    user_id='alice', name='old', type='ssh'
                )
            )
        self.assertIsNone(self.store.get('alice', 'old').created_at)
        self.assertEqual(
            [ListedKeypair('old', 'ssh', None, None)], self.store.list('alice')
        )

    def _write(self, column: str, expression: str) -> None:
        update = sa.update(models.key_pairs).values(
            {column: sa.literal_column(expression)}
        )
        with self.engine.begin() as connection:
            connection.execute(update.where(models.key_pairs.c.name == 'k2'))

    def test_what_no_column_should_hold(self) -> None:
        for name in ('k1', 'k2', 'k3'):
            add(self.store, 'alice', name)
        for column, value in (
            ('public_key', "CAST('A k2' AS BLOB)"),
            ('fingerprint', "x'aa'"),
            ('created_at', "'yesterday'"),
            ('created_at', '1700000000'),
            ('created_at', "x''"),
            ('type', "CAST('ssh' AS BLOB)"),
        ):
            self._write(column, value)
            told = f"user_id 'alice' and name 'k2', whose {column} cannot"
            with self.subTest(column=column, value=value):
                with self.assertRaisesRegex(exception.RowUnusable, told):
                    self.store.get('alice', 'k2')
                with self.assertRaisesRegex(exception.RowUnusable, told):
                    self.store.list('alice', with_times=True)
                with self.assertRaisesRegex(exception.RowUnusable, told):
                    self.store.list('alice', 5, 'k1', with_times=True)
            # The others' are not concerned.
            self.assertEqual('A k1', self.store.get('alice', 'k1').public_key)
            if column != 'type':
                self._write(column, 'NULL')

    def test_a_time_with_a_zone(self) -> None:
        add(self.store, 'alice', 'k2')
        self._write('created_at', "'2026-01-31 13:30:00+01:00'")
        self.assertEqual(
            datetime.datetime(2026, 1, 31, 12, 30),
            self.store.get('alice', 'k2').created_at,
        )

    def test_what_no_column_can_hold_is_not_found(self) -> None:
        lone_surrogate = 'k\ud800'
        for call, arguments, expected in (
            (self.store.get, ('alice',), exception.KeypairNotFound),
            (self.store.delete, ('alice',), exception.KeypairNotFound),
            (self.store.list, ('alice', 5), exception.MarkerNotFound),
        ):
            self.assertRaises(expected, call, *arguments, lone_surrogate)
        self.assertFalse(self.store.exists('alice', lone_surrogate))
        self.assertEqual(0, self.store.count(lone_surrogate, 5))
        self.assertEqual([], self.store.list(lone_surrogate))

    def test_what_no_column_can_hold_is_refused(self) -> None:
        self.assertRaises(
            exception.InvalidKey, add, self.store, 'alice', 'k\ud800'
        )
        self.assertEqual('k1', add(self.store, 'alice', 'k1').name)


class RoundTripsTest(StoreTestCase):
    """How often the database is asked: what the speed rests on."""

    def _count(self) -> database.Statements:
        add(self.store, 'alice', 'k0')
        self.store.ping()
        return self.useFixture(database.Statements(self.database.engine))

    def _sent(self, statements: database.Statements) -> list[str]:
        # The first word; only SQLite is told where a transaction begins.
        words = [statement.split()[0] for statement in statements.sent]
        return [word for word in words if word != 'BEGIN']

    def test_one_statement_each(self) -> None:
        sent = self._count()
        self.store.get('alice', 'k0')
        self.store.list('alice', 10, 'k0')
        self.store.count('alice', 10)
        self.assertEqual(['SELECT'] * 3, self._sent(sent))

    def test_create_with_a_quota(self) -> None:
        # The first one looks for the quota guard.
        add(self.store, 'alice', 'k9', 100)
        sent = self._count()
        add(self.store, 'alice', 'k1', 100)
        self.assertEqual(['INSERT', 'SELECT', 'COMMIT'], self._sent(sent))

    def test_create_without_one(self) -> None:
        sent = self._count()
        add(self.store, 'alice', 'k1')
        self.assertEqual(['INSERT', 'COMMIT'], self._sent(sent))

    def test_delete(self) -> None:
        sent = self._count()
        self.store.delete('alice', 'k0')
        self.assertEqual(['DELETE'], self._sent(sent))


class NovaLimitsTest(StoreTestCase):
    def _create_tables(
        self, *rows: tuple[sa.Table, dict[str, object]]
    ) -> None:
        with self.database.engine.begin() as connection:
            models.nova_metadata.create_all(connection)
            for table, values in rows:
                connection.execute(
                    sa.insert(table).values(resource='key_pairs', **values)
                )

    def test_a_database_without_nova_s_tables(self) -> None:
        nothing = NovaLimits(None, None)
        self.assertEqual(nothing, self.store.key_pairs_quota('alice', 'p1'))
        sent = self.useFixture(database.Statements(self.database.engine))
        self.assertEqual(nothing, self.store.key_pairs_quota('alice', 'p1'))
        self.assertEqual([], sent.sent)

    def test_tables_that_appear_count_after_a_restart(self) -> None:
        self.store.key_pairs_quota('alice', 'p1')
        self._create_tables(
            (models.quotas, {'project_id': 'p1', 'hard_limit': 5})
        )
        self.assertEqual(
            NovaLimits(None, None), self.store.key_pairs_quota('alice', 'p1')
        )
        self.assertEqual(
            NovaLimits(None, 5),
            self.database.another_store().key_pairs_quota('alice', 'p1'),
        )

    def test_other_resources_do_not_matter(self) -> None:
        self._create_tables()
        with self.database.engine.begin() as connection:
            connection.execute(
                sa.insert(models.quotas).values(
                    resource='cores', project_id='p1', hard_limit=1
                )
            )
        self.assertIsNone(self.store.key_pairs_quota('alice', 'p1').project)

    def test_one_statement(self) -> None:
        self._create_tables()
        self.store.key_pairs_quota('alice', 'p1')
        sent = self.useFixture(database.Statements(self.database.engine))
        self.store.key_pairs_quota('alice', 'p1')
        self.assertEqual(
            1, len([text for text in sent.sent if 'quotas' in text])
        )

    def test_unavailable(self) -> None:
        self.store.ping()
        faults = self.useFixture(database.Faults(self.database.engine))
        faults.lose_connection(times=2)
        self.assertRaises(
            exception.DatabaseUnavailable,
            self.store.key_pairs_quota,
            'alice',
            'p1',
        )
        self.assertEqual(
            NovaLimits(None, None), self.store.key_pairs_quota('alice', 'p1')
        )


class LostConnectionTest(StoreTestCase):
    def setUp(self) -> None:
        super().setUp()
        add(self.store, 'alice', 'k1')
        self._faults = self.useFixture(database.Faults(self.database.engine))

    def test_a_read_is_repeated_once(self) -> None:
        self.store.ping()
        self._faults.lose_connection('SELECT')
        self.assertEqual('k1', self.store.get('alice', 'k1').name)

    def test_and_no_more(self) -> None:
        self.store.ping()
        self._faults.lose_connection('SELECT', times=2)
        self.assertRaises(
            exception.DatabaseUnavailable, self.store.get, 'alice', 'k1'
        )

    def test_a_connection_that_cannot_be_made_is_not_repeated(self) -> None:
        store = self.database.another_store()
        os.rename(self.database.path, self.database.path + '.away')
        os.mkdir(self.database.path)
        self.assertRaises(
            exception.DatabaseUnavailable, store.get, 'alice', 'k1'
        )
        os.rmdir(self.database.path)
        os.rename(self.database.path + '.away', self.database.path)
        self.assertEqual('k1', store.get('alice', 'k1').name)

    def test_a_delete_is_repeated(self) -> None:
        self._faults.lose_connection('DELETE')
        self.store.delete('alice', 'k1')
        self.assertFalse(self.store.exists('alice', 'k1'))

    def test_a_delete_of_which_the_answer_was_lost(self) -> None:
        other = self.database.another_store()
        self._faults.add(
            database.CONNECTION_LOST,
            'DELETE',
            first=lambda connection: other.delete('alice', 'k1'),
        )
        self.store.delete('alice', 'k1')

    def test_a_delete_that_cannot_be_done(self) -> None:
        self._faults.lose_connection('DELETE', times=2)
        self.assertRaises(
            exception.DatabaseUnavailable, self.store.delete, 'alice', 'k1'
        )
        self.assertTrue(self.store.exists('alice', 'k1'))


class UnavailableTest(StoreTestCase):
    """The database is there and cannot do it."""

    def setUp(self) -> None:
        super().setUp()
        add(self.store, 'alice', 'k1')

    def _other_connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.database.path, isolation_level=None)
        self.addCleanup(connection.close)
        return connection

    def test_locked(self) -> None:
        store = Store(database.make_engine(f'{self.database.url}?timeout=0.1'))
        self.addCleanup(store.close)
        self.assertEqual('k1', store.get('alice', 'k1').name)
        other = self._other_connection()
        other.execute('BEGIN IMMEDIATE')
        self.assertRaises(
            exception.DatabaseUnavailable, add, store, 'alice', 'k2'
        )
        self.assertRaises(
            exception.DatabaseUnavailable, store.delete, 'alice', 'k1'
        )
        self.assertEqual('k1', store.get('alice', 'k1').name)
        other.execute('ROLLBACK')
        self.assertEqual('k2', add(store, 'alice', 'k2').name)
        self.assertIn('locked', self.log.output)
        self.assertNotIn('INSERT', self.log.output)

    def test_what_has_failed_is_collected_beside_who_waits(self) -> None:
        kept = []
        try:
            add(self.store, 'alice', 'k1')
        except exception.KeypairExists as error:
            kept.append(error)
        other = self._other_connection()
        other.execute('BEGIN IMMEDIATE')
        with futures.ThreadPoolExecutor(1) as threads:
            # On the connection of the failure.
            waiting = threads.submit(add, self.store, 'alice', 'k2')
            time.sleep(0.2)
            kept.clear()
            gc.collect()
            other.execute('ROLLBACK')
            self.assertEqual('k2', waiting.result().name)

    def test_read_only(self) -> None:
        store = Store(
            database.make_engine(
                f'sqlite:///file:{self.database.path}?mode=ro&uri=true'
            )
        )
        self.addCleanup(store.close)
        self.assertEqual('k1', store.get('alice', 'k1').name)
        self.assertRaises(
            exception.DatabaseUnavailable, add, store, 'alice', 'k2', 10
        )
        self.assertRaises(
            exception.DatabaseUnavailable, store.delete, 'alice', 'k1'
        )
        self.assertEqual('k1', store.get('alice', 'k1').name)

    def test_full(self) -> None:
        engine = database.make_engine(self.database.url)
        sa.event.listen(
            engine,
            'connect',
            lambda connection, record: connection.execute(
                'PRAGMA max_page_count = 1'
            ),
        )
        store = Store(engine)
        self.addCleanup(store.close)
        key = 'A' * 100000
        self.assertRaises(
            exception.DatabaseUnavailable,
            store.create,
            *('alice', 'k2', 'ssh', 'aa', key, 10),
        )
        self.assertEqual(1, store.count('alice', 10))

    def test_no_table(self) -> None:
        store = self.useFixture(database.Database(with_table=False)).store
        log = self.useFixture(fixtures.FakeLogger())
        for call in (
            store.ping,
            lambda: store.get('alice', 'k1'),
            lambda: store.delete('alice', 'k1'),
            lambda: add(store, 'alice', 'k1', 5),
        ):
            self.assertRaises(exception.DatabaseUnavailable, call)
        self.assertEqual(4, log.output.count('keypair-ext-manage db sync'))
        self.assertEqual(4, log.output.count('\n'))

    def test_damaged(self) -> None:
        self.store.close()
        with open(self.database.path, 'wb') as file:
            file.write(b'this is no database' * 1000)
        self.assertRaises(
            exception.DatabaseUnavailable, self.store.get, 'alice', 'k1'
        )

    def test_messages_for_clients_tell_nothing(self) -> None:
        store = self.useFixture(database.Database(with_table=False)).store
        error = self.assertRaises(exception.DatabaseUnavailable, store.ping)
        self.assertEqual(exception.DatabaseUnavailable.message, str(error))
