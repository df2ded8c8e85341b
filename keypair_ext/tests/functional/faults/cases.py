# SPDX-License-Identifier: Apache-2.0

"""What is done to a database or to the service, by name.

Each case breaks something, waits while clients go on, and has mended it when
it returns.
"""

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from keypair_ext.db import models
from keypair_ext.tests.functional import fixtures, service_cases
from keypair_ext.tests.functional.faults import engines
from keypair_ext.tests.functional.faults.stack import Service
from keypair_ext.tests.functional.load.client import Client
from keypair_ext.tests.functional.servers import process


@dataclass(frozen=True)
class Case:
    """A fault.

    :ivar inflict: what is done.
    :ivar server_only: SQLite has nothing of the kind.
    :ivar is_refused: somebody has to be told 503, else nothing has happened.
    :ivar may_lose_workers: because it is they who are killed.
    """

    inflict: Callable[[Service], None]
    server_only: bool = True
    is_refused: bool = False
    may_lose_workers: bool = False

    def fits(self, engine: type[engines.Engine]) -> bool:
        """Say whether a kind of database can have it."""
        return not self.server_only or issubclass(engine, engines.Server)


def _server(service: Service) -> engines.Server:
    assert isinstance(service.engine, engines.Server)
    return service.engine


def _nothing(service: Service) -> None:
    time.sleep(3)


def _connections_killed(service: Service) -> None:
    for _ in range(15):
        _server(service).kill_connections()
        time.sleep(0.2)


def _server_restarted(service: Service) -> None:
    server = _server(service)
    for _ in range(2):
        server.stop()
        time.sleep(1)
        server.start()


def _away_at_start(service: Service) -> None:
    """Start the service while there is no database."""
    server = _server(service)
    service.server.daemon.stop()
    server.stop()
    service.server.daemon.start()
    time.sleep(2)
    server.start()


def _server_killed(service: Service) -> None:
    server = _server(service)
    for _ in range(2):
        server.crash()
        time.sleep(1)
        server.start()
        time.sleep(0.5)


def _server_frozen(service: Service) -> None:
    server = _server(service)
    server.pause()
    time.sleep(5)
    server.resume()


def _server_read_only(service: Service) -> None:
    with _server(service).read_only(service.url):
        time.sleep(3)


def _disk_full(service: Service) -> None:
    # Takes what the clients' deletions free, for they would be content.
    filler = Client(service.server.port, 'filler')
    began = time.monotonic()
    with service.engine.full(service.url):
        # Connections are held for five seconds, and know of nothing before.
        refused = 0
        while time.monotonic() < began + 8 or not refused:
            if time.monotonic() > began + 30:
                break
            name = f'k{time.monotonic_ns()}'
            refused += filler.import_key(name, fixtures.KEY).is_refusal


def _table_locked(service: Service) -> None:
    with service.engine.locked(service.url):
        time.sleep(7)


def _deadlocks(service: Service) -> None:
    """Let transactions of the service be chosen as victims."""
    server = _server(service)
    before = server.deadlocks()
    rival = _Rival(service)
    for number in range(40):
        rival.collide(f'contested-{number}')
        if server.deadlocks() > before + 3:
            break
    rival.check(server.deadlocks() - before)


class _Rival:
    """Writes the same names as two clients, in transactions of its own."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._clients = [
            Client(service.server.port, 'contested') for _ in range(2)
        ]
        self._statuses: list[int] = []

    def collide(self, name: str) -> None:
        """Take a name, let the clients wait for it, and give it up."""
        server = _server(self._service)
        with server.session(self._service.url) as connection:
            connection.execute(
                sa.insert(models.key_pairs).values(
                    user_id='contested', name=name
                )
            )
            threads = [
                threading.Thread(
                    target=lambda client: self._statuses.append(
                        client.import_key(name, fixtures.KEY).status
                    ),
                    args=(client,),
                )
                for client in self._clients
            ]
            for thread in threads:
                thread.start()
            time.sleep(0.1)
            self._wait_for_them(connection)
            connection.rollback()
        for thread in threads:
            thread.join()

    def _wait_for_them(self, connection: sa.Connection) -> None:
        """Close the circle where the server itself does not."""
        if connection.dialect.name == 'postgresql':
            connection.exec_driver_sql("SET deadlock_timeout = '10s'")
            connection.exec_driver_sql(
                'SELECT pg_advisory_xact_lock('
                "hashtextextended('contested', 7038329))"
            )

    def check(self, deadlocks: int) -> None:
        """Hold what the clients were told to what there was room for."""
        assert deadlocks, 'there was no deadlock'
        assert set(self._statuses) == {200, 409}, self._statuses
        wins = self._statuses.count(200)
        assert wins == len(self._statuses) // 2, self._statuses


def _workers_killed(service: Service) -> None:
    for _ in range(12):
        workers = sorted(service.workers())
        if workers:
            engines.kill(random.choice(workers))
        time.sleep(0.3)
    process.wait_until(lambda: len(service.workers()) == 4, 'workers are back')


def _slow_clients(service: Service) -> None:
    """Send half of a body, wait, and send the rest or go away."""
    body = service_cases.import_body('slow')
    for goes_away in (True, False):
        with _half_sent(service, body) as client:
            for _ in range(4):
                time.sleep(1)
                if isinstance(service.engine, engines.Server):
                    assert not service.engine.old_transactions()
            if not goes_away:
                client.sendall(body[len(body) // 2 :])
                assert b' 200 ' in client.recv(4096).splitlines()[0]


@contextlib.contextmanager
def _half_sent(service: Service, body: bytes) -> Iterator[socket.socket]:
    head = (
        'POST /v2.1/os-keypairs HTTP/1.1\r\nHost: localhost\r\n'
        f'X-Auth-Token: {fixtures.TOKEN}\r\n'
        'Content-Type: application/json\r\n'
        f'Content-Length: {len(body)}\r\n\r\n'
    )
    with socket.create_connection(
        (process.LOOPBACK, service.server.port), timeout=60
    ) as client:
        client.sendall(head.encode() + body[: len(body) // 2])
        yield client


CASES: Final[dict[str, Case]] = {
    'nothing': Case(_nothing, server_only=False),
    'deadlocks': Case(_deadlocks),
    'table locked for 7 s': Case(
        _table_locked, server_only=False, is_refused=True
    ),
    'connections killed': Case(_connections_killed),
    'server stopped and started': Case(_server_restarted, is_refused=True),
    'server away when workers start': Case(
        _away_at_start, is_refused=True, may_lose_workers=True
    ),
    'server killed and started': Case(_server_killed, is_refused=True),
    'server frozen for 5 s': Case(_server_frozen),
    'server read only': Case(_server_read_only, is_refused=True),
    'disk full': Case(_disk_full, server_only=False, is_refused=True),
    'slow clients': Case(_slow_clients, server_only=False),
    'workers killed': Case(
        _workers_killed, server_only=False, may_lose_workers=True
    ),
}
