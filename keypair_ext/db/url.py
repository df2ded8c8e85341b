# SPDX-License-Identifier: Apache-2.0

"""The URL of the database: every mistake in it is one sentence at load.

No part of a password is ever told.
"""

import os
import ssl
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg
from sqlalchemy import exc as sa_exc

from keypair_ext import exception, files

_EXAMPLE = 'sqlite:////var/lib/keypair_ext/keypair_ext.sqlite'
_KINDS = ('sqlite', 'mysql', 'postgresql')
_USE = 'use sqlite://, mysql+pymysql:// or postgresql+psycopg2://'

# What brings a driver, and the URL for which our first extra of that kind of
# database is enough.
_PACKAGES = {
    'pymysql': 'keypair-ext[mysql]',
    'mysqldb': 'keypair-ext[mysqlclient]',
    'psycopg2': 'keypair-ext[postgresql]',
    'psycopg': 'psycopg[binary]',
}
_FIRST = {
    'mysql': ('mysql+pymysql', 'keypair-ext[mysql]'),
    'postgresql': ('postgresql+psycopg2', 'keypair-ext[postgresql]'),
}

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
# libpq waits for an answer as long as the server's kernel acknowledges.
_POSTGRESQL_DEFAULTS = {
    **_CONNECT_TIMEOUT,
    'tcp_user_timeout': '10000',
    'keepalives_idle': '10',
    'keepalives_interval': '5',
}
_DEFAULTS = {
    'mysqldb': _MYSQL_DEFAULTS,
    'pymysql': _MYSQL_DEFAULTS,
    'psycopg': _POSTGRESQL_DEFAULTS,
    'psycopg2': _POSTGRESQL_DEFAULTS,
}

# A driver looks at its parameters before it connects. So it is asked not to
# connect, or to connect where nobody can listen: a socket below what is no
# directory. The error that names it is the one that is expected.
_NOWHERE = '/dev/null/socket'
_DO_NOT_CONNECT: Mapping[str, Mapping[str, object]] = {
    # Without the last it reads certificates.
    'pymysql': {'defer_connect': True, 'ssl_disabled': True},
    'mysqldb': {'host': 'localhost', 'unix_socket': _NOWHERE},
    'psycopg2': {'host': _NOWHERE},
    'psycopg': {'host': _NOWHERE},
}

# What MySQL's say that have tried to connect all the same, where an option
# file has told them to.
_OF_SERVERS = frozenset({(1044,), (1045,), (1049,), (2002,), (2003,), (2005,)})

# SQLAlchemy leaves out what is neither of these nor meant for SQLite itself,
# where uri=true says that there is such.
_SQLITE = frozenset(
    {
        'autocommit',
        'cached_statements',
        'check_same_thread',
        'detect_types',
        'isolation_level',
        'timeout',
    }
)

_OPTION_FILE = 'read_default_file'

# Files that a URL may name, by what they have to be.
_CERTIFICATES = ('ssl_ca', 'ssl_cert', 'sslrootcert', 'sslcert')
_FILES = (
    *_CERTIFICATES,
    'ssl_key',
    'sslkey',
    'sslcrl',
    _OPTION_FILE,
)
_DIRECTORIES = ('ssl_capath', 'sslcrldir')


class _Mistake(Exception):
    """What is wrong with a URL, as a sentence without its end."""


def read(conf: cfg.ConfigOpts, group: str) -> sa.URL:
    """Return the URL of ``[group] connection``, with what it leaves out.

    :raises ConfigurationError: it is missing or cannot work.
    """
    try:
        return _checked(_parsed(conf[group]))
    except _Mistake as mistake:
        # What they come from would show the URL, and with it the password.
        raise exception.ConfigurationError(
            reason=f'[{group}] connection: {mistake}.'
        ) from None


def tls_mistake(url: sa.URL) -> str | None:
    """Return what keeps the files and ciphers of a URL from being used."""
    query = {name: str(value) for name, value in url.query.items()}
    if query.get('sslmode') == 'disable':
        return None
    if 'ssl_key' in query and 'ssl_cert' not in query:
        return 'ssl_key: it needs ssl_cert'
    # In this order: a key is used with its certificate.
    for name, value in sorted(query.items()):
        try:
            _try(name, value, query)
        except (OSError, ValueError) as error:
            return f'{name}: {value} cannot be used: {error.args[-1]}'
    return None


def _try(name: str, value: str, query: Mapping[str, str]) -> None:
    """Use a parameter as a client will, if it is about TLS or a file.

    :raises OSError: it cannot be used, as OpenSSL or the system says.
    :raises ValueError: the certificate's key has a password.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if name in _DIRECTORIES:
        os.scandir(value).close()
    # libpq has names that are no files: system, and keys of an engine.
    elif name in _FILES and (os.sep in value or '_' in name):
        # Of an option file alone drivers know a ~.
        is_options = name == _OPTION_FILE
        files.content(os.path.expanduser(value) if is_options else value)
        if name in _CERTIFICATES:
            context.load_verify_locations(value)
        elif name == 'ssl_key':
            context.load_cert_chain(query['ssl_cert'], value, lambda: '')
        if name == 'ssl_cert' and 'ssl_key' not in query:
            context.load_cert_chain(value, None, lambda: '')
    elif name == 'ssl_cipher':
        # Names of TLS 1.3, which OpenSSL takes elsewhere.
        known = [cipher['name'] for cipher in context.get_ciphers()]
        if value not in known:
            context.set_ciphers(value)


def _parsed(options: Any) -> sa.URL:
    text = options.connection
    if not text:
        raise _Mistake(
            f'the option is not set; it names the database, for example '
            f'{_EXAMPLE}'
        )
    escape = 'write %40 for an @ in the user name or the password'
    try:
        url = sa.make_url(text)
    except (sa_exc.ArgumentError, ValueError):
        raise _Mistake(
            f'it is not a database URL, which looks like '
            f'mysql+pymysql://user:password@host:port/database; {escape}'
        ) from None
    if url.host and '@' in f'{url.host}{url.database}':
        raise _Mistake(f'it has more than one @: {escape}')
    if options.connection_parameters:
        url = url.update_query_string(
            options.connection_parameters, append=True
        )
    return url


def _checked(url: sa.URL) -> sa.URL:
    _check_host(url)
    _check_driver(url)
    if url.get_backend_name() == 'sqlite':
        _check_file(url)
        # A connection is not a thread's.
        url = url.difference_update_query(['check_same_thread'])
    else:
        _check_database(url)
        driver = url.get_driver_name()
        url = url.set(drivername=f'{_kind(url)}+{driver}')
        url = url.update_query_dict({**_DEFAULTS.get(driver, {}), **url.query})
    mistake = tls_mistake(url) or _parameter_mistake(url)
    if mistake:
        raise _Mistake(
            f'a parameter of the URL is not known to its driver or has a '
            f'wrong value: {mistake}'
        )
    return url


def _kind(url: sa.URL) -> str:
    # oslo.db knows MariaDB by the name of MySQL only.
    return url.get_backend_name().replace('mariadb', 'mysql')


def _check_driver(url: sa.URL) -> None:
    if _kind(url) not in _KINDS:
        raise _Mistake(
            f'{_kind(url)} is not a database that can be used; {_USE}'
        )
    try:
        dialect = url.get_dialect()
    except sa_exc.NoSuchModuleError:
        raise _Mistake(
            f'there is no driver {url.drivername}; {_USE}'
        ) from None
    if dialect.is_async:
        raise _Mistake(f'{url.drivername} is asynchronous; {_USE}')
    try:
        dialect.import_dbapi()
    except ImportError:
        raise _Mistake(_missing(url, dialect.driver)) from None


def _missing(url: sa.URL, driver: str) -> str:
    """Return what an operator does about a driver that is not installed."""
    package = _PACKAGES.get(driver, driver)
    told = (
        f'{url.drivername}:// wants the driver {driver}, which is not '
        f'installed; install {package}'
    )
    scheme, first = _FIRST[_kind(url)]
    if first == package:
        return told
    return f'{told}, or write {scheme}:// and install {first}'


def _check_file(url: sa.URL) -> None:
    if url.host:
        raise _Mistake(
            f'SQLite has no host: write three slashes and the path, for '
            f'example {_EXAMPLE}'
        )
    path = (url.database or '').removeprefix('file:')
    if path in ('', ':memory:') or url.query.get('mode') == 'memory':
        raise _Mistake(
            f'a database in memory is lost with the process; name a file, for '
            f'example {_EXAMPLE}'
        )
    if os.path.isdir(path):
        raise _Mistake(f'{path} is a directory; name a file in it')
    if os.path.exists(path) and not os.path.isfile(path):
        raise _Mistake(f'{path} is not a regular file; name one')
    directory = os.path.dirname(path)
    if directory and not os.path.isdir(directory):
        raise _Mistake(
            f'there is no directory {directory} for the SQLite database; '
            f'create it'
        )


def _check_host(url: sa.URL) -> None:
    if url.port is not None and not 0 < url.port < 2**16:
        raise _Mistake(
            f'there is no port {url.port}: it is a number from 1 to 65535'
        )
    try:
        (url.host or '').encode('idna')
    except UnicodeError:
        raise _Mistake('its host cannot be the name of one') from None


def _check_database(url: sa.URL) -> None:
    # PostgreSQL has one by the user's name; a parameter may name it, or a
    # file that a parameter names.
    named = {'db', 'database', 'read_default_file', 'read_default_group'}
    if _kind(url) == 'mysql' and not (url.database or named & {*url.query}):
        raise _Mistake(
            'it names no database: write its name behind the host, as in '
            'mysql+pymysql://user:password@host/database'
        )


def _parameter_mistake(url: sa.URL) -> str | None:
    """Return what the driver has against the parameters, and which it is."""
    if url.get_backend_name() == 'sqlite':
        unknown = sorted(set(url.query) - _SQLITE)
        if unknown and 'uri' not in url.query:
            return f'SQLite has no {", ".join(unknown)}'
    elif 'ssl' in url.query and url.get_backend_name() == 'mysql':
        return 'ssl: name a file with ssl_ca instead'
    refusal = _refusal(url)
    if refusal is None:
        return None
    for name in url.query:
        if _refusal(url.difference_update_query([name])) is None:
            return f'{name}: {refusal}'
    return refusal


def _refusal(url: sa.URL) -> str | None:
    """Return what the driver says when it is not to connect."""
    kind: Any = url.get_dialect()
    driver: Any = kind.import_dbapi()
    try:
        arguments, parameters = kind(dbapi=driver).create_connect_args(url)
        if kind.name == 'sqlite':
            arguments = [':memory:']
        elif kind.driver not in _DO_NOT_CONNECT:
            return None
        driver.connect(
            *arguments, **{**parameters, **_nowhere(kind.driver, parameters)}
        ).close()
    # What drivers raise for a parameter has no common base.
    except Exception as error:  # noqa: BLE001
        text = ' '.join(str(error).split()).rstrip('.')
        is_of_server = _NOWHERE in text or error.args[:1] in _OF_SERVERS
        return None if is_of_server else text
    return None


def _nowhere(driver: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    nowhere = _DO_NOT_CONNECT.get(driver, {})
    if nowhere.get('host') != _NOWHERE:
        return nowhere
    # As many as the ports that libpq is given; and an address of the
    # environment or of a service's file would go before them.
    count = len(str(parameters.get('host', '')).split(','))
    return {'host': ','.join([_NOWHERE] * count), 'hostaddr': ''}
