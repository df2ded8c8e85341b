# SPDX-License-Identifier: Apache-2.0

"""What a database error means to a caller, and what an operator can do.

An error is told apart once, by the databases' own error codes, and goes on as
a :class:`Failure`. Its text, which may hold SQL, never goes into a message
for a client.
"""

import enum
import logging
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exc
from sqlalchemy import exc as sa_exc

from keypair_ext.db import url

LOG = logging.getLogger(__name__)

# What SQLAlchemy raises with oslo.db's translations.
RAISED = (
    db_exc.DBError,
    db_exc.DBInvalidUnicodeParameter,
    sa_exc.SQLAlchemyError,
)

TABLE_MISSING = (
    'The database has no table key_pairs: run "keypair-ext-manage db sync", '
    'or correct the URL of the database.'
)


class Meaning(enum.Enum):
    """What to do about an error."""

    DUPLICATE = 'the row is there already'
    UNSTORABLE = 'the column cannot hold the value'
    ROLLED_BACK = 'nothing was written, and repeating may succeed'
    LOST = 'the connection is gone, and what was under way may be done'
    READ_ONLY = 'another server may have become the one to write to'
    UNAVAILABLE = 'the database cannot do it now'
    TABLE_MISSING = 'the table has not been created yet'
    BUG = 'the statement or its parameters are wrong'


class Failure(Exception):
    """What the database could not do; it does not leave this room.

    :ivar meaning: what that means.
    :ivar sentence: what is wrong, for an operator.
    """

    def __init__(self, meaning: Meaning, sentence: str) -> None:
        super().__init__(sentence)
        self.meaning = meaning
        self.sentence = sentence

    @property
    def is_refusal(self) -> bool:
        """Whether the database, which is well, refuses a value."""
        return self.meaning in (Meaning.DUPLICATE, Meaning.UNSTORABLE)

    @property
    def may_be_repeated(self) -> bool:
        """Whether what has left nothing behind may succeed now."""
        return self.meaning in (Meaning.ROLLED_BACK, Meaning.LOST)


# By MySQL's and MariaDB's error number. Other operational errors (too many
# connections, disk full ...) mean unavailable, and so does 1205, a lock that
# was waited for in vain: to repeat that is to wait once more for whoever goes
# on holding it.
_MYSQL = {
    1020: Meaning.ROLLED_BACK,  # the row has changed since it was read
    1036: Meaning.READ_ONLY,  # the table
    1047: Meaning.LOST,  # a node without its cluster
    1052: Meaning.BUG,  # ambiguous column
    1053: Meaning.LOST,  # the server shuts down
    1054: Meaning.BUG,  # unknown column
    1062: Meaning.DUPLICATE,
    1136: Meaning.BUG,  # column count
    1146: Meaning.TABLE_MISSING,
    1176: Meaning.BUG,  # unknown index
    1205: Meaning.UNAVAILABLE,
    1213: Meaning.ROLLED_BACK,  # deadlock
    1267: Meaning.UNSTORABLE,  # mix of collations
    1290: Meaning.READ_ONLY,  # the server
    1300: Meaning.UNSTORABLE,  # not a string of the character set
    1364: Meaning.BUG,  # no default value
    1366: Meaning.UNSTORABLE,  # no such character in the column's set
    1406: Meaning.UNSTORABLE,  # too long
    1412: Meaning.ROLLED_BACK,  # the table was altered meanwhile
    1615: Meaning.ROLLED_BACK,  # the same, under a prepared statement
    1792: Meaning.READ_ONLY,  # the session
    1836: Meaning.READ_ONLY,  # InnoDB
    1927: Meaning.LOST,  # the connection was killed
    3854: Meaning.UNSTORABLE,  # no conversion to the column's set
    3988: Meaning.UNSTORABLE,  # the same, for a parameter
}

# By PostgreSQL's SQLSTATE, or its class, the first two characters.
_POSTGRESQL = {
    '08': Meaning.LOST,
    '22': Meaning.UNSTORABLE,
    '23505': Meaning.DUPLICATE,
    '25006': Meaning.READ_ONLY,
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

# By SQLite's result code, extended or not. The rest is about files and locks.
_SQLITE = {
    1: Meaning.BUG,
    19: Meaning.BUG,  # another constraint
    21: Meaning.BUG,  # misuse
    1555: Meaning.DUPLICATE,  # the primary key
    2067: Meaning.DUPLICATE,  # a unique constraint
}

_WRITABLE = 'name a server that can be written to'
_TOO_MANY = (
    'let the server have more connections, or lower max_pool_size and '
    'max_overflow'
)

# What an operator does about an error, by its code: MySQL's, PostgreSQL's,
# SQLite's.
_ADVICE: dict[object, str] = {
    1036: _WRITABLE,
    1040: _TOO_MANY,
    1044: 'correct the user in the URL of the database, or grant it access',
    1045: 'correct the user and the password in the URL of the database',
    1049: 'create it, or correct the name in the URL',
    1142: 'grant the user SELECT, INSERT and DELETE',
    1203: _TOO_MANY,
    1226: _TOO_MANY,
    1290: _WRITABLE,
    1698: 'correct the user and the password in the URL of the database',
    1792: _WRITABLE,
    1836: _WRITABLE,
    2002: 'start the server, or correct the host and the port in the URL',
    2003: 'start the server, or correct the host and the port in the URL',
    2005: 'correct the host in the URL of the database',
    '25006': _WRITABLE,
    '42501': 'grant the user SELECT, INSERT and DELETE',
    8: 'let the user of this process write to the file and its directory',
    14: 'let the user of this process read and write the file and its '
    'directory, or correct the URL',
    26: 'correct the URL: it has to name a SQLite database, or a file that '
    'is not there yet',
}
_CONNECTING = (
    'look whether the server runs, and the host, the port, the user, the '
    'password and the database in the URL'
)


def understand(
    error: BaseException, dialect: sa.Dialect, raw: Any = None
) -> Failure:
    """Return what an error of a driver means.

    :param error: as the driver has raised it, or wrapped by SQLAlchemy or
        oslo.db.
    :param raw: the driver's connection that it comes from.
    """
    cause: Any = _cause(error)
    code = _code(cause)
    meaning = _meaning(cause, code, dialect, raw)
    if meaning is Meaning.TABLE_MISSING:
        return Failure(meaning, TABLE_MISSING)
    return Failure(meaning, _sentence(cause, _ADVICE.get(code)))


def not_connected(error: BaseException, engine: sa.Engine) -> Failure:
    """Return what an error means that comes before there is a connection.

    It is never a bug: a file that the URL names may have gone since the
    URL was looked at.
    """
    cause = _cause(error)
    advice = url.tls_mistake(engine.url) or _ADVICE.get(_code(cause))
    if advice is None and engine.dialect.name != 'sqlite':
        advice = _CONNECTING
    return Failure(Meaning.UNAVAILABLE, _sentence(cause, advice))


def report(failure: Failure) -> None:
    """Tell the operator, in one line, why clients are told to wait."""
    if failure.meaning is Meaning.TABLE_MISSING:
        LOG.error('%s', failure.sentence)
    else:
        LOG.warning('%s', failure.sentence)


def _cause(error: BaseException) -> BaseException:
    """Return the driver's own error."""
    for name in ('inner_exception', 'orig'):
        inner = getattr(error, name, None)
        if isinstance(inner, BaseException):
            return _cause(inner)
    return error


def _code(error: Any) -> object:
    """Return the code of a database, by its own way of telling it."""
    number = getattr(error, 'sqlite_errorcode', None)
    if number is not None:
        return number if number in _SQLITE else number & 0xFF
    # psycopg2 and psycopg have different names for it, and mysqlclient
    # neither.
    state = getattr(error, 'pgcode', None) or getattr(error, 'sqlstate', None)
    number = error.args[0] if error.args else None
    return number if isinstance(number, int) else state


def _meaning(error: Any, code: Any, dialect: sa.Dialect, raw: Any) -> Meaning:
    driver: Any = dialect.loaded_dbapi
    is_of_driver = isinstance(error, driver.Error)
    if isinstance(error, OSError) or (
        is_of_driver and dialect.is_disconnect(error, raw, None)
    ):
        return Meaning.LOST
    if isinstance(error, driver.DataError | ValueError):
        return Meaning.UNSTORABLE
    if getattr(error, 'sqlite_errorcode', None) is not None:
        if code == 1 and str(error).startswith('no such table'):
            return Meaning.TABLE_MISSING
        return _SQLITE.get(code, Meaning.UNAVAILABLE)
    if isinstance(code, str):
        return _POSTGRESQL.get(code, _POSTGRESQL.get(code[:2], Meaning.BUG))
    if code in _MYSQL:
        return _MYSQL[code]
    if isinstance(error, driver.OperationalError | sa_exc.TimeoutError):
        return Meaning.UNAVAILABLE
    return Meaning.BUG


def _sentence(error: BaseException, advice: str | None) -> str:
    text = str(error).strip() or 'no reason given'
    told = f'{type(error).__name__}: {text.splitlines()[0].rstrip(".")}'
    then = f'; {advice}' if advice else ''
    return f'The database cannot be used: {told}{then}.'
