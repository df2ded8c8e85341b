# SPDX-License-Identifier: Apache-2.0

"""Clients race for the last places of a quota, and for one name.

Run as a program it prints what they have left behind::

    python -m keypair_ext.tests.functional.galera.races --rounds 40
"""

import argparse
import functools
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.galera import stage
from keypair_ext.tests.functional.load import client
from keypair_ext.tests.functional.servers import galera, haproxy
from keypair_ext.tests.unit.db import database

QUOTA: Final = 10
RACERS: Final = 24

_numbers = itertools.count()

Action = Callable[[client.Client, str], client.Answer]


class Outcome(NamedTuple):
    """How some races have ended.

    :ivar statuses: of all requests.
    :ivar left: how many key pairs each user had in the end, by how often.
    """

    statuses: Counter[int]
    left: Counter[int]

    @property
    def most_over(self) -> int:
        """The largest number of key pairs above the quota."""
        return max(0, max(self.left) - QUOTA)


def import_key(asking: client.Client, name: str) -> client.Answer:
    return asking.import_key(name, fixtures.KEY)


def generate(asking: client.Client, name: str) -> client.Answer:
    return asking.generate(name)


class Racing:
    """Races on a stage whose quota is ``QUOTA``."""

    def __init__(self, running: stage.Stage) -> None:
        self._stage = running

    def for_places(
        self, rounds: int, places: int, action: Action, racers: int = RACERS
    ) -> Outcome:
        """Race for the last places with names that differ."""
        names = [f'{"az"[n % 2]}{n}' for n in range(racers)]
        return self._race(rounds, QUOTA - places, names, action)

    def for_a_name(
        self, rounds: int, places: int, action: Action, racers: int = RACERS
    ) -> Outcome:
        """Race for one name, with that many places left."""
        return self._race(rounds, QUOTA - places, ['same'] * racers, action)

    def _race(
        self, rounds: int, filled: int, names: Sequence[str], action: Action
    ) -> Outcome:
        statuses: Counter[int] = Counter()
        users = [f'racer{next(_numbers)}' for _ in range(rounds)]
        for user_id in users:
            for number in range(filled):
                self._import(user_id, f'old{number}')
            statuses.update(self._together(user_id, names, action))
        return Outcome(statuses, Counter(self._left(users)))

    def _import(self, user_id: str, name: str) -> None:
        answer = import_key(self._client(user_id, 0), name)
        if answer.status != 200:
            raise AssertionError(f'{answer.status}: {answer.body!r}')

    def _client(self, user_id: str, number: int) -> client.Client:
        groups = self._stage.groups
        return client.Client(groups[number % len(groups)].port, user_id)

    def _together(
        self, user_id: str, names: Sequence[str], action: Action
    ) -> list[int]:
        def run(number: int) -> int:
            asking = self._client(user_id, number)
            return action(asking, names[number]).status

        works = [functools.partial(run, n) for n in range(len(names))]
        return [int(status) for status in database.run_together(works)]

    def _left(self, users: Sequence[str]) -> list[int]:
        """Return how many key pairs each user has, on every node."""
        counts = [
            Counter(user_id for user_id, _, _ in rows)
            for rows in self._stage.rows().values()
        ]
        for other in counts[1:]:
            if other != counts[0]:
                raise AssertionError('the nodes differ')
        return [counts[0][user_id] for user_id in users]


def main() -> None:
    """Print, for each mode, what races for the last places leave."""
    parser = argparse.ArgumentParser(prog='races')
    parser.add_argument('--rounds', type=int, default=20)
    rounds = parser.parse_args().rounds
    sys.stdout.write(
        f'{RACERS} imports at once, {rounds} times, quota {QUOTA}\n'
        'writers  guard  places  most over  answers\n'
    )
    with galera.Cluster() as cluster:
        for mode, guarded in (
            (haproxy.Mode.SINGLE, False),
            (haproxy.Mode.MULTI, False),
            (haproxy.Mode.MULTI, True),
        ):
            described = stage.Stage(
                cluster, mode, quota=QUOTA, quota_guard=guarded
            )
            with described as running:
                _report(rounds, Racing(running), mode, guarded)


def _report(
    rounds: int, racing: Racing, mode: haproxy.Mode, guarded: bool
) -> None:
    for places in (1, 2, 5):
        outcome = racing.for_places(rounds, places, import_key)
        answers = ', '.join(
            f'{status}: {count}'
            for status, count in sorted(outcome.statuses.items())
        )
        sys.stdout.write(
            f'{mode.value:7}  {"yes" if guarded else "no":5}  {places:6}  '
            f'{outcome.most_over:9}  {answers}\n'
        )
        sys.stdout.flush()


if __name__ == '__main__':
    main()
