# SPDX-License-Identifier: Apache-2.0

"""The engine: one database, through oslo.db, with what durability asks for.

No connection is opened here, so that a server may load the application and
fork afterwards.
"""

import os
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg
from oslo_db.sqlalchemy import engines
from sqlalchemy import exc as sa_exc

from keypair_ext import exception
from keypair_ext.db import parameters

_EXAMPLE = 'sqlite:////var/lib/keypair_ext/keypair_ext.sqlite'

# The extra of our distribution that brings drivers, by kind of database.
_EXTRAS = {
    'mysql': 'keypair-ext[mysql]',
    'postgresql': 'keypair-ext[postgresql]',
    'sqlite': None,
}

# Options of the group that are parameters of oslo.db under the same name.
_PASSED_ON = (
    'connection_recycle_time',
    'connection_trace',
    'max_overflow',
    'max_pool_size',
    'mysql_sql_mode',
    'mysql_wsrep_sync_wait',
    'pool_timeout',
    'sqlite_synchronous',
)

# What a URL may leave out. Without time limits a host that is down, or a
# server that hangs, keeps clients waiting for minutes or for ever. With
# oslo.db's own default, utf8, MySQL would lose characters that the table can
# hold.
_CONNECT_TIMEOUT = {'connect_timeout': '10'}
_MYSQL_DEFAULTS = {
    **_CONNECT_TIMEOUT,
    'read_timeout': '10',
    'write_timeout': '10',
    'charset': 'utf8mb4',
}
_URL_DEFAULTS = {
    'mysql+mysqldb': _MYSQL_DEFAULTS,
    'mysql+pymysql': _MYSQL_DEFAULTS,
    'postgresql+psycopg': _CONNECT_TIMEOUT,
    'postgresql+psycopg2': _CONNECT_TIMEOUT,
}

# Run on each new connection. Others hold a lock for the milliseconds of an
# insert; where it is held longer, a client is told to come back rather than
# kept waiting for the databases' own limits: 50 seconds, and for a locked
# table a day or for ever.
_SET_UP = {
    'mysql': 'SET SESSION innodb_lock_wait_timeout = 3, lock_wait_timeout = 3',
    'postgresql': "SET lock_timeout = '3s'",
}


def create_engine(conf: cfg.ConfigOpts, group: str) -> sa.Engine:
    """Return the engine of the database that ``[group] connection`` names.

    :raises ConfigurationError: the URL is missing or cannot work.
    """
    url = _checked_url(conf, group)
    options = conf[group]
    arguments = {name: getattr(options, name) for name in _PASSED_ON}
    try:
        engine: sa.Engine = engines.create_engine(
            url,
            connection_parameters=options.connection_parameters,
            # 0 would set the level of a logger of the whole process.
            connection_debug=options.connection_debug or -1,
            # The default opens a connection, and sleeps until it can.
            max_retries=0,
            **arguments,
        )
    except (sa_exc.ArgumentError, TypeError, ValueError) as error:
        raise _wrong_parameter(group, error) from error
    mistake = parameters.mistake(engine)
    if mistake:
        raise _wrong_parameter(group, mistake)
    sa.event.listen(
        engine, 'connect', _set_up(engine, options.sqlite_synchronous)
    )
    return engine


def _wrong_parameter(
    group: str, mistake: object
) -> exception.ConfigurationError:
    return exception.ConfigurationError(
        reason=f'[{group}] connection: a parameter of the URL is not known '
        f'to its driver or has a wrong value: {mistake}.'
    )


def _checked_url(conf: cfg.ConfigOpts, group: str) -> sa.URL:
    url = _parsed_url(conf, group)
    backend = url.get_backend_name()
    if backend == 'mariadb':
        # oslo.db translates errors for the dialect of this name only.
        url = url.set(drivername=url.drivername.replace(backend, 'mysql', 1))
    elif backend not in _EXTRAS:
        raise exception.ConfigurationError(
            reason=f'[{group}] connection: {backend} is not a database that '
            f'can be used; use sqlite, mysql+pymysql or postgresql+psycopg2.'
        )
    _check_driver(url, group)
    if url.get_backend_name() == 'sqlite':
        _check_file(url, group)
        mistake = parameters.sqlite_mistake(url)
        if mistake:
            raise _wrong_parameter(group, mistake)
        return url
    return _with_defaults(url)


def _parsed_url(conf: cfg.ConfigOpts, group: str) -> sa.URL:
    connection = conf[group].connection
    if not connection:
        raise exception.ConfigurationError(
            reason=f'Option connection in group [{group}] is not set; it '
            f'names the database, for example {_EXAMPLE}.'
        )
    try:
        return sa.make_url(connection)
    except (sa_exc.ArgumentError, ValueError):
        # The cause would show the URL, and with it the password.
        raise exception.ConfigurationError(
            reason=f'[{group}] connection is not a database URL: it must '
            f'look like mysql+pymysql://user:password@host/database.'
        ) from None


def _check_driver(url: sa.URL, group: str) -> None:
    try:
        url.get_dialect().import_dbapi()
    except (sa_exc.NoSuchModuleError, ImportError) as error:
        extra = _EXTRAS[url.get_backend_name()]
        hint = f'install {extra} or ' if extra else ''
        raise exception.ConfigurationError(
            reason=f'[{group}] connection: the driver of {url.drivername} '
            f'is not installed; {hint}name another one.'
        ) from error


def _check_file(url: sa.URL, group: str) -> None:
    path = (url.database or '').removeprefix('file:')
    if path in ('', ':memory:') or url.query.get('mode') == 'memory':
        raise exception.ConfigurationError(
            reason=f'[{group}] connection: a database in memory is lost '
            f'with the process; name a file, for example {_EXAMPLE}.'
        )
    directory = os.path.dirname(path)
    if directory and not os.path.isdir(directory):
        raise exception.ConfigurationError(
            reason=f'[{group}] connection: there is no directory '
            f'{directory} for the SQLite database; create it.'
        )


def _with_defaults(url: sa.URL) -> sa.URL:
    dialect = url.get_dialect()
    defaults = _URL_DEFAULTS.get(f'{dialect.name}+{dialect.driver}', {})
    return url.update_query_dict({**defaults, **url.query})


def _set_up(engine: sa.Engine, durable: bool) -> Callable[..., None]:
    """Return what is called with each new connection of the driver."""
    if engine.dialect.name == 'sqlite':
        return _set_up_durable_sqlite if durable else _set_up_sqlite
    statement = _SET_UP[engine.dialect.name]

    def set_up_server(connection: Any, record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)
        # PostgreSQL would take it back at the end of the transaction.
        connection.commit()

    return set_up_server


def _set_up_sqlite(connection: Any, record: object) -> None:
    # So readers go on while somebody writes.
    connection.execute('PRAGMA journal_mode = WAL')


def _set_up_durable_sqlite(connection: Any, record: object) -> None:
    _set_up_sqlite(connection, record)
    # So a commit waits for the disk, and what a client has been told
    # outlives a power failure. NORMAL is faster and would not do.
    connection.execute('PRAGMA synchronous = FULL')
