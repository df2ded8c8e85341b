# SPDX-License-Identifier: Apache-2.0

"""What a database error means to a caller.

oslo.db translates part of what drivers raise; the rest is told apart here,
by the databases' own error codes. The text of an error, which may hold SQL,
never goes into a message for a client.
"""

import enum
import logging
from typing import Any

from oslo_db import exception as db_exc
from sqlalchemy import exc as sa_exc

LOG = logging.getLogger(__name__)

# All that running a statement can raise, translated by oslo.db or not.
DATABASE_ERRORS = (
    db_exc.DBError,
    db_exc.DBInvalidUnicodeParameter,
    sa_exc.SQLAlchemyError,
)


class Meaning(enum.Enum):
    """What to do about an error."""

    DUPLICATE = 'the row is there already'
    UNSTORABLE = 'the column cannot hold the value'
    ROLLED_BACK = 'nothing was written, and repeating may succeed'
    LOST = 'the connection is gone, and what was under way may be done'
    UNAVAILABLE = 'the database cannot do it now'
    TABLE_MISSING = 'the table has not been created yet'
    BUG = 'the statement or its parameters are wrong'


_BY_TYPE: tuple[tuple[type[BaseException], Meaning], ...] = (
    (db_exc.DBDuplicateEntry, Meaning.DUPLICATE),
    (db_exc.DBInvalidUnicodeParameter, Meaning.UNSTORABLE),
    (db_exc.DBDataError, Meaning.UNSTORABLE),
    (db_exc.DBDeadlock, Meaning.ROLLED_BACK),
    (db_exc.DBConnectionError, Meaning.LOST),
    (db_exc.DBNonExistentDatabase, Meaning.UNAVAILABLE),
    (sa_exc.TimeoutError, Meaning.UNAVAILABLE),
)

_MYSQL_LOCK_WAIT_TIMEOUT = 1205

# By MySQL's and MariaDB's error number. Other operational errors (too many
# connections, read only, disk full, shutting down ...) mean unavailable.
_MYSQL = {
    1052: Meaning.BUG,  # ambiguous column
    1054: Meaning.BUG,  # unknown column
    1136: Meaning.BUG,  # column count
    1146: Meaning.TABLE_MISSING,
    1176: Meaning.BUG,  # unknown index
    1213: Meaning.ROLLED_BACK,  # deadlock
    1267: Meaning.UNSTORABLE,  # mix of collations
    1300: Meaning.UNSTORABLE,  # not a string of the character set
    1364: Meaning.BUG,  # no default value
    1366: Meaning.UNSTORABLE,  # no such character in the column's set
    1406: Meaning.UNSTORABLE,  # too long
    3854: Meaning.UNSTORABLE,  # no conversion to the column's set
    3988: Meaning.UNSTORABLE,  # the same, for a parameter
}

# By PostgreSQL's SQLSTATE, or its class, the first two characters.
_POSTGRESQL = {
    '08': Meaning.LOST,
    '22': Meaning.UNSTORABLE,
    '25006': Meaning.UNAVAILABLE,  # read only
    '28': Meaning.UNAVAILABLE,  # refused to let us in
    '3D': Meaning.UNAVAILABLE,  # no such database
    '40': Meaning.ROLLED_BACK,  # serialization failure, deadlock
    '42501': Meaning.UNAVAILABLE,  # no privilege
    '42P01': Meaning.TABLE_MISSING,
    '53': Meaning.UNAVAILABLE,  # out of disk, memory, connections
    '55': Meaning.UNAVAILABLE,  # lock not available
    '57': Meaning.UNAVAILABLE,  # shutting down, cancelled
    '58': Meaning.UNAVAILABLE,  # input or output error
    'XX': Meaning.UNAVAILABLE,  # internal error, corrupted data
}

# SQLite says SQLITE_ERROR, 1, where the statement is wrong, and less than 1
# where Python's own module complains. The rest is about files and locks.
_SQLITE_ERROR = 1
_SQLITE_MISUSE = 21


def meaning(error: BaseException) -> Meaning:
    """Return what ``error``, one of ``DATABASE_ERRORS``, means."""
    wrapped = _wrapped(error)
    if _is_lock_wait(wrapped):
        return Meaning.UNAVAILABLE
    for error_type, known in _BY_TYPE:
        if isinstance(error, error_type) or isinstance(wrapped, error_type):
            return known
    if isinstance(wrapped, sa_exc.DataError | UnicodeError | ValueError):
        return Meaning.UNSTORABLE
    if not isinstance(wrapped, sa_exc.DBAPIError):
        return Meaning.BUG
    return _by_code(wrapped)


def _is_lock_wait(error: BaseException) -> bool:
    """Say whether MySQL has waited for a lock in vain.

    oslo.db takes that for a deadlock. But repeating it is to wait once more,
    for whoever goes on holding the lock.
    """
    driver_error = getattr(error, 'orig', None)
    return getattr(driver_error, 'args', ())[:1] == (_MYSQL_LOCK_WAIT_TIMEOUT,)


def _wrapped(error: BaseException) -> BaseException:
    inner = getattr(error, 'inner_exception', None)
    return inner if isinstance(inner, BaseException) else error


def _by_code(error: sa_exc.DBAPIError) -> Meaning:
    driver_error: Any = error.orig
    sqlite_code = getattr(driver_error, 'sqlite_errorcode', None)
    if sqlite_code is not None:
        return _by_sqlite_code(sqlite_code & 0xFF, str(driver_error))
    number = driver_error.args[0] if driver_error.args else None
    if isinstance(number, int):
        known = _MYSQL.get(number)
        if known is not None:
            return known
    else:
        state = _postgresql_state(driver_error)
        if state is not None:
            by_class = _POSTGRESQL.get(state[:2], Meaning.BUG)
            return _POSTGRESQL.get(state, by_class)
    if isinstance(error, sa_exc.OperationalError):
        return Meaning.UNAVAILABLE
    return Meaning.BUG


def _by_sqlite_code(code: int, text: str) -> Meaning:
    if code == _SQLITE_ERROR and text.startswith('no such table'):
        return Meaning.TABLE_MISSING
    if code in (_SQLITE_ERROR, _SQLITE_MISUSE):
        return Meaning.BUG
    return Meaning.UNAVAILABLE


def _postgresql_state(driver_error: Any) -> str | None:
    # psycopg2 and psycopg have different names for it.
    state: str | None = getattr(driver_error, 'pgcode', None)
    return state or getattr(driver_error, 'sqlstate', None)


def report(error: BaseException, found: Meaning) -> None:
    """Tell the operator, in one line, why clients are told to wait."""
    if found is Meaning.TABLE_MISSING:
        LOG.error(
            'The database has no table key_pairs: run '
            '"keypair-ext-manage db sync", or correct the URL of the '
            'database.'
        )
        return
    LOG.warning('The database cannot be used: %s', _first_line(error))


def _first_line(error: BaseException) -> str:
    wrapped = _wrapped(error)
    cause = getattr(wrapped, 'orig', None) or wrapped
    text = str(cause).strip() or 'no reason given'
    return f'{type(cause).__name__}: {text.splitlines()[0]}'
