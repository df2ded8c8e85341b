# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""The engine: one database, through oslo.db, with what durability asks for.

No connection is opened here, so that a server may load the application and
fork afterwards.
"""

import os
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg
from oslo_db.sqlalchemy import engines
from sqlalchemy import exc as sa_exc

from keypair_ext import exception

# The extra of our distribution that installs the drivers of a dialect.
_EXTRAS = {'mysql': 'mysql', 'postgresql': 'postgresql', 'sqlite': None}

# The options of the group that are oslo.db's parameters of the same name.
_PASSED_ON = (
    'mysql_sql_mode',
    'mysql_wsrep_sync_wait',
    'connection_recycle_time',
    'max_pool_size',
    'max_overflow',
    'pool_timeout',
    'sqlite_synchronous',
    'connection_trace',
)

# A lock is held for the few milliseconds of somebody's insert. Where one is
# held longer, clients are told to come back instead of being kept waiting.
_LOCK_SECONDS = 1
_LOCK_WAITS = {
    'mysql': f'SET SESSION innodb_lock_wait_timeout = {_LOCK_SECONDS}',
    'postgresql': f"SET lock_timeout = '{_LOCK_SECONDS}s'",
}

# Without a limit a host that is down keeps a client waiting for minutes.
_CONNECT_SECONDS = '10'


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
        raise exception.ConfigurationError(
            reason=f'[{group}] connection: a parameter of the URL is not '
            f'known to its driver or has a wrong value.'
        ) from error
    sa.event.listen(engine, 'connect', _CONNECT[url.get_backend_name()])
    return engine


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
        return url
    return _with_defaults(url)


def _parsed_url(conf: cfg.ConfigOpts, group: str) -> sa.URL:
    connection = conf[group].connection
    if not connection:
        raise exception.ConfigurationError(
            reason=f'Option connection in group [{group}] is not set: it '
            f'names the database, for example '
            f'sqlite:////var/lib/keypair_ext/keypair_ext.sqlite.'
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
    backend = url.get_backend_name()
    try:
        url.get_dialect().import_dbapi()
    except (sa_exc.NoSuchModuleError, ImportError) as error:
        extra = _EXTRAS[backend]
        hint = f': install keypair-ext[{extra}]' if extra else ''
        raise exception.ConfigurationError(
            reason=f'[{group}] connection: the driver of {url.drivername} '
            f'is not installed{hint}, or correct the URL.'
        ) from error


def _check_file(url: sa.URL, group: str) -> None:
    path = url.database
    if not path or path == ':memory:' or 'mode=memory' in path:
        raise exception.ConfigurationError(
            reason=f'[{group}] connection: a database in memory would be '
            f'lost with the process; name a file, as in '
            f'sqlite:////var/lib/keypair_ext/keypair_ext.sqlite.'
        )
    directory = os.path.dirname(path.removeprefix('file:'))
    if directory and not os.path.isdir(directory):
        raise exception.ConfigurationError(
            reason=f'[{group}] connection: the directory {directory} of the '
            f'SQLite database does not exist.'
        )


def _with_defaults(url: sa.URL) -> sa.URL:
    defaults = {'connect_timeout': _CONNECT_SECONDS}
    if url.get_backend_name() == 'mysql':
        defaults['charset'] = 'utf8mb4'
    return url.update_query_dict({**defaults, **url.query})


def _set_up_sqlite(connection: Any, record: object) -> None:
    # WAL lets readers go on while somebody writes. FULL makes a commit wait
    # for the disk: what we have acknowledged survives a power failure.
    connection.execute('PRAGMA journal_mode = WAL')


def _set_up_mysql(connection: Any, record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_WAITS['mysql'])


def _set_up_postgresql(connection: Any, record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_WAITS['postgresql'])
    connection.commit()


_CONNECT = {
    'sqlite': _set_up_sqlite,
    'mysql': _set_up_mysql,
    'postgresql': _set_up_postgresql,
}
