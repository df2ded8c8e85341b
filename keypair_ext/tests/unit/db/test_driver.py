# SPDX-License-Identifier: Apache-2.0

"""The driver's cursors: what they are given, and how they fail."""

import datetime
import sqlite3
from typing import Any
from unittest import mock

import sqlalchemy as sa
from oslo_db import exception as db_exc
from sqlalchemy.dialects.postgresql import psycopg2

from keypair_ext.db import driver, models, statements
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database

_COLUMN = models.key_pairs.c
_MOMENT = datetime.datetime(2026, 11, 24, 5, 22, 9)


class DriverTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.database = self.useFixture(database.Database())
        self.driver = driver.Driver(self.database.engine)
        self.connection = self.database.engine.connect()
        self.addCleanup(self.connection.close)

    def _add(self, name: str) -> None:
        with self.database.engine.begin() as connection:
            connection.execute(
                statements.INSERT,
                {
                    'user_id': 'alice',
                    'name': name,
                    'type': 'ssh',
                    'created_at': _MOMENT,
                },
            )

    def _fetch(self, statement: Any, **parameters: object) -> list[Any]:
        return list(self.driver.fetch(self.connection, statement, parameters))


class RunTest(DriverTestCase):
    def test_rows_have_the_types_of_their_columns(self) -> None:
        self._add('k1')
        statement = sa.select(_COLUMN.name, _COLUMN.created_at)
        self.assertEqual([('k1', _MOMENT)], self._fetch(statement))

    def test_a_time_that_is_not_there(self) -> None:
        self._add('k1')
        self.assertEqual([(None,)], self._fetch(sa.select(_COLUMN.updated_at)))

    def test_a_parameter_that_comes_twice_and_one_of_the_statement(
        self,
    ) -> None:
        name = sa.bindparam('name', type_=sa.String)
        statement = sa.select(name, sa.literal('%'), name)
        for value in ('k1', 'k2'):
            self.assertEqual(
                [(value, '%', value)], self._fetch(statement, name=value)
            )

    def test_parameters_by_name(self) -> None:
        dialect = psycopg2.dialect()  # type: ignore[no-untyped-call]
        prepared = driver._Prepared(statements.MORE_THAN, dialect)
        self.assertEqual(
            {'user_id': 'alice', 'at_most': 5, 'param_1': 1},
            prepared.arguments({'user_id': 'alice', 'at_most': 5}),
        )
        self.assertIn('%(user_id)s', prepared.text)

    def test_how_many_rows_a_change_has_met(self) -> None:
        self._add('k1')
        key = {'user_id': 'alice', 'name': 'k1'}
        for met in (1, 0):
            self.assertEqual(
                met,
                self.driver.execute(self.connection, statements.DELETE, key),
            )
        self.assertEqual([], self._fetch(statements.GET, **key))

    def test_nothing_is_begun(self) -> None:
        self._fetch(statements.PING)
        self.assertFalse(self.connection.in_transaction())

    def test_a_statement_is_prepared_once(self) -> None:
        with mock.patch.object(
            driver, '_Prepared', side_effect=driver._Prepared
        ) as prepare:
            self._fetch(statements.PING)
            self._fetch(statements.PING)
        self.assertEqual(1, prepare.call_count)


class ErrorTest(DriverTestCase):
    """An error is what SQLAlchemy and oslo.db would have made of it."""

    def setUp(self) -> None:
        super().setUp()
        self._faults = self.useFixture(database.Faults(self.database.engine))

    def _assert_raises(
        self, raised: type[BaseException], error: BaseException
    ) -> BaseException:
        self._faults.add(error, 'SELECT')
        found: BaseException = self.assertRaises(
            raised, self._fetch, statements.PING
        )
        return found

    def test_of_the_driver(self) -> None:
        cause = sqlite3.OperationalError('disk I/O error')
        error = self._assert_raises(sa.exc.OperationalError, cause)
        self.assertIs(cause, getattr(error, 'orig', None))
        self.assertFalse(self.connection.invalidated)

    def test_of_a_connection_that_is_gone(self) -> None:
        cause = sqlite3.OperationalError('gone')
        with mock.patch.object(
            self.database.engine.dialect, 'is_disconnect', return_value=True
        ):
            self._assert_raises(db_exc.DBConnectionError, cause)
        self.assertTrue(self.connection.invalidated)

    def test_of_text_that_is_none(self) -> None:
        self.assertRaises(
            db_exc.DBInvalidUnicodeParameter,
            self._fetch,
            statements.EXISTS,
            user_id='\ud800',
            name='k1',
        )

    def test_of_a_change(self) -> None:
        self._faults.add(sqlite3.OperationalError('locked'), 'DELETE')
        self.assertRaises(
            sa.exc.OperationalError,
            self.driver.execute,
            self.connection,
            statements.DELETE,
            {'user_id': 'alice', 'name': 'k1'},
        )

    def test_an_interrupted_request_gives_its_connection_up(self) -> None:
        self._assert_raises(SystemExit, SystemExit())
        self.assertTrue(self.connection.invalidated)

    def test_no_transaction_is_left_open(self) -> None:
        self._assert_raises(
            sa.exc.OperationalError, sqlite3.OperationalError('busy')
        )
        self.assertFalse(self.connection.in_transaction())
        self._add('k1')
        self.assertEqual([('k1',)], self._fetch(sa.select(_COLUMN.name)))

    def test_a_closed_connection(self) -> None:
        self.connection.close()
        self.assertRaises(
            sa.exc.ResourceClosedError, self._fetch, statements.PING
        )
