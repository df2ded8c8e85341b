# SPDX-License-Identifier: Apache-2.0

"""Green threads: many requests at once in one thread, and a ledger.

Nothing of a request may hang on what a green thread does not have, such as
an identity of its own that ends with it. Under gunicorn's gevent worker, as
the shipped file with ``--worker-class gevent`` serves, and with eventlet.
"""

import importlib.util
import sys
import time
from pathlib import Path
from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional.faults import (
    cases,
    engines,
    stack,
    test_faults,
)
from keypair_ext.tests.functional.faults.stack import Service
from keypair_ext.tests.functional.load import client, leavers
from keypair_ext.tests.functional.servers import gunicorn

CLIENTS = 64
CONNECTIONS = 6

_EVENTLET = 'keypair_ext.tests.functional.faults.green'


class _Green(Service):
    """One process, whose requests share one thread."""

    def most_connections(self, seconds: float) -> int:
        """Return how many there were at most while time went by."""
        end = time.monotonic() + seconds
        most = 0
        while time.monotonic() < end:
            most = max(most, self.engine.connections(self.url, self.pid()))
            time.sleep(0.05)
        return most

    def pid(self) -> int:
        """Return the process that serves."""
        (pid,) = self.workers() or {self.server.daemon.pid}
        return pid


class _Gevent(_Green):
    module = 'gevent'

    def make_server(self) -> gunicorn.Gunicorn:
        return gunicorn.Gunicorn(
            self.directory, options=['--worker-class', 'gevent']
        )


class _GeventWorkers(_Gevent):
    """As many processes as the cases know."""

    def make_server(self) -> gunicorn.Gunicorn:
        return gunicorn.Gunicorn(
            self.directory,
            workers=stack.WORKERS,
            options=['--worker-class', 'gevent'],
        )


class _Eventlet(_Green):
    module = 'eventlet'

    def make_server(self) -> gunicorn.Gunicorn:
        return _EventletServer(self.directory)


class _EventletServer(gunicorn.Gunicorn):
    def command(self) -> list[str | Path]:
        return [
            sys.executable,
            '-m',
            _EVENTLET,
            str(self.port),
            gunicorn.APPLICATION,
        ]


class SQLiteTest(base.TestCase):
    engine_type: ClassVar[type[engines.Engine]] = engines.SQLite
    engine: ClassVar[engines.Engine]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.engine = cls.use(cls.engine_type())

    def serve(self, kind: type[_Gevent] | type[_Eventlet]) -> _Green:
        """Start the service with few connections in each process."""
        if importlib.util.find_spec(kind.module) is None:
            self.skipTest(f'{kind.module} is not installed')
        return self.useFixture(
            kind(
                self.engine,
                database={
                    'max_pool_size': CONNECTIONS - 1,
                    'max_overflow': 1,
                    'pool_timeout': client.TIMEOUT,
                },
            )
        )

    def _check(self, kind: type[_Gevent] | type[_Eventlet]) -> None:
        service = self.serve(kind)
        most = []
        outcome = service.break_under_load(
            f'{kind.module} threads',
            lambda: most.append(service.most_connections(2)),
            CLIENTS,
        )
        # Each waits for many others, as long as a machine is busy.
        self.assertEqual([], outcome.problems(longest=client.TIMEOUT))
        self.assertEqual(0, outcome.known.refused)
        self.assertLess(CLIENTS, outcome.known.acknowledged)
        self.assertTrue(0 < most[0] <= CONNECTIONS, most)

    def test_gevent(self) -> None:
        self._check(_Gevent)

    def test_eventlet(self) -> None:
        self._check(_Eventlet)


@test_faults.needs_servers
class MariaDBTest(SQLiteTest):
    engine_type = engines.MariaDB

    def test_gevent_while_all_are_killed(self) -> None:
        """Workers, then connections; clients hang up all the time."""
        service = self.serve(_GeventWorkers)
        leaver = leavers.Leaver(service.server.port, 'leaver')

        def inflict() -> None:
            leaver.start()
            try:
                for name in ('workers killed', 'connections killed'):
                    cases.CASES[name].inflict(service)
            finally:
                leaver.stop()

        outcome = service.break_under_load('gevent killed', inflict, CLIENTS)
        self.assertEqual([], outcome.known.faults)
        self.assertEqual([], leaver.problems())
        self.assertLessEqual(
            self.engine.connections(service.url, service.server.daemon.pid),
            stack.WORKERS * CONNECTIONS,
        )


@test_faults.needs_servers
class PostgreSQLTest(SQLiteTest):
    engine_type = engines.PostgreSQL
