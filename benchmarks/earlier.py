# SPDX-License-Identifier: Apache-2.0

"""The service beside an earlier one, which another checkout holds."""

from collections.abc import Iterator
from pathlib import Path

import fixtures

from benchmarks.comparisons import Comparison
from benchmarks.servers import QUIET, Cluster, Server
from keypair_ext.tests.functional.servers import (
    gunicorn,
    ini,
    process,
    uwsgi,
)

_NAME = 'earlier'


def missing(checkout: Path) -> str:
    """Return what a checkout needs before it is compared, '' if nothing."""
    if _program(checkout, 'uwsgi').exists():
        return ''
    return f'{checkout} has no uWSGI. Run: make -C {checkout} .venv/.bench'


def compare(checkout: Path, seconds: int, pairs: int) -> Iterator[str]:
    """Measure both on one MariaDB; yield a line for each row.

    :param checkout: the root of one in which ``make .venv/.bench`` has run.
    :param seconds: how long each load lasts.
    :param pairs: how often the two take turns.
    """
    with Cluster() as cluster, _Earlier(checkout, cluster) as earlier:
        servers = [earlier.server, cluster.start_service()]
        comparison = Comparison(cluster.database, seconds, pairs)
        for server in servers:
            comparison.fill(server)
        for row in comparison.rows(servers):
            before, after = (row[server.name] for server in servers)
            cpu = after['cpu_microseconds'] / before['cpu_microseconds']
            yield (
                f'{row["row"]}: {after["ratio"]:.1%} of its requests a second,'
                f' {cpu:.1%} of its CPU for each'
            )


class _Earlier(fixtures.Fixture):
    """The service of a checkout, from its own environment."""

    server: Server

    def __init__(self, checkout: Path, cluster: Cluster) -> None:
        super().__init__()
        self._checkout = checkout
        self._cluster = cluster

    def _setUp(self) -> None:
        home = self.useFixture(process.Directory(_NAME)).path
        paste = self._checkout / 'etc' / 'keypair_ext' / 'api-paste.ini'
        (home / paste.name).write_text(paste.read_text())
        conf = home / 'keypair_ext.conf'
        ini.write(
            conf,
            {
                'api': {'auth_strategy': 'noauth'},
                'database': {'connection': self._cluster.database_for(_NAME)},
            },
        )
        manage = _program(self._checkout, 'keypair-ext-manage')
        process.run(
            [manage, f'--config-file={conf}', 'db', 'sync'],
            env=process.clean_environment(home),
        )
        server = self.useFixture(
            uwsgi.UWSGI(
                self._checkout / '.venv',
                gunicorn.APPLICATION,
                directory=home,
                env={'OS_KEYPAIR_EXT_CONFIG_DIR': str(home)},
                options=QUIET,
            )
        )
        self.server = Server(
            _NAME, server.url, server.daemon, _NAME, {'user': 'reader'}
        )


def _program(checkout: Path, name: str) -> Path:
    return checkout / '.venv' / 'bin' / name
