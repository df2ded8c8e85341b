# SPDX-License-Identifier: Apache-2.0

"""What measurements need beside this package, looked for before they begin."""

import importlib.util
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keypair_ext.tests.functional.servers import (
    mariadb,
    memcached,
    process,
)


@dataclass(frozen=True)
class Need:
    """Something that has to be installed.

    :param name: as people call it.
    :param remedy: what installs it.
    :param is_there: whether it is.
    """

    name: str
    remedy: str
    is_there: Callable[[], bool]


def _module(name: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(name) is not None


_MARIADB: Final = Need(
    'MariaDB', 'apt-get install mariadb-server', mariadb.available
)
_MEMCACHED: Final = Need(
    'memcached', 'apt-get install memcached', memcached.available
)
_WRK: Final = Need(
    'wrk',
    'apt-get install wrk',
    lambda: process.find_program('wrk') is not None,
)
_HAPROXY: Final = Need(
    'HAProxy',
    'apt-get install haproxy',
    lambda: process.find_program('haproxy') is not None,
)
# What ``make bench`` installs.
_UWSGI: Final = Need(
    'uWSGI',
    'pip install uwsgi',
    lambda: Path(sys.prefix, 'bin', 'uwsgi').exists(),
)
_MYSQLCLIENT: Final = Need(
    'mysqlclient', "pip install -e '.[mysqlclient]'", _module('MySQLdb')
)
_PYMYSQL: Final = Need(
    'PyMySQL', "pip install -e '.[mysql]'", _module('pymysql')
)
_CLIENT: Final = Need(
    'python-memcached', 'pip install python-memcached', _module('memcache')
)

_STORE: Final = (_MARIADB, _MYSQLCLIENT, _PYMYSQL)
_LOAD: Final = (*_STORE, _UWSGI, _WRK)
_WITH_KEYSTONE: Final = (*_LOAD, _MEMCACHED, _CLIENT)

# By section of a run, or by command.
NEEDS: Final[dict[str, tuple[Need, ...]]] = {
    'load-balancer': (*_WITH_KEYSTONE, _HAPROXY),
    'mysqlclient': _LOAD,
    'pymysql': _LOAD,
    'keystone': _WITH_KEYSTONE,
    'filter': _LOAD,
    'raw': _LOAD,
    'generation': _LOAD,
    'beside': _LOAD,
    'growth': _LOAD,
    'footprint': _LOAD,
    'passing': (),
    'layers': _STORE,
    'keys': _STORE,
    'prune': (*_STORE, _UWSGI),
    'rules': (),
    'earlier': _LOAD,
}


def missing(names: Iterable[str]) -> str:
    """Return what is missing for sections or commands, in one sentence.

    :returns: '' if nothing is.
    """
    absent = dict.fromkeys(
        need for name in names for need in NEEDS[name] if not need.is_there()
    )
    if not absent:
        return ''
    what = ', '.join(need.name for need in absent)
    how = '; '.join(need.remedy for need in absent)
    return f'Not installed, and needed: {what}. Run: {how}'
