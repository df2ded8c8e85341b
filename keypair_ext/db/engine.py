# SPDX-License-Identifier: Apache-2.0

"""The engine: one database, through oslo.db, with what durability asks for.

No connection is opened here, so that a server may load the application and
fork afterwards.
"""

import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg
from oslo_db.sqlalchemy import engines
from sqlalchemy import exc as sa_exc

from keypair_ext import exception
from keypair_ext.db import pool, url

# Options of the group that are parameters of oslo.db under the same name.
_PASSED_ON = (
    'connection_recycle_time',
    'connection_trace',
    'mysql_sql_mode',
    'mysql_wsrep_sync_wait',
    'sqlite_synchronous',
)

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
    location = url.read(conf, group)
    options = conf[group]
    arguments = {name: getattr(options, name) for name in _PASSED_ON}
    try:
        engine: sa.Engine = engines.create_engine(
            location,
            # 0 would set the level of a logger of the whole process.
            connection_debug=options.connection_debug or -1,
            # The default opens a connection, and sleeps until it can.
            max_retries=0,
            # Of SQLAlchemy's pool: ours is the one that has a limit.
            max_overflow=-1,
            **arguments,
        )
    except (sa_exc.ArgumentError, TypeError, ValueError) as error:
        raise exception.ConfigurationError(
            reason=f'[{group}]: the database cannot be used with these '
            f'options: {error}.'
        ) from error
    sa.event.listen(
        engine, 'connect', _set_up(engine, options.sqlite_synchronous)
    )
    engine.update_execution_options(limits=_limits(engine, options))
    return engine


def _limits(engine: sa.Engine, options: Any) -> pool.Limits:
    size, overflow = options.max_pool_size, options.max_overflow or 0
    is_limited = size > 0 and overflow >= 0
    timeout = options.pool_timeout
    # A file may have been replaced by another one, which only a new
    # connection sees.
    recycle = (
        pool.TEST_SECONDS
        if engine.dialect.name == 'sqlite'
        else options.connection_recycle_time
    )
    return pool.Limits(
        most=size + overflow if is_limited else 0,
        # More than threading can wait is for ever.
        timeout=30.0
        if timeout is None
        else min(timeout, threading.TIMEOUT_MAX),
        recycle=recycle,
    )


def _set_up(engine: sa.Engine, durable: bool) -> Callable[..., None]:
    """Return what is called with each new connection of the driver."""
    if engine.dialect.name == 'sqlite':
        return _set_up_durable_sqlite if durable else _set_up_sqlite
    statement = _SET_UP[engine.dialect.name]

    def set_up_server(connection: Any, record: object) -> None:
        if engine.dialect.driver == 'psycopg':
            # What it prepared would fail once the table is altered, or once
            # a pooler such as PgBouncer is on another session.
            connection.prepare_threshold = None
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
