# SPDX-License-Identifier: Apache-2.0

"""Migrations: create, adopt, refuse; and models equal to what they make."""

import itertools
import os
import sqlite3
from typing import Any

import fixtures
import sqlalchemy as sa
from alembic import autogenerate, migration as alembic_migration

from keypair_ext import exception
from keypair_ext.db import migration, models
from keypair_ext.db.store import Store
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database, store_cases

# What Nova 34 has in SQLite after "nova-manage api_db sync".
NOVA_KEY_PAIRS = """
CREATE TABLE key_pairs (
    created_at DATETIME,
    updated_at DATETIME,
    id INTEGER NOT NULL,
    name VARCHAR(255) NOT NULL,
    user_id VARCHAR(255) NOT NULL,
    fingerprint VARCHAR(255),
    public_key TEXT,
    type VARCHAR(4) DEFAULT 'ssh' NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uniq_key_pairs0user_id0name UNIQUE (user_id, name)
)
"""
NOVA_VERSION = 'CREATE TABLE alembic_version (version_num VARCHAR(32))'


class MigrationTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self._database = self.useFixture(database.Database(with_table=False))
        self._engine: sa.Engine = self._database.engine

    def _execute(self, *texts: str) -> None:
        connection = sqlite3.connect(self._database.path)
        with connection:
            for text in texts:
                connection.execute(text)
        connection.close()

    def _schema(self) -> dict[str, str]:
        connection = sqlite3.connect(self._database.path)
        rows = connection.execute('SELECT name, sql FROM sqlite_master')
        schema = dict(rows.fetchall())
        connection.close()
        return schema

    def test_an_empty_database(self) -> None:
        self.assertIn('missing', migration.version(self._engine))
        migration.sync(self._engine)
        self.assertIn('newest', migration.version(self._engine))
        self.assertNotIn('\n', migration.version(self._engine))
        store = self._database.store
        store.create('alice', 'k1', 'ssh', 'aa', 'A', 1)

    def test_models_are_what_migrations_make(self) -> None:
        migration.sync(self._engine)
        self.assertEqual([], store_cases.unlike_models(self._engine))

    def test_again(self) -> None:
        migration.sync(self._engine)
        self._database.store.create('alice', 'k1', 'ssh', 'aa', 'A', 1)
        before = self._schema()
        migration.sync(self._engine)
        self.assertEqual(before, self._schema())
        self.assertTrue(self._database.store.exists('alice', 'k1'))

    def test_adoption(self) -> None:
        self._execute(
            NOVA_KEY_PAIRS,
            NOVA_VERSION,
            "INSERT INTO alembic_version VALUES ('cdeec0c85668')",
            "INSERT INTO key_pairs (user_id, name) VALUES ('alice', 'old')",
        )
        before = self._schema()
        self.assertIn('not adopted', migration.version(self._engine))
        migration.sync(self._engine)
        self.assertIn('newest', migration.version(self._engine))
        after = self._schema()
        self.assertEqual(
            {
                migration.VERSION_TABLE,
                f'sqlite_autoindex_{migration.VERSION_TABLE}_1',
            },
            set(after) - set(before),
        )
        for name, sql in before.items():
            self.assertEqual(sql, after[name])
        store: Store = self._database.store
        self.assertTrue(store.exists('alice', 'old'))
        self.assertRaises(
            exception.QuotaExceeded,
            store.create,
            *('alice', 'k1', 'ssh', 'aa', 'A', 1),
        )

    def test_nova_s_table_serves_without_being_adopted(self) -> None:
        self._execute(NOVA_KEY_PAIRS)
        store: Store = self._database.store
        store.create('alice', 'k1', 'ssh', 'aa', 'A', 1)
        store.delete('alice', 'k1')

    def test_somebody_else_s_table_is_refused(self) -> None:
        self._execute('CREATE TABLE key_pairs (id INTEGER, name TEXT)')
        before = self._schema()
        told = self.mistake(migration.sync, self._engine)
        for lacking in ('user_id', 'public_key', models.UNIQUE_NAME):
            self.assertIn(lacking, told)
        self.assertEqual(before, self._schema())

    def test_the_table_of_a_cell_is_refused_by_all(self) -> None:
        self.useFixture(fixtures.FakeLogger())
        columns = 'deleted_at DATETIME, deleted INTEGER, created_at'
        for text, told in (
            (
                NOVA_KEY_PAIRS.replace('created_at', columns).replace(
                    'name)', 'name, deleted)'
                ),
                'it has deleted, it has deleted_at, it lacks the unique',
            ),
            (
                NOVA_KEY_PAIRS.replace('(user_id, name)', '(user_id)'),
                'it lacks the unique',
            ),
            (
                NOVA_KEY_PAIRS.replace('created_at', columns),
                'it has deleted, it has deleted_at. Name another',
            ),
        ):
            self._execute('DROP TABLE IF EXISTS key_pairs', text)
            for call in (
                migration.sync,
                migration.version,
                migration.check,
                migration.check_quota_guard,
            ):
                self.assertIn(told, self.mistake(call, self._engine))
            self.assertRaises(
                exception.DatabaseUnavailable, self._database.store.ping
            )

    def test_a_unique_index_will_do(self) -> None:
        self._execute(
            NOVA_KEY_PAIRS.replace('(user_id, name)', '(id)'),
            'CREATE UNIQUE INDEX mine ON key_pairs (user_id, name)',
        )
        migration.sync(self._engine)
        self._database.store.ping()
        self._execute(
            'DROP INDEX mine',
            'CREATE UNIQUE INDEX mine ON key_pairs (user_id, name) '
            "WHERE type = 'ssh'",
        )
        self.assertRaises(
            exception.ConfigurationError, migration.check, self._engine
        )

    def test_check(self) -> None:
        self.assertIn(
            'keypair-ext-manage db sync',
            self.mistake(migration.check, self._engine),
        )
        migration.sync(self._engine)
        migration.check(self._engine)
        url = f'sqlite:///file:{self._database.path}?mode=ro&uri=true'
        with self.assertRaisesRegex(exception.DatabaseUnusable, 'write to'):
            migration.check(database.make_engine(url))

    def test_killed_between_the_table_and_its_record(self) -> None:
        migration.sync(self._engine)
        for text in (
            f'DELETE FROM {migration.VERSION_TABLE}',  # noqa: S608
            f'DROP TABLE {migration.VERSION_TABLE}',
        ):
            self._execute(text)
            migration.sync(self._engine)
            self.assertIn('newest', migration.version(self._engine))

    def test_several_at_once(self) -> None:
        def sync() -> str:
            engine = database.make_engine(self._database.url)
            try:
                migration.sync(engine)
                return migration.version(engine)
            finally:
                engine.dispose()

        results = database.run_forked([sync] * 4)
        self.assertEqual([migration.version(self._engine)] * 4, results)

    def test_a_database_from_the_future(self) -> None:
        migration.sync(self._engine)
        self._execute(
            f'UPDATE {migration.VERSION_TABLE} '  # noqa: S608
            f"SET version_num = 'ffff'"
        )
        self.assertIn('ffff, newest is', migration.version(self._engine))
        self.assertIn('ffff', self.mistake(migration.sync, self._engine))

    def test_quota_guard_is_what_models_say(self) -> None:
        migration.sync(self._engine, quota_guard=True)
        both = sa.MetaData()
        for metadata in (models.metadata, models.guard_metadata):
            for table in metadata.tables.values():
                table.to_metadata(both)
        with self._engine.connect() as connection:
            context = alembic_migration.MigrationContext.configure(
                connection, opts={'version_table': migration.VERSION_TABLE}
            )
            self.assertEqual([], autogenerate.compare_metadata(context, both))

    def test_quota_guard_without_record_or_table(self) -> None:
        damages = (
            f'DELETE FROM {migration.VERSION_TABLE} '  # noqa: S608
            "WHERE version_num = 'c4a7e1d20b93'",
            f'DROP TABLE {models.quota_guard.name}',
        )
        for damage, wanted in itertools.product(damages, (True, False, None)):
            with self.subTest(damage=damage, wanted=wanted):
                migration.sync(self._engine, quota_guard=True)
                self._execute(damage)
                self.assertRaises(
                    exception.ConfigurationError,
                    migration.check_quota_guard,
                    self._engine,
                )
                self.assertIn('without', migration.version(self._engine))
                migration.sync(self._engine, wanted)
                migration.check_quota_guard(self._engine)
                self.assertEqual(
                    wanted is not False,
                    models.quota_guard.name in self._schema(),
                )

    def test_a_database_that_cannot_be_used(self) -> None:
        self.useFixture(_NoPause())
        self.useFixture(fixtures.FakeLogger())
        os.mkdir(self._database.path)
        for function in (migration.sync, migration.version, migration.check):
            error = self.assertRaises(
                exception.DatabaseUnusable, function, self._engine
            )
            self.assertIn('unable to open database file; let', str(error))
            self.assertNotIn('Try again', str(error))

    def test_every_column_is_nova_s(self) -> None:
        self._execute(NOVA_KEY_PAIRS)
        names: list[Any] = [
            column['name']
            for column in sa.inspect(self._engine).get_columns('key_pairs')
        ]
        self.assertEqual(names, [c.name for c in models.key_pairs.columns])


class _NoPause(fixtures.MockPatchObject):
    def __init__(self) -> None:
        super().__init__(migration, '_PAUSE_SECONDS', 0)
