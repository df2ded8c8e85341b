# SPDX-License-Identifier: Apache-2.0

"""What every database server has to do for the store."""

import collections
import functools
import os
import threading
from typing import Any, ClassVar

import fixtures
import sqlalchemy as sa

from keypair_ext import exception
from keypair_ext.db import migration, models, pool, statements
from keypair_ext.db.store import Store
from keypair_ext.db.table import Range, Table
from keypair_ext.tests.functional.servers import databases
from keypair_ext.tests.unit.db import database, store_cases

ROUNDS = int(os.environ.get('KEYPAIR_EXT_TEST_ROUNDS', '5'))
RACERS = 24

PARAMETERS = {
    'user_id': 'alice',
    'name': 'k000500',
    'marker': 'k000500',
    'at_most': 10,
    'id': 1000000,
    'project_id': 'p1',
}


def add(
    store: Store, name: str, limit: int = -1, user_id: str = 'alice'
) -> str:
    return store.create(user_id, name, 'ssh', 'aa:bb', 'A', limit).name


class ServerTest(store_cases.StoreCases):
    """What holds on any server.

    :cvar driver: the name of the database's kind and of its driver.
    :cvar variable: the environment variable with the URL of a database that
        is there already.
    :cvar read_only: what the URL needs so that nothing can be written.
    :cvar demote: what makes a connection one that cannot write.
    :cvar widen: what gives a column of the table another type.
    """

    driver: ClassVar[str]
    variable: ClassVar[str]
    read_only: ClassVar[dict[str, str]]
    demote: ClassVar[str]
    widen: ClassVar[str]

    def setUp(self) -> None:
        url = self._url()
        if not url:
            self.skipTest(
                f'neither {self.variable} nor KEYPAIR_EXT_TEST_DATABASE names '
                f'a database to run this on, as test_store_servers.py says'
            )
        if not databases.has_driver(self.driver):
            self.skipTest(f'the driver of {self.driver} is not installed')
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        self.database = self.useFixture(
            database.Database(url, with_table=False)
        )
        self.engine: sa.Engine = self.database.engine
        self.store: Store = self.database.store
        self._drop_all()
        self.addCleanup(self._drop_all)
        self.create_tables()

    def _url(self) -> str | None:
        named = os.environ.get(self.variable)
        if named:
            return (
                sa.make_url(named)
                .set(drivername=self.driver)
                .render_as_string(False)
            )
        kind = self.driver.partition('+')[0]
        if databases.chosen() == kind:
            return databases.create(kind, self.driver)
        return None

    def create_tables(self) -> None:
        migration.sync(self.engine)

    def _drop_all(self) -> None:
        with self.engine.begin() as connection:
            for metadata in (
                models.metadata,
                models.guard_metadata,
                models.nova_metadata,
            ):
                metadata.drop_all(connection)
            connection.execute(
                sa.text(f'DROP TABLE IF EXISTS {migration.VERSION_TABLE}')
            )

    # Records.

    def test_what_does_not_fit_is_refused(self) -> None:
        for limit in (-1, 10):
            for name in ('k' * 256, 'k\ud800'):
                self.assertRaises(
                    exception.InvalidKey, add, self.store, name, limit
                )
                self.assertEqual(False, self.store.exists('alice', name))
        add(self.store, 'k' * 255)

    def test_a_table_that_is_altered_meanwhile(self) -> None:
        add(self.store, 'k0', 100)
        table = Table(self.engine)
        for text in (self.widen.format(300), self.widen.format(255)):
            # A driver may prepare what it runs often.
            for number in range(10):
                key = add(self.store, f'k1{number}', 100)
                self.assertEqual('k0', self.store.get('alice', 'k0').name)
                self.assertEqual(2, len(self.store.list('alice')))
                self.assertEqual(2, sum(map(len, table.pages(Range()))))
                self.store.delete('alice', key)
            with self.engine.begin() as connection:
                connection.exec_driver_sql(text)
            self.assertEqual('k0', self.store.get('alice', 'k0').name)
            self.assertEqual(
                ['k0'], [k.name for k in self.store.list('alice')]
            )
            self.assertEqual(1, sum(map(len, table.pages(Range()))))
            add(self.store, 'k1', 100)
            self.store.delete('alice', 'k1')

    # Races.

    def _race(
        self, names: list[str], start: int, limit: int, users: str = 'user'
    ) -> collections.Counter[str]:
        total: collections.Counter[str] = collections.Counter()
        for round_number in range(ROUNDS):
            user_id = f'{users}{round_number}'
            for number in range(start):
                add(self.store, f'm{number:03}', user_id=user_id)
            results = database.run_together(
                [
                    functools.partial(add, self.store, name, limit, user_id)
                    for name in names
                ]
            )
            self.assertEqual(
                min(limit, start + len(names)),
                self.store.count(user_id, 1000),
            )
            total.update(
                'made' if result in names else result for result in results
            )
        return total

    # Some sort before all that is there, others after.
    _names: ClassVar[list[str]] = [f'{"az"[n % 2]}{n}' for n in range(RACERS)]

    def test_race_for_the_last_places(self) -> None:
        self.assertEqual(
            {'made': 2 * ROUNDS, 'QuotaExceeded': (RACERS - 2) * ROUNDS},
            self._race(self._names, start=98, limit=100),
        )

    def test_race_from_nothing(self) -> None:
        self.assertEqual(
            {'made': ROUNDS, 'QuotaExceeded': (RACERS - 1) * ROUNDS},
            self._race(self._names, start=0, limit=1),
        )

    def test_race_for_one_name(self) -> None:
        results = database.run_together(
            [functools.partial(add, self.store, 'k1', 10)] * RACERS
        )
        self.assertEqual(
            {'k1': 1, 'KeypairExists': RACERS - 1},
            collections.Counter(results),
        )

    def test_race_for_one_name_and_the_last_place(self) -> None:
        results = database.run_together(
            [functools.partial(add, self.store, 'k1', 1)] * RACERS
        )
        self.assertEqual(
            {'k1': 1, 'QuotaExceeded': RACERS - 1},
            collections.Counter(results),
        )

    def test_race_with_a_quota_guard(self) -> None:
        migration.sync(self.engine, quota_guard=True)
        self.test_race_for_the_last_places()
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(models.quota_guard)).all()
        self.assertEqual([2] * ROUNDS, [row.changes for row in rows])

    def test_more_threads_than_connections(self) -> None:
        # With a pool of this size, one of them waits for another at once.
        for size in (1, 2, 6):
            store = self.database.another_store(
                max_pool_size=size, max_overflow=0, pool_timeout=600
            )
            names = [f'{size}-{number}' for number in range(RACERS)]
            results = database.run_together(
                [functools.partial(self._use, store, name) for name in names]
            )
            self.assertEqual({'404': RACERS}, collections.Counter(results))

    def test_nobody_waits_until_others_have_connected(self) -> None:
        engine = database.make_engine(self.database.url)
        store = Store(engine)
        self.addCleanup(store.close)
        store.ping()
        all_are_connecting = threading.Barrier(RACERS)
        sa.event.listen(
            engine,
            'connect',
            lambda raw, record: all_are_connecting.wait(timeout=60),
        )
        names = [f'k{number}' for number in range(RACERS)]
        results = database.run_together(
            [functools.partial(add, store, name) for name in names]
        )
        self.assertEqual(names, results)

    def _use(self, store: Store, name: str) -> str:
        for _ in range(2):
            add(store, name, 100)
            store.get('alice', name)
            store.delete('alice', name)
        try:
            store.get('alice', name)
        except exception.KeypairNotFound:
            return '404'
        return 'still there'

    def test_users_do_not_wait_for_each_other(self) -> None:
        self._create_beside_an_open_creation([])

    def test_users_do_not_wait_with_a_quota_guard(self) -> None:
        migration.sync(self.engine, quota_guard=True)
        write_guard = statements.WRITE_GUARD[self.engine.dialect.name]
        self._create_beside_an_open_creation([write_guard])

    def _create_beside_an_open_creation(
        self, first: list[sa.Executable]
    ) -> None:
        # The transaction of bob, between his neighbours, stays open.
        for user_id in ('alice', 'bob', 'carol'):
            add(self.store, 'k5', user_id=user_id)
        insert = statements.INSERT_LIMITED.get(
            self.engine.dialect.name, statements.INSERT
        )
        other = self.database.another_store()
        with other._session.transaction() as writer:
            for statement in first:
                writer.change(statement, {'user_id': 'bob'})
            writer.insert(
                insert,
                {
                    'user_id': 'bob',
                    'name': 'k6',
                    'type': 'ssh',
                    'fingerprint': 'aa',
                    'public_key': 'A',
                    'created_at': None,
                },
            )
            for user_id in ('alice', 'bo', 'boba', 'carol'):
                for name in ('k1', 'k9'):
                    add(self.store, name, 5, user_id)
                    self.store.delete(user_id, name)

    # Faults.

    def kill_all_others(self) -> None:
        raise NotImplementedError

    def test_connections_that_the_server_has_closed(self) -> None:
        add(self.store, 'k1', 5)
        self.kill_all_others()
        self.assertEqual('k1', self.store.get('alice', 'k1').name)
        self.kill_all_others()
        add(self.store, 'k2', 5)
        self.kill_all_others()
        self.store.delete('alice', 'k1')
        self.assertEqual(1, self.store.count('alice', 5))

    def test_connections_that_are_found_dead_when_they_are_tested(
        self,
    ) -> None:
        self.useFixture(fixtures.MockPatchObject(pool, 'TEST_SECONDS', -1.0))
        add(self.store, 'k0', 9)
        for number in range(1, 4):
            self.kill_all_others()
            add(self.store, f'k{number}', 9)
        self.assertEqual(4, self.store.count('alice', 9))

    def test_all_connections_are_dead(self) -> None:
        database.run_together([lambda: self._use(self.store, 'k1')] * 8)
        self.kill_all_others()
        self.assertEqual(0, self.store.count('alice', 9))

    def test_read_only(self) -> None:
        add(self.store, 'k1', 5)
        url = sa.make_url(self.database.url)
        engine = database.make_engine(
            url.update_query_dict(self.read_only).render_as_string(False)
        )
        with self.assertRaisesRegex(exception.DatabaseUnusable, 'written to'):
            migration.check(engine)
        store = Store(engine)
        self.assertEqual('k1', store.get('alice', 'k1').name)
        for call in (
            lambda: add(store, 'k2', 5),
            lambda: add(store, 'k2'),
            lambda: store.delete('alice', 'k1'),
        ):
            self.assertRaises(exception.DatabaseUnavailable, call)
        self.assertEqual('k1', store.get('alice', 'k1').name)
        store.close()

    def test_another_server_is_the_one_to_write_to(self) -> None:
        add(self.store, 'k1')
        engine = database.make_engine(self.database.url)
        store = Store(engine)
        self.addCleanup(store.close)
        # These are to the server that it was before.
        sa.event.listen(engine, 'connect', self._demote)
        database.run_together([lambda: self._read(store)] * 8)
        sa.event.remove(engine, 'connect', self._demote)
        self.assertRaises(
            exception.DatabaseUnavailable, store.delete, 'alice', 'k1'
        )
        store.delete('alice', 'k1')
        add(store, 'k2')

    def _demote(self, raw: Any, record: object) -> None:
        with raw.cursor() as cursor:
            cursor.execute(self.demote)
        raw.commit()

    def _read(self, store: Store) -> None:
        for _ in range(5):
            store.get('alice', 'k1')

    def test_operators_are_told_what_is_wrong_with_an_address(self) -> None:
        url = sa.make_url(self.database.url)
        for changed, named in (
            (url.set(database='nosuch'), 'nosuch'),
            (url.set(host='nosuch.invalid'), 'nosuch.invalid'),
            (url.set(port=1), '127.0.0.1'),
        ):
            with self.subTest(named=named):
                made = database.make_engine(changed.render_as_string(False))
                error = self.assertRaises(
                    exception.DatabaseUnusable, migration.check, made
                )
                self.assertIn(named, str(error))
                self.assertRegex(str(error), r'; .* URL')
                self.assertRaises(
                    exception.DatabaseUnavailable, Store(made).ping
                )

    def test_models_are_what_migrations_make(self) -> None:
        migration.sync(self.engine)
        self.assertEqual([], store_cases.unlike_models(self.engine))

    def plan(self, name: str) -> str:
        statement: Any = statements.ALL[name]
        compiled = statement.compile(dialect=self.engine.dialect)
        values = compiled.construct_params(PARAMETERS)
        with self.engine.connect() as connection:
            return '\n'.join(
                ' '.join(map(str, row))
                for row in connection.exec_driver_sql(
                    f'EXPLAIN {compiled}',
                    tuple(values[key] for key in compiled.positiontup)
                    if compiled.positional
                    else values,
                )
            )
