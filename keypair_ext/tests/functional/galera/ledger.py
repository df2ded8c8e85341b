# SPDX-License-Identifier: Apache-2.0

"""What clients were told, and whether the database agrees.

Each client keeps a ledger of its own, for names that nobody else uses. What
an answer says is known; after a 503, or no answer, nobody can know whether a
change was made, and either is right.
"""

import enum
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Key = tuple[str, str]
Row = tuple[str, str, str]


class State(enum.Enum):
    """What is known of a name."""

    PRESENT = 'there'
    ABSENT = 'not there'
    UNKNOWN = 'either'


class Entry(NamedTuple):
    """What is known of a key pair; an empty public key is any."""

    state: State
    public_key: str = ''


@dataclass
class Ledger:
    """What one client knows.

    :ivar entries: by user and name.
    :ivar answers: how often each (operation, status) was met.
    :ivar faults: what must not be, in words.
    :ivar private_keys: all that were given out.
    """

    entries: dict[Key, Entry] = field(default_factory=dict)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: list[tuple[str, str]] = field(default_factory=list)
    private_keys: list[str] = field(default_factory=list)

    def fault(self, kind: str, text: str) -> None:
        """Write down what must not be."""
        self.faults.append((kind, text))

    def names(self, user_id: str, state: State) -> list[str]:
        """Return the names of a user that are in a state."""
        return [
            name
            for (user, name), entry in self.entries.items()
            if user == user_id and entry.state is state
        ]


@dataclass
class Findings:
    """What all ledgers and all nodes say together.

    :ivar faults: (kind, words).
    """

    answers: Counter[tuple[str, int]]
    states: Counter[State]
    faults: list[tuple[str, str]]

    def count(self, kind: str) -> int:
        """Return how many faults are of a kind."""
        return sum(1 for found, _ in self.faults if found == kind)


LOST = 'lost'
DOUBLED = 'doubled'
OVER_QUOTA = 'over quota'
UNEXPECTED = 'unexpected'
KINDS = (LOST, DOUBLED, OVER_QUOTA, UNEXPECTED)


def compare(
    ledgers: Iterable[Ledger],
    nodes: Mapping[str, Iterable[Row]],
    quota: int,
) -> Findings:
    """Hold what clients know against the rows of every node.

    :param quota: how many key pairs a user may have.
    """
    findings = Findings(Counter(), Counter(), [])
    entries: dict[Key, Entry] = {}
    private_keys: Counter[str] = Counter()
    for ledger in ledgers:
        findings.answers += ledger.answers
        findings.faults += ledger.faults
        entries.update(ledger.entries)
        private_keys.update(ledger.private_keys)
    findings.states.update(entry.state for entry in entries.values())
    for count in private_keys.values():
        if count > 1:
            findings.faults.append((DOUBLED, 'a private key'))
    for node, rows in nodes.items():
        findings.faults += _compare_node(node, list(rows), entries, quota)
    findings.faults += _compare_nodes(nodes)
    return findings


def _compare_node(
    node: str, rows: list[Row], entries: Mapping[Key, Entry], quota: int
) -> Iterable[tuple[str, str]]:
    kept: dict[Key, list[str]] = defaultdict(list)
    for user_id, name, public_key in rows:
        kept[user_id, name].append(public_key)
    for key, entry in entries.items():
        there = kept.get(key, [])
        if entry.state is State.PRESENT and not there:
            yield LOST, f'{node}: {key}'
        if entry.state is State.ABSENT and there:
            yield DOUBLED, f'{node}: {key} was deleted or refused'
        if entry.public_key and there and there != [entry.public_key]:
            yield LOST, f'{node}: {key} has another public key'
    for key, public_keys in kept.items():
        if len(public_keys) > 1:
            yield DOUBLED, f'{node}: {key}'
        if key not in entries:
            yield UNEXPECTED, f'{node}: nobody made {key}'
    for user_id, count in Counter(user_id for user_id, _ in kept).items():
        if count > quota:
            yield OVER_QUOTA, f'{node}: {user_id} has {count}'


def _compare_nodes(
    nodes: Mapping[str, Iterable[Row]],
) -> Iterable[tuple[str, str]]:
    contents = {node: sorted(rows) for node, rows in nodes.items()}
    first, *others = contents
    for node in others:
        if contents[node] != contents[first]:
            yield UNEXPECTED, f'{first} and {node} differ'
