# SPDX-License-Identifier: Apache-2.0

"""What Galera, the quota guard and waiting for other nodes cost a worker.

Run as a program it prints medians in milliseconds::

    python -m keypair_ext.tests.functional.galera.costs
"""

import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator

from oslo_config import cfg

from keypair_ext import conf as keypair_conf
from keypair_ext.db import engine as db_engine, migration
from keypair_ext.db.store import Store
from keypair_ext.tests.functional.servers import galera, mariadb

_TIMES = 300
_KEYS_OF_A_USER = 10


def _store(url: str, quota_guard: bool, sync_wait: int | None) -> Store:
    conf = cfg.ConfigOpts()
    conf([], project='keypair_ext', default_config_files=[])
    keypair_conf.register_opts(conf, 'database')
    conf.set_override('connection', url, 'database')
    conf.set_override('mysql_wsrep_sync_wait', sync_wait, 'database')
    engine = db_engine.create_engine(conf, 'database')
    migration.sync(engine, quota_guard)
    return Store(engine)


def _median(work: Callable[[int], object]) -> float:
    """Return the median of what a call takes, after some to warm up."""
    times = []
    for number in range(_TIMES):
        began = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times[_TIMES // 10 :])


_users = itertools.count()


def _measure(store: Store) -> tuple[float, float]:
    """Return what a creation and a show take."""
    first = next(_users)

    def create(number: int) -> None:
        user_id = f'user-{first}-{number // _KEYS_OF_A_USER}'
        store.create(user_id, f'k{number}', 'ssh', 'aa', 'A', 100)

    return _median(create), _median(
        lambda number: store.get(f'user-{first}-0', 'k0')
    )


def _rows() -> Iterator[tuple[str, Store]]:
    with mariadb.MariaDB() as server:
        yield 'one MariaDB', _store(server.create_database('a'), False, None)
    with galera.Cluster() as cluster:
        url = cluster.nodes[0].create_database('a')
        for guarded, sync_wait in itertools.product((False, True), (0, 7)):
            title = f'Galera, wsrep_sync_wait {sync_wait}'
            title += ', quota guard' if guarded else ''
            yield title, _store(url, guarded, sync_wait)


def main() -> None:
    """Measure, and print a line for each."""
    sys.stdout.write(f'{"":40} {"create":>8} {"show":>8}\n')
    for title, store in _rows():
        create, show = _measure(store)
        store.close()
        sys.stdout.write(f'{title:40} {create:8.2f} {show:8.2f}\n')
        sys.stdout.flush()


if __name__ == '__main__':
    main()
