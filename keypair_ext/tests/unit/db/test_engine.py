# SPDX-License-Identifier: Apache-2.0

"""The engine: what a connection is set to."""

import logging
import sys
from typing import Any
from unittest import mock

from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database


class SqliteEngineTest(base.TestCase):
    def _pragma(self, name: str, **options: Any) -> object:
        made = database.make_engine(
            f'sqlite:///{self.directory}/x.sqlite', **options
        )
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

    def test_the_process_s_logging_is_left_alone(self) -> None:
        logger = logging.getLogger('sqlalchemy.engine')
        before = logger.level
        self.addCleanup(logger.setLevel, before)
        logger.setLevel(logging.NOTSET)
        database.make_engine(f'sqlite:///{self.directory}/x.sqlite')
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
