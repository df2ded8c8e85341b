# SPDX-License-Identifier: Apache-2.0

"""How many keys there are of which kind, and of which age."""

import collections
import datetime
from collections.abc import Iterable, Iterator, Mapping

from keypair_ext import files
from keypair_ext.keys.report import Record
from keypair_ext.keys.selection import Entry

COLUMNS = ('of', 'value', 'count')

_DAY = 86400
_AGES = (1, 7, 30, 90, 180, 365, 730, 1825)
_NUMBERS = (1, 2, 5, 10, 20, 50, 100, 1000)


class Stats:
    """Counts of keys.

    :param now: what ages are counted from, in UTC and without a zone.
    """

    def __init__(self, now: datetime.datetime) -> None:
        self._now = now
        self.kinds: collections.Counter[tuple[str, str, str]] = (
            collections.Counter()
        )
        self.ages = Histogram(days * _DAY for days in _AGES)
        self.without_age = 0
        self.keys_of_users = Histogram(_NUMBERS)

    def count(self, entries: Iterable[Entry]) -> None:
        """Count keys."""
        for _ in self.watch(entries):
            pass

    def watch(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield keys, having counted them."""
        for entry in entries:
            row, found = entry
            kind = (
                row.type,
                found.algorithm or 'unknown',
                str(found.bits or ''),
            )
            self.kinds[kind] += 1
            if row.created_at is None:
                self.without_age += 1
            else:
                age = self._now - row.created_at
                self.ages.add(age.total_seconds())
            yield entry

    def count_users(self, users: Iterable[tuple[str, int]]) -> None:
        """Count users by their keys, where all of them are meant."""
        for _, number in users:
            self.keys_of_users.add(number)

    def records(self) -> Iterator[Record]:
        """Yield the counts, each with what it is a count of."""
        types: collections.Counter[str] = collections.Counter()
        # A key of SSH and one in a certificate can be of one.
        algorithms: collections.Counter[str] = collections.Counter()
        for (key_type, algorithm, bits), number in self.kinds.items():
            types[key_type] += number
            algorithms[f'{algorithm} {bits}'.strip()] += number
        yield _record('keys', 'all', self.kinds.total())
        for key_type, number in sorted(types.items()):
            yield _record('type', key_type, number)
        for algorithm, number in sorted(algorithms.items()):
            yield _record('algorithm', algorithm, number)
        for days, number in self.age_counts():
            yield _record('age in days', days, number)
        if self.keys_of_users.count:
            yield _record('users', 'all', self.keys_of_users.count)
        for keys, number in self.keys_of_users.between(_NUMBERS):
            yield _record('keys of a user', keys, number)

    def age_counts(self) -> Iterator[tuple[str, int]]:
        """Yield how many keys are how many days old."""
        yield from self.ages.between(_AGES)
        if self.without_age:
            yield 'unknown', self.without_age


class Histogram:
    """Counts values by the smallest bound that they do not exceed."""

    def __init__(self, bounds: Iterable[int]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.count = 0
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        place = sum(value > bound for bound in self.bounds)
        self.counts[place] += 1
        self.count += 1
        self.sum += value

    def between(self, names: Iterable[int]) -> Iterator[tuple[str, int]]:
        """Yield the counts that are not 0, with their bounds' names."""
        bounds = [*names]
        labels = [
            *(f'up to {bound}' for bound in bounds),
            f'over {bounds[-1]}',
        ]
        for label, number in zip(labels, self.counts, strict=True):
            if number:
                yield label, number


def _record(of: str, value: str, count: int) -> Record:
    return {'of': of, 'value': value, 'count': count}


def write_prometheus(stats: Stats, path: str) -> None:
    """Write the file that node_exporter's textfile collector reads.

    It has either the old text or the new one at any moment.

    :raises ConfigurationError: it cannot be written.
    """
    text = ''.join(f'{line}\n' for line in _metrics(stats))
    # Who collects it is another user.
    files.replace(path, text, mode=0o644)


def _metrics(stats: Stats) -> Iterator[str]:
    yield '# HELP keypair_ext_keys Key pairs in the table.'
    yield '# TYPE keypair_ext_keys gauge'
    for (key_type, algorithm, bits), number in sorted(stats.kinds.items()):
        labels = {'type': key_type, 'algorithm': algorithm, 'bits': bits}
        yield f'keypair_ext_keys{_labels(labels)} {number}'
    yield from _histogram(
        'keypair_ext_key_age_seconds', 'Age of key pairs.', stats.ages
    )
    yield from _histogram(
        'keypair_ext_keys_of_a_user',
        'Key pairs of those who have any.',
        stats.keys_of_users,
    )


def _histogram(name: str, text: str, values: Histogram) -> Iterator[str]:
    yield f'# HELP {name} {text}'
    yield f'# TYPE {name} histogram'
    so_far = 0
    bounds = [*map(str, values.bounds), '+Inf']
    for bound, number in zip(bounds, values.counts, strict=True):
        so_far += number
        yield f'{name}_bucket{_labels({"le": bound})} {so_far}'
    yield f'{name}_sum {values.sum:g}'
    yield f'{name}_count {values.count}'


def _labels(labels: Mapping[str, str]) -> str:
    # No value here has a quote or a backslash: none is what a user sent.
    pairs = ','.join(f'{name}="{value}"' for name, value in labels.items())
    return f'{{{pairs}}}'
