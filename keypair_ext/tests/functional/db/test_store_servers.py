# SPDX-License-Identifier: Apache-2.0

"""The store on MariaDB or MySQL, and on PostgreSQL: races, faults, plans.

Each class runs with one driver. It runs when ``KEYPAIR_EXT_TEST_DATABASE`` is
``mysql`` or ``postgresql``, on a server of this process, or when another
variable names an empty database that the user may create tables in::

    KEYPAIR_EXT_TEST_MYSQL_URL=mysql+pymysql://user:password@host/database
    KEYPAIR_EXT_TEST_POSTGRESQL_URL=postgresql+psycopg2://user@host/database

The tables are dropped before and after each test. Races are run
``KEYPAIR_EXT_TEST_ROUNDS`` times, 5 unless it is set.
"""

import os
import re
import socket
from typing import Any, ClassVar

import sqlalchemy as sa

from keypair_ext import exception
from keypair_ext.db import migration, models, statements
from keypair_ext.db.store import Store
from keypair_ext.db.table import Range, Table
from keypair_ext.tests.functional.db import server_cases
from keypair_ext.tests.unit.db import store_cases

NOVA_KEY_PAIRS = """
CREATE TABLE key_pairs (
    created_at DATETIME,
    updated_at DATETIME,
    id INTEGER NOT NULL AUTO_INCREMENT,
    name VARCHAR(255) NOT NULL,
    user_id VARCHAR(255) NOT NULL,
    fingerprint VARCHAR(255),
    public_key TEXT,
    type ENUM('ssh', 'x509') NOT NULL DEFAULT 'ssh',
    PRIMARY KEY (id),
    CONSTRAINT uniq_key_pairs0user_id0name UNIQUE (user_id, name)
) ENGINE=InnoDB CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci
"""

_READ = 'AUTOCOMMIT'
_WRITE = 'READ UNCOMMITTED'


class PyMySQLTest(server_cases.ServerTest):
    driver = 'mysql+pymysql'
    variable = 'KEYPAIR_EXT_TEST_MYSQL_URL'
    read_only: ClassVar[dict[str, str]] = {
        'init_command': 'SET SESSION TRANSACTION READ ONLY'
    }
    demote = 'SET SESSION TRANSACTION READ ONLY'
    widen = 'ALTER TABLE key_pairs MODIFY name VARCHAR({}) NOT NULL'

    def kill_all_others(self) -> None:
        with self.engine.connect() as connection:
            ids = connection.exec_driver_sql(
                'SELECT id FROM information_schema.processlist '
                'WHERE user = SUBSTRING_INDEX(USER(), "@", 1) '
                'AND db = DATABASE() AND id != CONNECTION_ID()'
            ).scalars()
            for number in ids.all():
                connection.exec_driver_sql(f'KILL CONNECTION {number}')

    def test_round_trips(self) -> None:
        server_cases.add(self.store, 'k0', 5)
        for call, level, expected in (
            (lambda: self.store.get('alice', 'k0'), _READ, 1),
            (lambda: self.store.list('alice', 5, 'k0'), _READ, 1),
            (lambda: server_cases.add(self.store, 'k1', 5), _WRITE, 3),
            (lambda: self.store.delete('alice', 'k1'), _READ, 1),
        ):
            with self.subTest(level=level):
                asking = -self._status('Questions', level)
                asking += self._status('Questions', level)
                before = self._status('Questions', level)
                call()
                after = self._status('Questions', level)
                self.assertEqual(expected, after - before - asking)

    def _status(self, start: str, level: str = _READ) -> int:
        """Return what a connection of the store has counted."""
        with self.store._session.pool.connection(level) as connection:
            rows = connection.fetch(
                sa.text(f"SHOW SESSION STATUS LIKE '{start}'")
            )
            connection.rollback()
        return sum(int(value) for _, value in rows)

    def test_plans(self) -> None:
        store_cases.fill(self.engine, 'alice', 1000)
        store_cases.fill(self.engine, 'bob', 20)
        with self.engine.connect() as connection:
            connection.exec_driver_sql('ANALYZE TABLE key_pairs').all()
        for name in statements.ALL:
            if name != 'quota':
                self.assertIn(models.UNIQUE_NAME, self.plan(name), name)
                self.assertNotIn('filesort', self.plan(name), name)
        self.assertIn(' range ', self.plan('next page'))

    def test_a_page_reads_no_more_than_itself(self) -> None:
        store_cases.fill(self.engine, 'alice', 1000)
        for call, most in (
            (lambda: self.store.list('alice', 10), 11),
            (lambda: self.store.list('alice', 10, 'k000500'), 12),
            (lambda: self.store.count('alice', 10), 12),
            (lambda: self.store.get('alice', 'k000500'), 1),
        ):
            before = self._index_reads()
            call()
            self.assertLessEqual(self._index_reads() - before, most)

    def _index_reads(self) -> int:
        return sum(
            self._status(f'Handler_read_{kind}') for kind in ('key', 'next')
        )

    def _adopt_table(self, text: str = NOVA_KEY_PAIRS) -> None:
        with self.engine.begin() as connection:
            models.key_pairs.drop(connection)
            connection.execute(sa.text(text))
        migration.sync(self.engine)

    def test_users_whom_a_collation_takes_for_one(self) -> None:
        users = ['bob', 'Bob', 'b\u00f3b', 'bob ']
        latin = NOVA_KEY_PAIRS.replace('utf8mb3', 'latin1').replace(
            'latin1_general_ci', 'latin1_swedish_ci'
        )
        for text in (NOVA_KEY_PAIRS, latin):
            self._adopt_table(text)
            with self.engine.begin() as connection:
                models.nova_metadata.create_all(connection)
                connection.execute(
                    sa.insert(models.project_user_quotas).values(
                        project_id='p1',
                        user_id='bob',
                        resource='key_pairs',
                        hard_limit=3,
                    )
                )
            store = self.database.another_store()
            for number, user in enumerate(users):
                server_cases.add(store, f'k{number}', 1, user)
            counted = dict(Table(self.engine).users())
            self.assertEqual(dict.fromkeys(users, 1), counted)
            for number, user in enumerate(users):
                self._assert_has_only(store, user, f'k{number}')
                other = users[number - 1]
                with self.assertRaises(exception.NameTaken):
                    server_cases.add(store, f'k{number}', 9, other)
                with self.assertRaises(exception.KeypairExists) as caught:
                    server_cases.add(store, f'k{number}', 9, user)
                self.assertIs(exception.KeypairExists, type(caught.exception))
                quota = store.key_pairs_quota(user, 'p1')
                self.assertEqual(3 if user == 'bob' else None, quota.user)
            store.delete('Bob', 'k1')
            self.assertTrue(store.exists('bob', 'k0'))
            with self.engine.begin() as connection:
                models.nova_metadata.drop_all(connection)

    def _assert_has_only(self, store: Store, user: str, name: str) -> None:
        self.assertEqual([name], [key.name for key in store.list(user)])
        self.assertEqual(1, store.count(user, 9))
        for other in ('k0', 'k1', 'k2', 'k3'):
            self.assertEqual(other == name, store.exists(user, other))
            if other == name:
                self.assertEqual(user, store.get(user, name).user_id)
                self.assertEqual([], store.list(user, 5, name))
                continue
            for call in (store.get, store.delete):
                self.assertRaises(exception.KeypairNotFound, call, user, other)
            self.assertRaises(
                exception.MarkerNotFound, store.list, user, 5, other
            )

    def test_plans_on_nova_s_table(self) -> None:
        self._adopt_table()
        self.test_plans()

    def test_the_table_of_a_cell(self) -> None:
        with self.engine.begin() as connection:
            models.key_pairs.drop(connection)
            connection.execute(
                sa.text(
                    NOVA_KEY_PAIRS.replace(
                        'user_id, name)', 'user_id, name, deleted)'
                    ).replace(
                        'id INTEGER NOT',
                        'deleted_at DATETIME, deleted INTEGER, id INTEGER NOT',
                    )
                )
            )
        for call in (migration.sync, migration.version, migration.check):
            with self.assertRaisesRegex(
                exception.ConfigurationError, 'it has deleted, .* lacks'
            ):
                call(self.engine)
        with self.assertRaises(exception.DatabaseUnavailable):
            self.database.another_store().ping()

    def test_a_date_of_zeros_is_none(self) -> None:
        server_cases.add(self.store, 'key', 5)
        with self.engine.begin() as connection:
            connection.exec_driver_sql("SET SESSION sql_mode = ''")
            connection.exec_driver_sql(
                "UPDATE key_pairs SET created_at = '0000-00-00 00:00:00'"
            )
        self.assertIsNone(self.store.get('alice', 'key').created_at)
        listed = self.store.list('alice', with_times=True)
        self.assertEqual([None], [keypair.created_at for keypair in listed])
        [page] = Table(self.engine).pages(Range())
        self.assertEqual([None], [keypair.created_at for keypair in page])

    def test_nova_s_table_in_utf8mb3(self) -> None:
        self._adopt_table()
        store = self.store
        server_cases.add(store, 'key', 5)
        # Its collation takes these for one.
        for name in ('KEY', 'Key', 'key '):
            self.assertEqual('key', store.get('alice', name).name)
            self.assertRaises(
                exception.KeypairExists, server_cases.add, store, name, 5
            )
            self.assertEqual([], store.list('alice', 5, name))
        for arguments in (
            ('alice', '\U0001f511', 'ssh', 'aa', 'A', 5),
            ('alice', 'k1', 'ssh', 'aa', 'A \U0001f511', 5),
            ('alice', 'k1', 'ssh', 'aa', 'A' * 70000, 5),
        ):
            self.assertRaises(exception.InvalidKey, store.create, *arguments)
        self.assertEqual(False, store.exists('alice', 'key\U0001f511'))
        self.assertEqual(1, store.count('alice', 5))


class MysqlclientTest(PyMySQLTest):
    driver = 'mysql+mysqldb'


class Psycopg2Test(server_cases.ServerTest):
    driver = 'postgresql+psycopg2'
    variable = 'KEYPAIR_EXT_TEST_POSTGRESQL_URL'
    read_only: ClassVar[dict[str, str]] = {
        'options': '-c default_transaction_read_only=on'
    }
    demote = 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY'
    widen = 'ALTER TABLE key_pairs ALTER name TYPE VARCHAR({})'

    def kill_all_others(self) -> None:
        with self.engine.connect() as connection:
            connection.exec_driver_sql(
                'SELECT pg_terminate_backend(pid) FROM pg_stat_activity '
                'WHERE datname = current_database() '
                'AND pid != pg_backend_pid()'
            )

    def test_a_host_that_has_gone_is_given_up(self) -> None:
        pooled = self.engine.raw_connection()
        raw: Any = pooled.dbapi_connection
        with socket.socket(fileno=os.dup(raw.fileno())) as connected:
            for option, expected in (
                (socket.TCP_USER_TIMEOUT, 10_000),
                (socket.TCP_KEEPIDLE, 10),
                (socket.TCP_KEEPINTVL, 5),
            ):
                self.assertEqual(
                    expected, connected.getsockopt(socket.SOL_TCP, option)
                )
        pooled.close()

    def test_plans(self) -> None:
        store_cases.fill(self.engine, 'alice', 1000)
        for number in range(20):
            store_cases.fill(self.engine, f'user{number}', 1000)
        with self.engine.begin() as connection:
            connection.exec_driver_sql('ANALYZE key_pairs')
        for name in statements.ALL:
            if name != 'quota':
                plan = self.plan(name)
                self.assertIn(f'using {models.UNIQUE_NAME}', plan, name)
                self.assertEqual(None, re.search('Seq Scan|Sort', plan), plan)


class PsycopgTest(Psycopg2Test):
    driver = 'postgresql+psycopg'
