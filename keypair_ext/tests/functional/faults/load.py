# SPDX-License-Identifier: Apache-2.0

"""Clients that write and read all the time, and remember what they were told.

Each client is a user of its own. What was acknowledged has to be there in the
end; what was refused with 503, or not answered, may or may not be there until
the client has asked again.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.galera import client
from keypair_ext.tests.functional.servers import process

# How many key pairs a client has when it begins to delete one for each that
# it creates.
_PLENTY: Final = 20


@dataclass
class Ledger:
    """What one user knows of the key pairs."""

    stored: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    acknowledged: int = 0
    refused: int = 0
    unanswered: int = 0
    unread: int = 0
    longest: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def check(self, found: list[str]) -> None:
        """Compare a list of names with what was acknowledged."""
        if len(set(found)) != len(found):
            self.wrong.append('doubled')
        for name in self.stored - set(found):
            self.wrong.append(f'lost: {name}')
        for name in set(found) - self.stored - self.unknown:
            self.wrong.append(f'back again: {name}')


class Client:
    """One user of the service.

    :param port: the service's, on the loopback address.
    :param user: the user's id.
    """

    def __init__(self, port: int, user: str) -> None:
        self.user = user
        self.ledger = Ledger()
        self._client = client.Client(port, user)
        self._made = 0

    def work(self) -> None:
        """Create one, read all, and delete one if there are many."""
        self._made += 1
        self.create(f'k{self._made}')
        self.read()
        if len(self.ledger.stored) > _PLENTY:
            self.delete(min(self.ledger.stored))

    def create(self, name: str) -> int:
        """Import a key; say with which status."""
        answer = self._change(
            name,
            lambda: self._client.import_key(name, fixtures.KEY),
            done=200,
            done_before=409,
        )
        if answer.status in (200, 409):
            self.ledger.stored.add(name)
        return answer.status

    def delete(self, name: str) -> None:
        """Delete a key pair."""
        self.ledger.stored.remove(name)
        self._change(
            name,
            lambda: self._client.delete(name),
            done=202,
            done_before=404,
        )

    def read(self) -> None:
        """List all, and compare."""
        answer = self._ask(self._client.list)
        if answer.status == 200:
            rows = answer.json()['keypairs']
            self.ledger.check([row['keypair']['name'] for row in rows])
        elif answer.is_refusal:
            self.ledger.unread += 1
        else:
            self.ledger.wrong.append(f'GET: {answer}')

    def _change(
        self,
        name: str,
        send: Callable[[], client.Answer],
        done: int,
        done_before: int,
    ) -> client.Answer:
        """Send a change, once more if it was refused; note how it ended.

        :param done_before: the status that is right only if the change may
            have been made by an earlier try.
        """
        answer = self._ask(send)
        if answer.is_refusal:
            self.ledger.unknown.add(name)
            time.sleep(0.1)
            answer = self._ask(send)
        was_unknown = name in self.ledger.unknown
        if answer.is_refusal:
            self.ledger.unknown.add(name)
            return answer
        self.ledger.unknown.discard(name)
        if answer.status == done:
            self.ledger.acknowledged += 1
        elif answer.status != done_before or not was_unknown:
            self.ledger.wrong.append(f'{name}: {answer}')
        return answer

    def _ask(self, send: Callable[[], client.Answer]) -> client.Answer:
        began = time.monotonic()
        answer = send()
        took = time.monotonic() - began
        self.ledger.longest = max(self.ledger.longest, took)
        self.ledger.unanswered += answer.status == client.NO_ANSWER
        self.ledger.refused += answer.status == 503
        return answer


class Load:
    """Clients at work in threads of their own.

    :param port: the service's.
    :param prefix: of the users' ids, so that each load has users of its own.
    """

    def __init__(self, port: int, prefix: str, count: int = 6) -> None:
        self.clients = [Client(port, f'{prefix}-{n}') for n in range(count)]
        self._rounds = [0] * count
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(n,), daemon=True)
            for n in range(count)
        ]

    def start(self) -> None:
        """Start the clients."""
        for thread in self._threads:
            thread.start()

    def _run(self, number: int) -> None:
        worker = self.clients[number]
        while not self._stop.is_set():
            before = worker.ledger.acknowledged
            worker.work()
            self._rounds[number] += worker.ledger.acknowledged > before

    def wait_for_all(self, rounds: int, timeout: float = 300) -> float:
        """Wait until each has that many writes acknowledged from now on.

        :returns: after how many seconds.
        """
        began = time.monotonic()
        wanted = [done + rounds for done in self._rounds]
        process.wait_until(
            lambda: all(
                done >= enough
                for done, enough in zip(self._rounds, wanted, strict=True)
            ),
            'every client is served',
            timeout,
        )
        return time.monotonic() - began

    def stop(self) -> None:
        """Let each client finish what it is doing, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(client.TIMEOUT)
