# SPDX-License-Identifier: Apache-2.0

"""Clients that do a bit of everything, and write down what they are told."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.galera import client, ledger
from keypair_ext.tests.functional.galera.ledger import Entry, State

# One of these at a time, as often as their weights say.
_WEIGHTS: Final = {
    'import': 40,
    'import again': 5,
    'generate': 2,
    'show': 15,
    'list': 10,
    'delete': 28,
}

_UNAVAILABLE: Final = 503


class LoadingClient:
    """One client: a user of its own, and one that it shares with others.

    :param ports: of the servers, which it asks by turns.
    :param quota: how many key pairs a user may have.
    """

    def __init__(
        self, number: int, ports: Sequence[int], shared: str, quota: int
    ) -> None:
        self.ledger = ledger.Ledger()
        self._number = number
        self._ports = ports
        self._own = f'own-{number}'
        self._users = (self._own, shared)
        self._quota = quota
        self._random = random.Random(number)
        self._made = 0
        self._actions: dict[str, Callable[[str], None]] = {
            'import': self._import,
            'import again': self._import_again,
            'generate': self._generate,
            'show': self._show,
            'list': self._list,
            'delete': self._delete,
        }

    def run(self, stop: threading.Event) -> None:
        """Go on until told to stop."""
        names, weights = list(_WEIGHTS), list(_WEIGHTS.values())
        while not stop.is_set():
            (name,) = self._random.choices(names, weights)
            self._actions[name](self._random.choice(self._users))

    def _client(self, user_id: str) -> client.Client:
        return client.Client(self._random.choice(self._ports), user_id)

    def _note(
        self, action: str, answer: client.Answer, *expected: int
    ) -> bool:
        """Count an answer; tell whether it says what has been done."""
        self.ledger.answers[action, answer.status] += 1
        if answer.status in expected:
            return True
        if answer.status == _UNAVAILABLE and 'Retry-After' in answer.headers:
            time.sleep(float(answer.headers['Retry-After']))
        elif answer.status:
            self.ledger.fault(
                ledger.UNEXPECTED,
                f'{action}: {answer.status} {answer.body[:200]!r}',
            )
        return False

    def _known(self, user_id: str, state: State) -> str | None:
        names = self.ledger.names(user_id, state)
        return self._random.choice(names) if names else None

    def _set(self, user_id: str, name: str, entry: Entry) -> None:
        self.ledger.entries[user_id, name] = entry

    # What a client does.

    def _new_name(self) -> str:
        self._made += 1
        return f'{self._number}-{self._made}'

    def _import(self, user_id: str) -> None:
        name = self._new_name()
        answer = self._client(user_id).import_key(name, fixtures.KEY)
        self._created('import', user_id, name, answer)

    def _generate(self, user_id: str) -> None:
        name = self._new_name()
        answer = self._client(user_id).generate(name)
        self._created('generate', user_id, name, answer)

    def _created(
        self, action: str, user_id: str, name: str, answer: client.Answer
    ) -> None:
        """Write down what a creation under a new name has done."""
        known = self._note(action, answer, 200, 403)
        if not known:
            self._set(user_id, name, Entry(State.UNKNOWN))
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
        if user_id != self._own:
            return
        most = sum(
            1
            for (user, _), entry in self.ledger.entries.items()
            if user == user_id and entry.state is not State.ABSENT
        )
        if most < self._quota:
            self.ledger.fault(ledger.UNEXPECTED, f'403, with {most} keys')

    def _import_again(self, user_id: str) -> None:
        name = self._known(user_id, State.PRESENT)
        if name is not None:
            answer = self._client(user_id).import_key(name, fixtures.OTHER_KEY)
            if answer.status == 200:
                self.ledger.fault(ledger.DOUBLED, f'{name} made again')
            self._note('import again', answer, 200, 403, 409)

    def _show(self, user_id: str) -> None:
        state = self._random.choice((State.PRESENT, State.ABSENT))
        name = self._known(user_id, state)
        if name is None:
            return
        answer = self._client(user_id).show(name)
        if not self._note('show', answer, 200, 404):
            return
        if answer.status == 404 and state is State.PRESENT:
            self.ledger.fault(ledger.LOST, f'{name} not shown')
        if answer.status == 200 and state is State.ABSENT:
            self.ledger.fault(ledger.DOUBLED, f'{name} shown')

    def _list(self, user_id: str) -> None:
        answer = self._client(user_id).list()
        if not self._note('list', answer, 200):
            return
        listed = {row['keypair']['name'] for row in answer.json()['keypairs']}
        if len(listed) > self._quota:
            self.ledger.fault(
                ledger.OVER_QUOTA, f'{user_id} lists {len(listed)}'
            )
        for name in self.ledger.names(user_id, State.PRESENT):
            if name not in listed:
                self.ledger.fault(ledger.LOST, f'{name} not listed')
        for name in self.ledger.names(user_id, State.ABSENT):
            if name in listed:
                self.ledger.fault(ledger.DOUBLED, f'{name} listed')

    def _delete(self, user_id: str) -> None:
        name = self._known(user_id, State.PRESENT)
        if name is None:
            return
        answer = self._client(user_id).delete(name)
        if not self._note('delete', answer, 202, 404):
            self._set(user_id, name, Entry(State.UNKNOWN))
            return
        if answer.status == 404:
            self.ledger.fault(ledger.LOST, f'{name} not there to delete')
        self._set(user_id, name, Entry(State.ABSENT))
