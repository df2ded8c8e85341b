# SPDX-License-Identifier: Apache-2.0

"""Clients that write and read all the time, and remember what they were told.

Each client is a user of its own. What was acknowledged has to be there in the
end; what was refused with 503, or not answered, may or may not be there until
the client has asked again.
"""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.servers import process

_PATH: Final = '/v2.1/os-keypairs'
_TIMEOUT: Final = 120

# How many key pairs a client has when it begins to delete one for each that
# it creates.
_PLENTY: Final = 20

NO_ANSWER: Final = 0


@dataclass
class Ledger:
    """What one user knows of the key pairs."""

    stored: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    acknowledged: int = 0
    refused: int = 0
    unanswered: int = 0
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
        self._port = port
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
        keypair = {'name': name, 'public_key': fixtures.KEY}
        told = self._until_told('POST', _PATH, {'keypair': keypair})
        self._settle(name, told, done=200, done_before=409)
        if told.status in (200, 409):
            self.ledger.stored.add(name)
        return told.status

    def delete(self, name: str) -> None:
        """Delete a key pair."""
        self.ledger.stored.remove(name)
        told = self._until_told('DELETE', f'{_PATH}/{name}')
        self._settle(name, told, done=202, done_before=404)

    def read(self) -> None:
        """List all, and compare."""
        told = self._ask('GET', _PATH)
        if told.status == 200:
            rows = told.document['keypairs']
            self.ledger.check([row['keypair']['name'] for row in rows])
        elif not told.is_refusal:
            self.ledger.wrong.append(f'GET: {told}')

    def _settle(
        self, name: str, told: '_Told', done: int, done_before: int
    ) -> None:
        """Note how a change has ended.

        :param done_before: the status that is right only if the change may
            have been made by an earlier try.
        """
        was_unknown = name in self.ledger.unknown
        if told.is_refusal:
            self.ledger.unknown.add(name)
            return
        self.ledger.unknown.discard(name)
        if told.status == done:
            self.ledger.acknowledged += 1
        elif told.status != done_before or not was_unknown:
            self.ledger.wrong.append(f'{name}: {told}')

    def _until_told(
        self, method: str, path: str, document: object = None
    ) -> '_Told':
        """Send a change, and once more if it was refused."""
        name = path.rpartition('/')[2]
        if document is not None:
            name = document['keypair']['name']  # type: ignore[index]
        told = self._ask(method, path, document)
        if told.is_refusal:
            self.ledger.unknown.add(name)
            time.sleep(0.1)
            told = self._ask(method, path, document)
        return told

    def _ask(self, method: str, path: str, document: object = None) -> '_Told':
        began = time.monotonic()
        told = _send(self._port, self.user, method, path, document)
        took = time.monotonic() - began
        self.ledger.longest = max(self.ledger.longest, took)
        if told.status == NO_ANSWER:
            self.ledger.unanswered += 1
        elif told.status == 503:
            self.ledger.refused += 1
        return told


@dataclass(frozen=True)
class _Told:
    """An answer, or that there was none."""

    status: int
    retry_after: str | None = None
    document: Any = None

    @property
    def is_refusal(self) -> bool:
        """Whether the client may ask again; nothing else may be a 5xx."""
        if self.status == NO_ANSWER:
            return True
        return self.status == 503 and self.retry_after is not None


def _send(
    port: int, user: str, method: str, path: str, document: object
) -> _Told:
    connection = http.client.HTTPConnection(
        process.LOOPBACK, port, timeout=_TIMEOUT
    )
    body = None if document is None else json.dumps(document)
    headers = {
        'X-Auth-Token': f'{user}:aaaa:member,reader',
        'Content-Type': 'application/json',
    }
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException):
        return _Told(NO_ANSWER)
    finally:
        connection.close()
    return _Told(
        answer.status,
        answer.headers['Retry-After'],
        json.loads(text) if text else None,
    )


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
        client = self.clients[number]
        while not self._stop.is_set():
            before = client.ledger.acknowledged
            client.work()
            self._rounds[number] += client.ledger.acknowledged > before

    def wait_for_all(self, rounds: int, timeout: float = 60) -> float:
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
            thread.join(_TIMEOUT)
