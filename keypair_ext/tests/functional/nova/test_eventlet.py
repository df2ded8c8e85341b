# SPDX-License-Identifier: Apache-2.0

"""The filter in nova-api's own server: green threads, a ledger, and kills.

All requests of a worker share one thread, and the workers are forked from a
process that has loaded the filter. Releases from 32 on have no such server.
"""

import time
import unittest
from collections.abc import Callable
from typing import Final

from keypair_ext.tests.functional.faults import engines
from keypair_ext.tests.functional.load import leavers, ledger, users
from keypair_ext.tests.functional.nova import base, environment
from keypair_ext.tests.functional.servers import nova, process

_CLIENTS: Final = 64
_WORKERS: Final = 2
_KILLS: Final = 4
# Of each worker: few, so that what is not given back is soon missed.
_CONNECTIONS: Final = 6

_PROGRAM: Final = (
    'import sys; from nova.cmd import api_os_compute; '
    'sys.exit(api_os_compute.main())'
)


class _EventletNova(nova.Nova):
    """nova-api-os-compute: ``daemon`` starts the workers, and again."""

    daemon: process.Process

    def _serve(self) -> None:
        self.daemon = self.useFixture(
            process.Process(
                [
                    *(self._venv / 'bin' / 'python', '-c', _PROGRAM),
                    *('--config-file', self.home / 'nova.conf'),
                ],
                log=self.home / 'nova-api.log',
                port=self.port,
                ready=lambda: process.answers_http(self.url),
                env=process.clean_environment(
                    self.home, PYTHONPATH=str(self._python)
                ),
                timeout=180,
            )
        )

    def kill_a_worker(self) -> None:
        """Kill one of the workers; wait for the one in its place."""
        before = set(engines.children(self.daemon.pid))
        engines.kill(min(before))
        process.wait_until(
            lambda: (
                len(set(engines.children(self.daemon.pid)) - {min(before)})
                == _WORKERS
            ),
            'another worker',
        )


@unittest.skipIf(
    int(nova.RELEASE.partition('.')[0]) > 31,
    f'Nova {nova.RELEASE} has no server of its own',
)
class EventletTest(base.NovaTestCase):
    server: _EventletNova

    def setUp(self) -> None:
        super().setUp()
        port = process.free_port()
        self.server = self.useFixture(
            _EventletNova(
                self.stage.databases,
                port=port,
                key_pairs=10_000,
                paste_filter=environment.FILTER,
                software=self.stage.software,
                conf={
                    'DEFAULT': {
                        'osapi_compute_listen': process.LOOPBACK,
                        'osapi_compute_listen_port': port,
                        'osapi_compute_workers': _WORKERS,
                    },
                    'api_database': {
                        'max_pool_size': _CONNECTIONS - 1,
                        'max_overflow': 1,
                        # Nobody is refused for a machine that is slow.
                        'pool_timeout': 300,
                    },
                },
            )
        )

    def check(self, inflict: Callable[[], None]) -> ledger.Ledger:
        """Break something under load; then everybody is served as before.

        :returns: what the users know in the end.
        """
        prefix = self.id().rpartition('.')[2]
        with users.Users(self.server.port, prefix, _CLIENTS) as load:
            load.wait_for_all(1)
            inflict()
            load.wait_for_all(1)
            refused = sum(user.ledger.refused for user in load.users)
            load.wait_for_all(1)
        for user in load.users:
            user.list(user.name)
        known = load.compare({})
        self.assertEqual(refused, known.refused, 'still refused afterwards')
        self.assertEqual([], known.faults)
        self.assertLessEqual(self._connections(), _WORKERS * _CONNECTIONS)
        return known

    def _connections(self) -> int:
        """Return how many our engines have; Nova's do not read keys."""
        listed = self.stage.database.execute(
            "SELECT COUNT(*) FROM processlist WHERE db = 'nova_api'",
            'information_schema',
        )
        return int(listed)

    def test_workers_are_killed(self) -> None:
        def kill() -> None:
            for _ in range(_KILLS):
                self.server.kill_a_worker()
                time.sleep(1)

        known = self.check(kill)
        self.assertEqual(0, known.refused)
        self.assertLess(0, known.unanswered, 'the kills have hit nobody')

    def test_clients_hang_up(self) -> None:
        leaver = leavers.Leaver(self.server.port, 'leaver')

        def leave() -> None:
            leaver.start()
            try:
                time.sleep(10)
            finally:
                leaver.stop()

        self.assertEqual(0, self.check(leave).refused)
        self.assertEqual([], leaver.problems())

    def test_connections_are_killed(self) -> None:
        def kill() -> None:
            # One that is in use is hit by every second, and if each kept
            # its place there would soon be none.
            for _ in range(40):
                self.stage.database.kill_connections()
                time.sleep(0.2)

        self.check(kill)
