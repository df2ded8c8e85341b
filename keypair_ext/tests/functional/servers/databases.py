# SPDX-License-Identifier: Apache-2.0

"""The kind of database that the tests over HTTP run on.

``KEYPAIR_EXT_TEST_DATABASE`` names it: ``mysql`` or ``postgresql``, SQLite
unless it is set. A process of tests starts one server, when it first needs
it, and has a new database on it for each service.
"""

import atexit
import functools
import itertools
import os
from collections.abc import Iterator, Mapping
from typing import Final

import fixtures
import sqlalchemy as sa

from keypair_ext.tests.functional.servers import mariadb, postgresql

SQLITE: Final = 'sqlite'
_VARIABLE: Final = 'KEYPAIR_EXT_TEST_DATABASE'

# The drivers of our extras; the first is the one that is recommended.
DRIVERS: Final[Mapping[str, tuple[str, ...]]] = {
    'mysql': ('mysql+pymysql', 'mysql+mysqldb'),
    'postgresql': ('postgresql+psycopg2', 'postgresql+psycopg'),
}

Server = mariadb.MariaDB | postgresql.PostgreSQL


def chosen() -> str:
    """Return the kind of database that the environment asks for."""
    kind = os.environ.get(_VARIABLE) or SQLITE
    if kind != SQLITE and kind not in DRIVERS:
        raise ValueError(f'{_VARIABLE} is {kind}: not {SQLITE} or a server')
    return kind


def url(directory: str) -> str:
    """Return where a service may have its database, empty and its own.

    :param directory: the service's, in which SQLite keeps it.
    """
    kind = chosen()
    if kind == SQLITE:
        return f'sqlite:///{directory}/keypair_ext.sqlite'
    return create(kind)


def has_driver(driver: str) -> bool:
    """Say whether a driver is installed."""
    try:
        sa.make_url(f'{driver}://').get_dialect().import_dbapi()
    except ImportError:
        return False
    return True


def create(kind: str, driver: str | None = None) -> str:
    """Return the URL of a new, empty database on this process's server."""
    name = f'test_{next(_numbers(kind))}'
    made = server(kind).create_database(name, driver or DRIVERS[kind][0])
    # What an operator need not say, this does not say either.
    return sa.make_url(made).set(query={}).render_as_string(False)


@functools.cache
def server(kind: str) -> Server:
    """Return this process's server, which ends with it."""
    made: Server
    if kind == 'mysql':
        made = mariadb.MariaDB(
            [
                '--max-connections=500',
                # Nobody cuts the power while stories are told.
                '--innodb-flush-log-at-trx-commit=0',
            ]
        )
    else:
        made = postgresql.PostgreSQL(['max_connections=500', 'fsync=off'])
    # Not in the directory of the test that happens to be the first.
    with fixtures.MonkeyPatch('tempfile.tempdir', None):
        made.setUp()
    atexit.register(made.cleanUp)
    return made


@functools.cache
def _numbers(kind: str) -> Iterator[int]:
    return itertools.count(1)
