# SPDX-License-Identifier: Apache-2.0

"""What the databases' errors are taken for."""

import sqlite3

import fixtures
import sqlalchemy as sa
from oslo_db import exception as db_exc
from sqlalchemy import exc as sa_exc

from keypair_ext.db import errors
from keypair_ext.db.errors import Meaning
from keypair_ext.tests import base


class FakeError(Exception):
    """A driver's error, with the codes that it is given."""

    def __init__(self, *args: object, **codes: object) -> None:
        super().__init__(*args)
        self.__dict__.update(codes)


def wrapped(
    error: Exception,
    kind: type[sa_exc.DBAPIError] = sa_exc.OperationalError,
) -> sa_exc.DBAPIError:
    """Return a driver's error as SQLAlchemy wraps it."""
    return kind('SELECT secret', {}, error)


class MeaningTest(base.TestCase):
    def _check(self, expected: Meaning, error: Exception) -> None:
        self.assertEqual(expected, errors.meaning(error))
        self.assertEqual(expected, errors.meaning(db_exc.DBError(error)))

    def test_errors_that_oslo_db_knows(self) -> None:
        for expected, error in (
            (Meaning.DUPLICATE, db_exc.DBDuplicateEntry()),
            (Meaning.ROLLED_BACK, db_exc.DBDeadlock()),
            (Meaning.LOST, db_exc.DBConnectionError()),
            (Meaning.UNSTORABLE, db_exc.DBDataError()),
            (Meaning.UNSTORABLE, db_exc.DBInvalidUnicodeParameter()),
            (Meaning.UNAVAILABLE, db_exc.DBNonExistentDatabase('x')),
            (Meaning.UNAVAILABLE, sa_exc.TimeoutError()),
        ):
            self.assertEqual(expected, errors.meaning(error))

    def test_a_lock_that_is_not_given_up_is_no_deadlock(self) -> None:
        for number, expected in (
            (1205, Meaning.UNAVAILABLE),
            (1213, Meaning.ROLLED_BACK),
        ):
            error = db_exc.DBDeadlock(wrapped(FakeError(number, 'secret')))
            self.assertEqual(expected, errors.meaning(error))

    def test_mysql(self) -> None:
        for number, expected in (
            (1040, Meaning.UNAVAILABLE),  # too many connections
            (1053, Meaning.UNAVAILABLE),  # shutting down
            (1054, Meaning.BUG),
            (1114, Meaning.UNAVAILABLE),  # disk full
            (1146, Meaning.TABLE_MISSING),
            (1213, Meaning.ROLLED_BACK),
            (1290, Meaning.UNAVAILABLE),  # read only
            (1366, Meaning.UNSTORABLE),
            (1406, Meaning.UNSTORABLE),
        ):
            self._check(expected, wrapped(FakeError(number, 'text')))
            self._check(
                expected,
                wrapped(FakeError(number, 'text', sqlstate='HY000')),
            )

    def test_mysql_syntax_error(self) -> None:
        error = wrapped(FakeError(1064, 'text'), sa_exc.ProgrammingError)
        self._check(Meaning.BUG, error)

    def test_postgresql(self) -> None:
        for state, expected in (
            ('08006', Meaning.LOST),
            ('22021', Meaning.UNSTORABLE),
            ('25006', Meaning.UNAVAILABLE),
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
            self._check(expected, wrapped(FakeError(pgcode=state)))
            self._check(expected, wrapped(FakeError(sqlstate=state)))

    def test_postgresql_refuses_the_connection_without_a_state(self) -> None:
        self._check(
            Meaning.UNAVAILABLE,
            wrapped(FakeError('too many clients', pgcode=None)),
        )

    def test_sqlite(self) -> None:
        for code, text, expected in (
            (sqlite3.SQLITE_BUSY, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_BUSY_SNAPSHOT, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_FULL, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_IOERR_WRITE, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_READONLY, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_CANTOPEN, '', Meaning.UNAVAILABLE),
            (sqlite3.SQLITE_ERROR, 'no such table: x', Meaning.TABLE_MISSING),
            (sqlite3.SQLITE_ERROR, 'no such column: x', Meaning.BUG),
            (sqlite3.SQLITE_MISUSE, '', Meaning.BUG),
        ):
            self._check(
                expected, wrapped(FakeError(text, sqlite_errorcode=code))
            )

    def test_values_that_a_driver_refuses(self) -> None:
        self._check(Meaning.UNSTORABLE, ValueError('no NUL please'))
        self._check(Meaning.UNSTORABLE, wrapped(FakeError(), sa_exc.DataError))

    def test_a_bug_is_a_bug(self) -> None:
        self._check(Meaning.BUG, sa_exc.InvalidRequestError())
        self._check(Meaning.BUG, wrapped(FakeError(), sa_exc.ProgrammingError))


class ReportTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self._log = self.useFixture(fixtures.FakeLogger())

    def test_one_line_without_sql(self) -> None:
        error = wrapped(FakeError('disk full\nLINE 1: SELECT secret'))
        errors.report(error, Meaning.UNAVAILABLE)
        self.assertEqual(
            'The database cannot be used: FakeError: disk full\n',
            self._log.output,
        )

    def test_an_error_without_text(self) -> None:
        errors.report(db_exc.DBConnectionError(), Meaning.LOST)
        self.assertEqual(1, self._log.output.count('\n'))

    def test_missing_table(self) -> None:
        engine = sa.create_engine('sqlite://')
        self.addCleanup(engine.dispose)
        with engine.connect() as connection:
            error = self.assertRaises(
                sa_exc.OperationalError,
                connection.exec_driver_sql,
                'SELECT * FROM key_pairs',
            )
        errors.report(error, errors.meaning(error))
        self.assertIn('keypair-ext-manage db sync', self._log.output)
        self.assertEqual(1, self._log.output.count('\n'))
