# SPDX-License-Identifier: Apache-2.0

"""Users that do a bit of everything, and write down what they are told."""

import functools
import math
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, Protocol

import fixtures

from keypair_ext.tests.functional import fixtures as samples
from keypair_ext.tests.functional.load import client, ledger
from keypair_ext.tests.functional.load.ledger import Entry, Row, State
from keypair_ext.tests.functional.servers import process

# One of these at a time, as often as their weights say.
_WEIGHTS: Final = {
    'import': 40,
    'import again': 5,
    'generate': 2,
    'show': 15,
    'list': 10,
    'delete': 28,
    'ask again': 10,
}
# After an answer that is none, or a 503: shorter than the service asks for.
_PAUSE: Final = 0.1


class User:
    """One client: a user of its own, and maybe one that it shares.

    :param name: its own user's; the names of its key pairs begin with it.
    :param connect: makes a client for the id of a user.
    :param shared: the other user.
    :param quota: how many key pairs a user may have.
    :param plenty: of how many it makes no more, but deletes.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[str], client.Client],
        *,
        shared: str = '',
        quota: float = math.inf,
        plenty: int = 20,
    ) -> None:
        self.name = name
        self.ledger = ledger.Ledger()
        self._connect = connect
        self._users = (name, shared) if shared else (name,)
        self._quota = quota
        self._plenty = plenty
        self._random = random.Random(name)
        self._made = 0
        self._actions: dict[str, Callable[[str], None]] = {
            'import': self.import_key,
            'import again': self._import_again,
            'generate': self._generate,
            'show': self._show,
            'list': self.list,
            'delete': self._delete,
            'ask again': self._ask_again,
        }

    @property
    def done(self) -> int:
        return self.ledger.acknowledged

    def work(self) -> None:
        """Do one of these."""
        (action,) = self._random.choices(
            list(_WEIGHTS), list(_WEIGHTS.values())
        )
        self._actions[action](self._random.choice(self._users))

    def ask(
        self,
        action: str,
        user_id: str,
        send: Callable[[client.Client], client.Answer],
        *expected: int,
    ) -> client.Answer | None:
        """Send a request; return an answer that says what is so."""
        asking = self._connect(user_id)
        began = time.monotonic()
        answer = send(asking)
        took = time.monotonic() - began
        self.ledger.note(action, answer.status, took)
        if answer.status in expected:
            return answer
        if answer.is_refusal:
            time.sleep(_PAUSE)
        else:
            self.ledger.fault(
                ledger.UNEXPECTED,
                f'{action}: {answer.status} {answer.body[:200]!r}',
            )
        return None

    def _known(self, user_id: str, *states: State) -> str | None:
        names = self.ledger.names(user_id, *states)
        return self._random.choice(names) if names else None

    def _set(self, user_id: str, name: str, entry: Entry) -> None:
        self.ledger.entries[user_id, name] = entry

    def import_key(self, user_id: str) -> None:
        """Import a key under a new name."""
        self._create(
            'import',
            user_id,
            lambda asking, name: asking.import_key(name, samples.KEY),
        )

    def _generate(self, user_id: str) -> None:
        self._create('generate', user_id, client.Client.generate)

    def _create(
        self,
        action: str,
        user_id: str,
        send: Callable[[client.Client, str], client.Answer],
    ) -> None:
        if len(self.ledger.names(user_id, State.PRESENT)) >= self._plenty:
            self._delete(user_id)
            return
        self._made += 1
        name = f'{self.name}-{self._made}'
        answer = self.ask(
            action, user_id, lambda asking: send(asking, name), 200, 403
        )
        if answer is None:
            self._set(user_id, name, Entry(State.CREATING))
        elif answer.status == 403:
            self._set(user_id, name, Entry(State.ABSENT))
            self._check_refusal(user_id)
        else:
            keypair = answer.json()['keypair']
            self._set(
                user_id, name, Entry(State.PRESENT, keypair['public_key'])
            )
            if 'private_key' in keypair:
                self.ledger.private_keys.append(keypair['private_key'])

    def _check_refusal(self, user_id: str) -> None:
        """Find out whether there was no room; others use a shared user's."""
        names = self.ledger.names(user_id, *State)
        most = len(names) - len(self.ledger.names(user_id, State.ABSENT))
        if user_id == self.name and most < self._quota:
            self.ledger.fault(ledger.UNEXPECTED, f'403, with {most} keys')

    def _import_again(self, user_id: str) -> None:
        if (name := self._known(user_id, State.PRESENT)) is None:
            return
        answer = self.ask(
            'import again',
            user_id,
            lambda asking: asking.import_key(name, samples.OTHER_KEY),
            *(200, 403, 409),
        )
        if answer is not None and answer.status == 200:
            self.ledger.fault(ledger.DOUBLED, f'{name} made again')
        if answer is not None and answer.status == 403:
            self._check_refusal(user_id)

    def _show(self, user_id: str) -> None:
        if (name := self._known(user_id, *State)) is None:
            return
        answer = self.ask(
            'show', user_id, lambda asking: asking.show(name), 200, 404
        )
        if answer is not None:
            shown = [answer.json()['keypair']] if answer.status == 200 else []
            self._compare('shown', user_id, shown, [name])

    def list(
        self, user_id: str, elsewhere: client.Client | None = None
    ) -> None:
        """List all, and compare.

        :param elsewhere: asked instead.
        """
        answer = self.ask(
            'list', user_id, lambda asking: (elsewhere or asking).list(), 200
        )
        if answer is None:
            return
        listed = [row['keypair'] for row in answer.json()['keypairs']]
        if len(listed) > self._quota:
            self.ledger.fault(
                ledger.OVER_QUOTA, f'{user_id} lists {len(listed)}'
            )
        self._compare(
            'listed',
            user_id,
            [row for row in listed if row['name'].startswith(f'{self.name}-')],
            self.ledger.names(user_id, *State),
        )

    def _compare(
        self,
        where: str,
        user_id: str,
        found: Sequence[dict[str, Any]],
        names: Sequence[str],
    ) -> None:
        """Hold what was found under some names against what is known."""
        rows: Sequence[Row] = [
            (user_id, row['name'], row['public_key']) for row in found
        ]
        keys = [(user_id, name) for name in names]
        self.ledger.faults += ledger.differences(
            where, rows, {key: self.ledger.entries[key] for key in keys}
        )

    def _delete(self, user_id: str) -> None:
        name = self._known(user_id, State.PRESENT)
        if name is not None:
            self.delete(user_id, name)

    def delete(self, user_id: str, name: str) -> None:
        """Delete what is there, or may be."""
        was = self.ledger.entries[user_id, name].state
        answer = self.ask(
            'delete', user_id, lambda asking: asking.delete(name), 202, 404
        )
        if answer is None:
            self._set(user_id, name, Entry(State.DELETING))
            return
        if answer.status == 404 and was is State.PRESENT:
            self.ledger.fault(ledger.LOST, f'{name} not there to delete')
        self._set(user_id, name, Entry(State.ABSENT))

    def _ask_again(self, user_id: str) -> None:
        """Ask for the same where nobody knows; the first may come late."""
        if (name := self._known(user_id, State.DELETING)) is not None:
            self.delete(user_id, name)
        elif (name := self._known(user_id, State.CREATING)) is not None:
            self._create_again(user_id, name)

    def _create_again(self, user_id: str, name: str) -> None:
        answer = self.ask(
            'import',
            user_id,
            lambda asking: asking.import_key(name, samples.KEY),
            *(200, 403, 409),
        )
        # With a full quota nobody looks at names.
        if answer is not None and answer.status != 403:
            self._set(user_id, name, Entry(State.PRESENT))


class Worker(Protocol):
    """What a load consists of.

    :ivar done: how often something was done for it.
    """

    @property
    def done(self) -> int: ...

    def work(self) -> None:
        """Do one thing."""


class Load(fixtures.Fixture):
    """Workers at work, each in a thread of its own, until it is stopped.

    :param pause: of each, in seconds, before it goes on.
    :ivar stopped: set when all have to come to an end.
    """

    def __init__(self, workers: Sequence[Worker], pause: float = 0) -> None:
        super().__init__()
        self._workers = workers
        self._pause = pause

    def _setUp(self) -> None:
        self.stopped = threading.Event()
        self._errors: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self.addCleanup(self.stop)
        for worker in self._workers:
            self.run(self._repeat, worker)

    def run(self, work: Callable[..., object], *arguments: object) -> None:
        """Run something in a thread beside them; its error ends all."""

        def guarded() -> None:
            try:
                work(*arguments)
            except Exception as error:  # noqa: BLE001 - raised where it ends
                self._errors.append(error)
                self.stopped.set()

        thread = threading.Thread(target=guarded, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _repeat(self, worker: Worker) -> None:
        while not self.stopped.wait(self._pause):
            worker.work()

    def wait_for_all(self, rounds: int, timeout: float = 300) -> float:
        """Wait until so much more was done for each.

        :returns: after how many seconds.
        """
        began = time.monotonic()
        wanted = [worker.done + rounds for worker in self._workers]
        process.wait_until(
            lambda: (
                self.stopped.is_set()
                or all(
                    worker.done >= enough
                    for worker, enough in zip(
                        self._workers, wanted, strict=True
                    )
                )
            ),
            'every client is served',
            timeout,
        )
        return time.monotonic() - began

    def stop(self) -> None:
        """Let each finish what it is at; :raises Exception: one could not."""
        self.stopped.set()
        for thread in self._threads:
            thread.join(client.TIMEOUT)
        while self._errors:
            raise self._errors.pop()


class Users(Load):
    """A load of users of a server on the loopback address.

    :cvar kind: of user.
    :param prefix: of their names, so that each load has users of its own.
    :param connect: makes a client for a port and the id of a user.
    :param quota: how many key pairs a user may have.
    """

    kind: ClassVar[type[User]] = User

    def __init__(
        self,
        port: int,
        prefix: str,
        count: int = 6,
        connect: Callable[[int, str], client.Client] = client.Client,
        quota: float = math.inf,
    ) -> None:
        self.users = [
            self.kind(
                f'{prefix}-{number}',
                functools.cache(functools.partial(connect, port)),
                quota=quota,
            )
            for number in range(count)
        ]
        super().__init__(self.users)

    def compare(self, tables: Mapping[str, Sequence[Row]]) -> ledger.Ledger:
        """Hold all that they know against tables."""
        return ledger.compare([user.ledger for user in self.users], tables)
