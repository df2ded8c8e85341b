# SPDX-License-Identifier: Apache-2.0

"""What is on the stage: a cluster, a balancer, two groups of API workers."""

import atexit
import functools
from collections.abc import Sequence
from pathlib import Path

import fixtures

from keypair_ext.tests.functional import service_cases
from keypair_ext.tests.functional.servers import (
    galera,
    gunicorn,
    haproxy,
    process,
    shipped,
    uwsgi,
)

Server = gunicorn.Gunicorn | uwsgi.UWSGI

# A read, a change and an insert each wait until the node has what others
# have been told before.
_SYNC_WAIT = 7

_DATABASE = 'keypair_ext'


@functools.cache
def cluster() -> galera.Cluster:
    """Return this process's cluster, which ends with it."""
    made = galera.Cluster()
    made.setUp()
    atexit.register(made.cleanUp)
    return made


class Stage(fixtures.Fixture):
    """A service of two servers, each with workers of its own.

    :ivar groups: the two servers, gunicorn and uWSGI.
    """

    def __init__(
        self,
        cluster: galera.Cluster,
        mode: haproxy.Mode,
        *,
        quota: int,
        quota_guard: bool,
        workers: int = 3,
    ) -> None:
        """Describe the service.

        :param quota: ``[quota] key_pairs``.
        :param workers: how many each server has.
        """
        super().__init__()
        self.cluster = cluster
        self._mode = mode
        self._quota = quota
        self._quota_guard = quota_guard
        self._workers = workers
        self.groups: list[Server] = []

    def _setUp(self) -> None:
        self.cluster.execute(
            f'CREATE DATABASE {_DATABASE} CHARACTER SET utf8mb4'
        )
        self.addCleanup(self._drop)
        self.proxy = self.useFixture(
            haproxy.HAProxy(self.cluster.nodes, self._mode)
        )
        directory = self.useFixture(process.Directory('service')).path
        config_file = service_cases.prepare(
            directory,
            {
                'database': {
                    'connection': self.proxy.url(_DATABASE),
                    'mysql_wsrep_sync_wait': _SYNC_WAIT,
                },
                'quota': {'key_pairs': self._quota},
            },
        )
        if self._quota_guard:
            shipped.manage(Path(config_file), 'db', 'sync', '--quota-guard')
        self.groups = [
            self.useFixture(
                gunicorn.Gunicorn(directory, workers=self._workers)
            ),
            self.useFixture(uwsgi.service(directory, processes=self._workers)),
        ]

    def _drop(self) -> None:
        self.cluster.execute(f'DROP DATABASE {_DATABASE}')

    def rows(self) -> dict[str, list[tuple[str, str, str]]]:
        """Return by node (user, name, public key) of all that it has."""
        sql = (
            'SET SESSION wsrep_sync_wait = 15; '
            'SELECT user_id, name, public_key FROM key_pairs '
            'ORDER BY user_id, name'
        )
        return {
            node.name: [
                (user_id, name, public_key)
                for line in node.execute(sql, _DATABASE).splitlines()
                for user_id, name, public_key in [line.split('\t')]
            ]
            for node in self.cluster.nodes
        }

    def worker_pids(self) -> Sequence[int]:
        """Return the ids of the workers that live now."""
        return [
            pid
            for group in self.groups
            for pid in process.children(group.daemon.pid)
        ]
