# SPDX-License-Identifier: Apache-2.0

"""What the store does on every database, SQLite and servers alike."""

import sqlalchemy as sa
from alembic import autogenerate, migration as alembic_migration

from keypair_ext import exception
from keypair_ext.db import migration, models
from keypair_ext.db.store import NovaLimits, Store
from keypair_ext.tests import base


def fill(engine: sa.Engine, user_id: str, count: int) -> None:
    """Give a user so many key pairs."""
    with engine.begin() as connection:
        connection.execute(
            sa.insert(models.key_pairs),
            [
                {'user_id': user_id, 'name': f'k{number:06}'}
                for number in range(count)
            ],
        )


def unlike_models(engine: sa.Engine) -> list[object]:
    """Return in what a migrated database differs from the models."""
    with engine.connect() as connection:
        context = alembic_migration.MigrationContext.configure(
            connection,
            opts={
                'version_table': migration.VERSION_TABLE,
                'compare_type': True,
                # Others spell it in ways of their own.
                'compare_server_default': engine.dialect.name == 'sqlite',
            },
        )
        return list(autogenerate.compare_metadata(context, models.metadata))


class StoreCases(base.TestCase):
    """Who inherits them makes ``engine`` and ``store``, with the table."""

    engine: sa.Engine
    store: Store

    def _add(self, name: str) -> None:
        self.store.create('alice', name, 'ssh', 'aa:bb', 'A', -1)

    def test_a_key_pair_is_stored_as_it_is_answered(self) -> None:
        made = self.store.create(
            'alice', 'k1', 'x509', 'aa:bb', 'ssh-rsa  A\n', 10
        )
        self.assertEqual(
            ('alice', 'k1', 'x509', 'aa:bb', 'ssh-rsa  A\n', None),
            (*made[1:6], made.updated_at),
        )
        assert made.created_at
        seconds = made.created_at.replace(microsecond=0)
        stored = made._replace(created_at=seconds)
        another = Store(self.engine)
        self.addCleanup(another.close)
        for store in (self.store, another):
            self.assertEqual(stored, store.get('alice', 'k1'))
        self.store.delete('alice', 'k1')
        self.assertRaises(
            exception.KeypairNotFound, self.store.get, 'alice', 'k1'
        )

    def test_any_character_is_kept(self) -> None:
        for name in ('\u00e9', '\U0001f511', '\U0001f512', "';--", '%s', 'A'):
            self._add(name)
            self.assertEqual(name, self.store.get('alice', name).name)
        self.assertFalse(self.store.exists('alice', 'a'))
        self.assertFalse(self.store.exists('Alice', 'A'))

    def test_pages_make_up_the_whole(self) -> None:
        fill(self.engine, 'alice', 500)
        fill(self.engine, 'bob', 10)
        whole = [key.name for key in self.store.list('alice')]
        self.assertEqual(500, len(whole))
        for limit in (1, 7, 100, 499, 500, 501):
            names: list[str] = []
            while page := self.store.list(
                'alice', limit, names[-1] if names else None
            ):
                self.assertLessEqual(len(page), limit)
                names += [key.name for key in page]
            self.assertEqual(whole, names)
        self.assertRaises(
            exception.MarkerNotFound, self.store.list, 'bob', 1, 'k000499'
        )

    def test_limits_of_nova(self) -> None:
        with self.engine.begin() as connection:
            models.nova_metadata.create_all(connection)
            for table, values in (
                (
                    models.project_user_quotas,
                    {'project_id': 'p1', 'user_id': 'alice', 'hard_limit': 3},
                ),
                (models.quotas, {'project_id': 'p1', 'hard_limit': 5}),
                (models.quotas, {'project_id': 'p2', 'hard_limit': None}),
                (models.quotas, {'project_id': 'p3', 'hard_limit': -1}),
                (
                    models.quota_classes,
                    {'class_name': 'other', 'hard_limit': 1},
                ),
                (
                    models.quota_classes,
                    {'class_name': 'default', 'hard_limit': 9},
                ),
            ):
                connection.execute(
                    sa.insert(table).values(resource='key_pairs', **values)
                )
        for user_id, project_id, expected in (
            ('alice', 'p1', NovaLimits(3, 5)),
            ('bob', 'p1', NovaLimits(None, 5)),
            (None, 'p1', NovaLimits(None, 5)),
            ('alice', 'p2', NovaLimits(None, -1)),
            ('alice', 'p3', NovaLimits(None, -1)),
            ('alice', 'p4', NovaLimits(None, 9)),
            ('alice', None, NovaLimits(None, 9)),
            (None, None, NovaLimits(None, 9)),
        ):
            self.assertEqual(
                expected, self.store.key_pairs_quota(user_id, project_id)
            )
