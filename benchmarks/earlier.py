# SPDX-License-Identifier: Apache-2.0

"""The service beside an earlier one, which another checkout holds."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import fixtures

from benchmarks import footprint
from benchmarks.comparisons import Comparison
from benchmarks.servers import QUIET, Cluster, Server
from keypair_ext.tests.functional.servers import (
    gunicorn,
    ini,
    process,
    uwsgi,
)

_NAME: Final = 'earlier'


def checkout(text: str) -> Path:
    """Return the root of a checkout whose service can be started.

    :raises ArgumentTypeError: its environment is missing.
    """
    root = Path(text).resolve()
    if not _program(root, 'uwsgi').exists():
        raise argparse.ArgumentTypeError(
            f'{text} has no uWSGI; run: make -C {text} .venv/.bench'
        )
    return root


def compare(root: Path, seconds: int, pairs: int) -> Iterator[str]:
    """Measure both on one MariaDB; yield a line for each thing measured.

    :param root: what :func:`checkout` returns.
    :param seconds: how long each load lasts.
    :param pairs: how often the two take turns.
    """
    with Cluster() as cluster, _Earlier(root, cluster) as earlier:
        servers = [earlier.server, cluster.start_service()]
        comparison = Comparison(cluster.database, seconds, pairs)
        for server in servers:
            comparison.fill(server)
        for row in comparison.rows(servers):
            old, new = (row[server.name] for server in servers)
            cpu = new['cpu_microseconds'] / old['cpu_microseconds']
            yield (
                f'{row["row"]}: {new["ratio"]:.1%} of its requests a second,'
                f' {cpu:.1%} of its CPU for each'
            )
        before, after = map(footprint.resident_megabytes, servers)
        yield f'memory of a worker: {before:.0f} MB, now {after:.0f}'
        before, after = (
            footprint.start_seconds(server, pairs) for server in servers
        )
        yield f'first answer after the start: {before:.2f} s, now {after:.2f}'


class _Earlier(fixtures.Fixture):
    """The service of a checkout, from its own environment."""

    server: Server

    def __init__(self, root: Path, cluster: Cluster) -> None:
        super().__init__()
        self._root = root
        self._cluster = cluster

    def _setUp(self) -> None:
        home = self.useFixture(process.Directory(_NAME)).path
        paste = self._root / 'etc' / 'keypair_ext' / 'api-paste.ini'
        (home / paste.name).write_text(paste.read_text())
        # As the other one has it: a file that is there is looked at.
        policy = home / 'policy.yaml'
        policy.touch()
        conf = home / 'keypair_ext.conf'
        ini.write(
            conf,
            {
                'api': {'auth_strategy': 'noauth'},
                'database': {'connection': self._cluster.database_for(_NAME)},
                'oslo_policy': {'policy_file': policy},
            },
        )
        manage = _program(self._root, 'keypair-ext-manage')
        process.run(
            [manage, f'--config-file={conf}', 'db', 'sync'],
            env=process.clean_environment(home),
        )
        server = self.useFixture(
            uwsgi.UWSGI(
                self._root / '.venv',
                gunicorn.APPLICATION,
                directory=home,
                env={'OS_KEYPAIR_EXT_CONFIG_DIR': str(home)},
                options=QUIET,
            )
        )
        self.server = Server(
            _NAME, server.url, server.daemon, _NAME, {'user': 'reader'}
        )


def _program(root: Path, name: str) -> Path:
    return root / '.venv' / 'bin' / name
