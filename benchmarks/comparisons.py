# SPDX-License-Identifier: Apache-2.0

"""Reads and writes: requests per second and CPU per request, side by side.

Two servers take turns, A B B A, so that what else the machine does meets
both. A ratio is the median of the pairs' ratios.
"""

import dataclasses
import itertools
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks import accounting, wrk
from benchmarks.database import KEY, Database
from benchmarks.servers import Server

IMPORT_ONLY: Final = '2.92'
GENERATING: Final = '2.91'

KEYS_OF_READER: Final = 10
KEYS_OF_MANY: Final = 10_000
_MANY: Final = 'many'
# Half of the names are before it.
_DEEP: Final = 'key-5499'

_KEYS_OF_A_USER: Final = 50
# More than any server here deletes in a second.
_DELETED_A_SECOND: Final = 5_000
_WARM_UP_SECONDS: Final = 2

Result = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """A server's requests per second, and its CPU for each of them."""

    per_second: float
    cpu_microseconds: float


class Comparison:
    """Compares servers that share a database server.

    :param database: to which key pairs are added.
    :param seconds: how long each load lasts.
    :param pairs: how often the servers take turns.
    """

    def __init__(self, database: Database, seconds: int, pairs: int) -> None:
        self._database = database
        self._seconds = seconds
        self._pairs = pairs
        self._tags = (f'run{number}' for number in itertools.count())

    def fill(self, server: Server) -> None:
        """Add the key pairs that are read."""
        user = server.identity['user']
        self._database.add_keys_of(server.database, user, KEYS_OF_READER)
        self._database.add_keys_of(server.database, _MANY, KEYS_OF_MANY)

    def rows(self, servers: Sequence[Server]) -> Iterator[Result]:
        """Measure each row; yield what the servers did."""
        for name, kind in self._kinds().items():
            yield {'row': name, **self._turns(kind, servers)}

    def show(self, servers: Sequence[Server]) -> Result:
        """Measure one row: show."""
        return {'row': 'show', **self._turns(self._show, servers)}

    def _kinds(self) -> dict[str, Callable[[Server, int], Sample]]:
        page = {'of': _MANY, 'limit': 100}
        return {
            'show': self._show,
            'list 10': self._reading(kind='list'),
            'list 100 of 10,000, first page': self._reading(
                kind='list', **page
            ),
            'list 100 of 10,000, deep page': self._reading(
                kind='list', marker=_DEEP, **page
            ),
            'import': self._import,
            'delete': self._delete,
        }

    def _turns(
        self,
        kind: Callable[[Server, int], Sample],
        servers: Sequence[Server],
    ) -> Result:
        for server in servers:
            kind(server, _WARM_UP_SECONDS)
        samples: dict[str, list[Sample]] = {s.name: [] for s in servers}
        for number in range(self._pairs):
            # Who comes second has the worse of it.
            for server in servers[:: -1 if number % 2 else 1]:
                samples[server.name].append(kind(server, self._seconds))
        return summary(samples)

    def _show(self, server: Server, seconds: int) -> Sample:
        return self._reading(kind='show', names=KEYS_OF_READER)(
            server, seconds
        )

    def _reading(self, **request: object) -> Callable[[Server, int], Sample]:
        def measure(server: Server, seconds: int) -> Sample:
            return self._measure(server, seconds, **request)

        return measure

    def _import(self, server: Server, seconds: int) -> Sample:
        return self._measure(
            server, seconds, kind='import', tag=next(self._tags), key=KEY
        )

    def _delete(self, server: Server, seconds: int) -> Sample:
        tag = next(self._tags)
        self._database.add_keys_in_turn(
            server.database, tag, _DELETED_A_SECOND * seconds, _KEYS_OF_A_USER
        )
        return self._measure(server, seconds, kind='delete', tag=tag)

    def _measure(
        self, server: Server, seconds: int, **request: object
    ) -> Sample:
        return measure(server, seconds, version=IMPORT_ONLY, **request)


def measure(server: Server, seconds: int, **request: object) -> Sample:
    """Send one kind of request for some seconds.

    :param request: arguments for requests.lua.
    """
    before = accounting.cpu_seconds(server.group)
    load = wrk.send(server.url, seconds, {**server.identity, **request})
    used = accounting.cpu_seconds(server.group) - before
    return Sample(load.per_second, used / load.requests * 1e6)


def summary(samples: dict[str, list[Sample]]) -> Result:
    """Return medians for each server, and ratios to the first."""
    first = next(iter(samples.values()))
    return {
        name: {
            field.name: statistics.median(
                getattr(sample, field.name) for sample in taken
            )
            for field in dataclasses.fields(Sample)
        }
        | {
            'ratio': statistics.median(
                sample.per_second / other.per_second
                for sample, other in zip(taken, first, strict=True)
            )
        }
        for name, taken in samples.items()
    }
