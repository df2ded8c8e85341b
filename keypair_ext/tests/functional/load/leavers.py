# SPDX-License-Identifier: Apache-2.0

"""Clients that hang up in the middle, and never hear what became of it."""

import contextlib
import random
import socket
import struct
import threading
import time
from typing import Final

from keypair_ext.tests.functional import service_cases
from keypair_ext.tests.functional.load import client
from keypair_ext.tests.functional.servers import process

# The other side is told by a reset, instead of politely.
_RESET: Final = struct.pack('ii', 1, 0)


class Leaver:
    """One user who leaves again and again, in a thread of its own.

    :param port: the server's, on the loopback address.
    :param user: the user's id.
    """

    def __init__(self, port: int, user: str) -> None:
        self._port = port
        self._user = user
        self._client = client.Client(port, user)
        self._sent: list[str] = []
        self._whole: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to leave."""
        self._thread.start()

    def stop(self) -> None:
        """Come to an end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._leave(f'k{len(self._sent)}')

    def _leave(self, name: str) -> None:
        """Send a request for a new key pair, or half of one, and go."""
        self._sent.append(name)
        body = service_cases.import_body(name)
        head = (
            'POST /v2.1/os-keypairs HTTP/1.1\r\nHost: localhost\r\n'
            f'X-Auth-Token: {self._user}:aaaa:member,reader\r\n'
            'Content-Type: application/json\r\n'
            f'Content-Length: {len(body)}\r\n\r\n'
        ).encode()
        whole = head + body
        end = random.choice(
            (len(head) // 2, len(head), len(head) + len(body) // 2, len(whole))
        )
        if end == len(whole):
            self._whole.add(name)
        with (
            contextlib.suppress(OSError),
            socket.create_connection((process.LOOPBACK, self._port)) as going,
        ):
            if random.random() < 0.5:
                going.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            going.sendall(whole[:end])
            time.sleep(random.uniform(0, 0.1))

    def problems(self) -> list[str]:
        """Return what is wrong with what has been left behind."""
        found = self._names()
        wrong = [f'stored from a half: {name}' for name in found - self._whole]
        for name in found:
            deleted = self._client.delete(name)
            if deleted.status != 202:
                wrong.append(f'{name}: {deleted}')
        if not found:
            wrong.append(f'nothing came of {len(self._whole)} requests')
        wrong += [f'back again: {name}' for name in self._names()]
        return wrong

    def _names(self) -> set[str]:
        rows = self._client.list().json()['keypairs']
        return {row['keypair']['name'] for row in rows}
