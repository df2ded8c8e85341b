# SPDX-License-Identifier: Apache-2.0

"""What the databases' errors are taken for, and what operators are told."""

import sqlite3

import fixtures
import sqlalchemy as sa
from oslo_db import exception as db_exc
from sqlalchemy import exc as sa_exc

from keypair_ext.db import errors
from keypair_ext.db.errors import Failure, Meaning
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database


class ErrorsTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        engine = sa.create_engine('sqlite:///nowhere.sqlite')
        self.engine = engine
        # What SQLAlchemy makes of a driver is the same for all of them.
        self.error = database.DriverError

    def understand(self, error: BaseException) -> Failure:
        return errors.understand(error, self.engine.dialect)


class MeaningTest(ErrorsTestCase):
    def _check(self, expected: Meaning, error: Exception) -> None:
        self.assertEqual(expected, self.understand(error).meaning)
        wrapped = sa_exc.OperationalError('SELECT secret', {}, error)
        self.assertEqual(expected, self.understand(wrapped).meaning)
        self.assertEqual(
            expected, self.understand(db_exc.DBError(wrapped)).meaning
        )

    def test_mysql(self) -> None:
        for number, expected in (
            (1020, Meaning.ROLLED_BACK),
            (1040, Meaning.UNAVAILABLE),  # too many connections
            (1047, Meaning.LOST),
            (1053, Meaning.LOST),  # shutting down
            (1054, Meaning.BUG),
            (1062, Meaning.DUPLICATE),
            (1114, Meaning.UNAVAILABLE),  # disk full
            (1146, Meaning.TABLE_MISSING),
            (1205, Meaning.UNAVAILABLE),
            (1213, Meaning.ROLLED_BACK),
            (1290, Meaning.READ_ONLY),
            (1366, Meaning.UNSTORABLE),
            (1406, Meaning.UNSTORABLE),
            (1412, Meaning.ROLLED_BACK),  # the table was altered
            (1615, Meaning.ROLLED_BACK),  # under a prepared statement
        ):
            self._check(expected, self.error(number, 'text'))
            self._check(expected, self.error(number, 'text', sqlstate='HY000'))

    def test_postgresql(self) -> None:
        for state, expected in (
            ('08006', Meaning.LOST),
            ('22021', Meaning.UNSTORABLE),
            ('23505', Meaning.DUPLICATE),
            ('25006', Meaning.READ_ONLY),
            ('25P02', Meaning.BUG),
            ('40001', Meaning.ROLLED_BACK),
            ('40P01', Meaning.ROLLED_BACK),
            ('42601', Meaning.BUG),
            ('42P01', Meaning.TABLE_MISSING),
            ('53100', Meaning.UNAVAILABLE),
            ('53300', Meaning.UNAVAILABLE),
            ('55P03', Meaning.UNAVAILABLE),
            ('57P01', Meaning.UNAVAILABLE),
        ):
            self._check(expected, self.error('text', pgcode=state))
            self._check(expected, self.error('text', sqlstate=state))

    def test_postgresql_refuses_the_connection_without_a_state(self) -> None:
        self._check(
            Meaning.UNAVAILABLE, self.error('too many clients', pgcode=None)
        )

    def test_sqlite(self) -> None:
        for code, text, expected in (
            (sqlite3.SQLITE_BUSY, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_BUSY_SNAPSHOT, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_CONSTRAINT_UNIQUE, '', Meaning.DUPLICATE),
            (sqlite3.SQLITE_CONSTRAINT_NOTNULL, '', Meaning.BUG),
            (sqlite3.SQLITE_FULL, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_IOERR_WRITE, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_READONLY, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_CANTOPEN, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_ERROR, 'no such table: x', Meaning.TABLE_MISSING),
            (sqlite3.SQLITE_ERROR, 'no such column: x', Meaning.BUG),
            (sqlite3.SQLITE_MISUSE, '', Meaning.BUG),
        ):
            self._check(expected, self.error(text, sqlite_errorcode=code))

    def test_what_has_no_code(self) -> None:
        for expected, error in (
            (Meaning.LOST, database.CONNECTION_LOST),
            (Meaning.LOST, ConnectionResetError()),
            (Meaning.UNSTORABLE, ValueError('no NUL please')),
            (Meaning.UNSTORABLE, sqlite3.DataError()),
            (Meaning.BUG, sqlite3.ProgrammingError()),
            (Meaning.BUG, sqlite3.InternalError()),
        ):
            self._check(expected, error)


class SentenceTest(ErrorsTestCase):
    def _told(self, error: BaseException) -> str:
        sentence = self.understand(error).sentence
        self.assertNotIn('\n', sentence)
        return sentence

    def test_one_line_without_sql(self) -> None:
        wrapped = sa_exc.OperationalError(
            'SELECT secret', {}, self.error('disk full\nLINE 1: SELECT secret')
        )
        self.assertEqual(
            'The database cannot be used: DriverError: disk full.',
            self._told(wrapped),
        )

    def test_an_error_without_text(self) -> None:
        self.assertIn('no reason given', self._told(self.error()))

    def test_what_to_do(self) -> None:
        for error, advice in (
            (self.error(1040, 'too many'), 'lower max_pool_size'),
            (self.error(1142, 'denied'), 'grant the user'),
            (self.error('denied', pgcode='42501'), 'grant the user'),
            (self.error('read only', pgcode='25006'), 'written to'),
            (self.error('ro', sqlite_errorcode=1032), 'let the user of this'),
            (self.error('other', sqlite_errorcode=26), 'a SQLite database'),
            (self.error('', pgcode='42P01'), 'keypair-ext-manage db sync'),
        ):
            self.assertIn(advice, self._told(error))

    def test_it_is_reported_once(self) -> None:
        log = self.useFixture(fixtures.FakeLogger())
        failure = self.understand(self.error('disk full'))
        errors.report(failure)
        self.assertEqual(f'{failure.sentence}\n', log.output)

    def test_what_comes_before_a_connection_is_no_bug(self) -> None:
        for error in (TypeError('x'), UnicodeError('x'), self.error('x')):
            failure = errors.not_connected(error, self.engine)
            self.assertEqual(Meaning.UNAVAILABLE, failure.meaning)
