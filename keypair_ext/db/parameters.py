# SPDX-License-Identifier: Apache-2.0

"""Finds the parameters of a URL that its driver will refuse.

A driver looks at its parameters before it connects. So it is asked not to
connect, or to connect where nobody can listen: that tells a mistake in the
configuration when it is loaded, not to every client, and needs no database.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

# A socket below what is no directory.
_NO_SOCKET = '/dev/null/socket'
_NOWHERE: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        # Without the last it reads certificates, for 50 ms.
        'pymysql': {'defer_connect': True, 'ssl_disabled': True},
        'mysqldb': {'host': 'localhost', 'unix_socket': _NO_SOCKET},
        'psycopg2': {'host': _NO_SOCKET},
        'psycopg': {'host': _NO_SOCKET},
    }
)

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


def mistake(engine: sa.Engine) -> str | None:
    """Return what the driver has against the URL's parameters, if it has."""
    nowhere = _NOWHERE.get(engine.dialect.driver)
    if nowhere is None:
        return None
    driver: Any = engine.dialect.dbapi
    try:
        arguments, parameters = engine.dialect.create_connect_args(engine.url)
        driver.connect(*arguments, **{**parameters, **nowhere}).close()
    except driver.OperationalError:
        return None
    except (
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        driver.ProgrammingError,
    ) as error:
        return ' '.join(str(error).split()).rstrip('.')
    return None


def sqlite_mistake(url: sa.URL) -> str | None:
    """Return what of a SQLite URL's parameters would go unnoticed."""
    unknown = sorted(set(url.query) - _SQLITE)
    if not unknown or 'uri' in url.query:
        return None
    return f'SQLite has no {", ".join(unknown)}'
