# SPDX-License-Identifier: Apache-2.0

"""What users were told, and whether a list or the table agrees.

Each keeps a ledger of its own, for names that nobody else uses. What an
answer says is known; after a 503, or no answer, nobody can know whether a
change was made, and either is right until somebody has asked again.
"""

import enum
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from keypair_ext.tests.functional.load import client

Key = tuple[str, str]
Row = tuple[str, str, str]


class State(enum.Enum):
    """What is known of a name."""

    PRESENT = 'there'
    ABSENT = 'not there'
    CREATING = 'there or not yet'
    DELETING = 'there or no more'


class Entry(NamedTuple):
    """What is known of a key pair; an empty public key is any."""

    state: State
    public_key: str = ''


class Fault(NamedTuple):
    """What must not be: its kind, and in words."""

    kind: str
    text: str


LOST = 'lost'
DOUBLED = 'doubled'
OVER_QUOTA = 'over quota'
UNEXPECTED = 'unexpected'
KINDS = (LOST, DOUBLED, OVER_QUOTA, UNEXPECTED)

# The statuses of a change that has been made.
_DONE = {'import': 200, 'generate': 200, 'delete': 202}


@dataclass
class Ledger:
    """What one user knows, or all of them together.

    :ivar entries: by user and name.
    :ivar answers: how often each (operation, status) was met.
    :ivar acknowledged: how many changes were.
    :ivar longest: how many seconds an answer took at most.
    :ivar private_keys: all that were given out.
    """

    entries: dict[Key, Entry] = field(default_factory=dict)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    acknowledged: int = 0
    longest: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    private_keys: list[str] = field(default_factory=list)

    def note(self, action: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self.answers[action, status] += 1
        self.acknowledged += _DONE.get(action) == status
        self.longest = max(self.longest, seconds)

    def fault(self, kind: str, text: str) -> None:
        """Write down what must not be."""
        self.faults.append(Fault(kind, text))

    def names(self, user_id: str, *states: State) -> list[str]:
        """Return the names of a user that are in one of these states."""
        return [
            name
            for (user, name), entry in self.entries.items()
            if user == user_id and entry.state in states
        ]

    def met(self, status: int, *actions: str) -> int:
        """Count the answers of a status, to these actions or to all."""
        # A copy: the user may be at work.
        return sum(
            count
            for (action, met), count in dict(self.answers).items()
            if met == status and (action in actions or not actions)
        )

    @property
    def refused(self) -> int:
        return self.met(503)

    @property
    def unanswered(self) -> int:
        return self.met(client.NO_ANSWER)

    def count(self, kind: str) -> int:
        """Return how many faults are of a kind."""
        return sum(fault.kind == kind for fault in self.faults)


def compare(
    ledgers: Iterable[Ledger],
    tables: Mapping[str, Sequence[Row]],
    quota: float = math.inf,
) -> Ledger:
    """Hold what users know against the rows of every table.

    :param tables: the same one on each node of a cluster, by its name.
    :param quota: how many key pairs a user may have.
    :returns: all that they know, and all that is wrong.
    """
    whole = Ledger()
    for known in ledgers:
        whole.entries.update(known.entries)
        whole.answers += known.answers
        whole.acknowledged += known.acknowledged
        whole.longest = max(whole.longest, known.longest)
        whole.faults += known.faults
        whole.private_keys += known.private_keys
    for count in Counter(whole.private_keys).values():
        if count > 1:
            whole.fault(DOUBLED, 'a private key')
    for where, rows in tables.items():
        whole.faults += differences(where, rows, whole.entries)
        for user_id, count in Counter(row[0] for row in rows).items():
            if count > quota:
                whole.fault(OVER_QUOTA, f'{where}: {user_id} has {count}')
    for one, other in itertools.pairwise(tables):
        if sorted(tables[one]) != sorted(tables[other]):
            whole.fault(UNEXPECTED, f'{one} and {other} differ')
    return whole


def differences(
    where: str, rows: Iterable[Row], entries: Mapping[Key, Entry]
) -> Iterable[Fault]:
    """Say what rows and entries disagree on."""
    kept: dict[Key, list[str]] = defaultdict(list)
    for user_id, name, public_key in rows:
        kept[user_id, name].append(public_key)
    for key, entry in entries.items():
        there = kept.get(key, [])
        if entry.state is State.PRESENT and not there:
            yield Fault(LOST, f'{where}: {key}')
        if entry.state is State.ABSENT and there:
            yield Fault(DOUBLED, f'{where}: {key} was deleted or refused')
        if entry.public_key and there and there[0] != entry.public_key:
            yield Fault(LOST, f'{where}: {key} has another public key')
    for key, public_keys in kept.items():
        if len(public_keys) > 1:
            yield Fault(DOUBLED, f'{where}: {key}')
        if key not in entries:
            yield Fault(UNEXPECTED, f'{where}: nobody made {key}')
