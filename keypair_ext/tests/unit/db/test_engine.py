# SPDX-License-Identifier: Apache-2.0

"""The engine: what a URL may say, and what a connection is set to."""

import logging
import os
import sys
import tempfile
from typing import Any
from unittest import mock

from keypair_ext import exception
from keypair_ext.db import engine
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database


class ConfigurationErrorTest(base.TestCase):
    """Every mistake in the URL is told in one sentence."""

    def _message(self, connection: str | None) -> str:
        error = self.assertRaises(
            exception.ConfigurationError,
            engine.create_engine,
            database.make_conf(connection),
            'database',
        )
        self.assertNotIn('\n', str(error))
        self.assertNotIn('secret', str(error))
        return str(error)

    def test_unset(self) -> None:
        message = self._message(None)
        self.assertIn('connection', message)
        self.assertIn('[database]', message)

    def test_not_a_url(self) -> None:
        self.assertIn('not a database URL', self._message('secret'))
        self.assertIn('not a database URL', self._message('mysql://u:secret'))

    def test_database_that_we_do_not_know(self) -> None:
        self.assertIn('oracle', self._message('oracle://u:secret@host/name'))

    def test_driver_that_nobody_knows(self) -> None:
        message = self._message('mysql+nosuch://u:secret@host/name')
        self.assertIn('mysql+nosuch', message)

    def test_driver_that_is_not_installed(self) -> None:
        for module, url, extra in (
            ('MySQLdb', 'mysql+mysqldb', 'keypair-ext[mysql]'),
            ('psycopg2', 'postgresql+psycopg2', 'keypair-ext[postgresql]'),
        ):
            with mock.patch.dict(sys.modules, {module: None}):
                message = self._message(f'{url}://u:secret@host/name')
            self.assertIn(extra, message)

    def test_sqlite_in_memory(self) -> None:
        for url in (
            'sqlite://',
            'sqlite:///:memory:',
            'sqlite:///file:x?mode=memory&uri=true',
        ):
            self.assertIn('memory', self._message(url))

    def test_sqlite_without_its_directory(self) -> None:
        message = self._message('sqlite:////nonexistent/directory/x.sqlite')
        self.assertIn('/nonexistent/directory ', message)

    def test_parameter_of_the_wrong_kind(self) -> None:
        path = os.path.join(tempfile.mkdtemp(), 'x.sqlite')
        message = self._message(f'sqlite:///{path}?timeout=never')
        self.assertIn('parameter', message)


class SqliteEngineTest(base.TestCase):
    def _pragma(self, name: str, **options: Any) -> object:
        path = os.path.join(tempfile.mkdtemp(), 'x.sqlite')
        made = database.make_engine(f'sqlite:///{path}', **options)
        self.addCleanup(made.dispose)
        with made.connect() as connection:
            return connection.exec_driver_sql(f'PRAGMA {name}').scalar_one()

    def test_readers_and_a_writer_do_not_wait(self) -> None:
        self.assertEqual('wal', self._pragma('journal_mode'))

    def test_a_commit_waits_for_the_disk(self) -> None:
        full = 2
        self.assertEqual(full, self._pragma('synchronous'))

    def test_an_operator_may_have_it_otherwise(self) -> None:
        off = 0
        self.assertEqual(
            off, self._pragma('synchronous', sqlite_synchronous=False)
        )

    def test_a_lock_is_waited_for(self) -> None:
        self.assertEqual(5000, self._pragma('busy_timeout'))

    def test_nothing_is_opened_before_it_is_used(self) -> None:
        path = os.path.join(tempfile.mkdtemp(), 'x.sqlite')
        database.make_engine(f'sqlite:///{path}')
        self.assertFalse(os.path.exists(path))

    def test_the_process_s_logging_is_left_alone(self) -> None:
        logger = logging.getLogger('sqlalchemy.engine')
        before = logger.level
        self.addCleanup(logger.setLevel, before)
        logger.setLevel(logging.NOTSET)
        path = os.path.join(tempfile.mkdtemp(), 'x.sqlite')
        database.make_engine(f'sqlite:///{path}')
        self.assertEqual(logging.NOTSET, logger.level)


class ServerEngineTest(base.TestCase):
    """What can be seen without a server."""

    def _engine(self, url: str, module: str) -> Any:
        fake = mock.MagicMock()
        fake.paramstyle = 'format'
        fake.version_info = (2, 0, 0)
        fake.__version__ = '2.9.9'
        with mock.patch.dict(sys.modules, {module: fake}):
            return database.make_engine(url)

    def test_mariadb_is_mysql_to_oslo_db(self) -> None:
        made = self._engine('mariadb+mysqldb://u:p@host/name', 'MySQLdb')
        self.assertEqual('mysql', made.dialect.name)

    def test_all_characters_get_through(self) -> None:
        made = self._engine('mysql+mysqldb://u:p@host/name', 'MySQLdb')
        self.assertEqual('utf8mb4', made.url.query['charset'])

    def test_an_operator_may_name_the_character_set(self) -> None:
        made = self._engine(
            'mysql+mysqldb://u:p@host/name?charset=utf8', 'MySQLdb'
        )
        self.assertEqual('utf8', made.url.query['charset'])

    def test_a_host_that_is_down_is_given_up(self) -> None:
        made = self._engine('mysql+mysqldb://u:p@host/name', 'MySQLdb')
        for name in ('connect_timeout', 'read_timeout', 'write_timeout'):
            self.assertEqual('10', made.url.query[name])
