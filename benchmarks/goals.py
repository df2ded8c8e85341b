# SPDX-License-Identifier: Apache-2.0

"""What the project promises of its speed, and whether a run kept it."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

Result = dict[str, Any]

_READS: Final = (
    'show',
    'list 10',
    'list 100 of 10,000, first page',
    'list 100 of 10,000, deep page',
)
_WRITES: Final = ('import', 'delete')


@dataclass(frozen=True)
class Verdict:
    """A goal and what was measured.

    :param goal: the bound, a lower one unless ``at_most``.
    :param unit: of value and goal, such as ``times Nova``.
    """

    name: str
    value: float
    goal: float
    unit: str
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        if self.at_most:
            return self.value <= self.goal
        return self.value >= self.goal

    @property
    def bearable(self) -> bool:
        """Whether it is at least half as good as the goal.

        What the short form is held to: it runs where other things do.
        """
        if self.at_most:
            return self.value <= 2 * self.goal
        return self.value >= self.goal / 2


def verdicts(document: Result) -> list[Verdict]:
    """Return the verdict on each goal whose section was measured."""
    judges: dict[str, Callable[[Any], Iterator[Verdict]]] = {
        'load-balancer': _load_balancer,
        'mysqlclient': _mysqlclient,
        'pymysql': _pymysql,
        'keystone': _keystone,
        'raw': _raw,
        'generation': _generation,
        'beside': _beside,
        'growth': _growth,
        'footprint': _footprint,
        'passing': _passing,
    }
    return [
        verdict
        for name, judge in judges.items()
        if name in document
        for verdict in judge(document[name])
    ]


def ratios(
    runs: Sequence[Result], section: str, server: str
) -> dict[str, float]:
    """Return how many times Nova a server is by row, the median of runs."""
    rows = [
        row for run in runs if section in run for row in run[section]['rows']
    ]
    return {
        name: statistics.median(
            row[server]['ratio'] for row in rows if row['row'] == name
        )
        for name in dict.fromkeys(row['row'] for row in rows)
    }


def _load_balancer(section: Result) -> Iterator[Verdict]:
    yield from _ratios(section, _READS, 10, ', at the load balancer')
    yield from _ratios(section, _WRITES, 8, ', at the load balancer')


def _mysqlclient(section: Result) -> Iterator[Verdict]:
    yield from _ratios(section, _READS, 15, '')
    yield from _ratios(section, _WRITES, 12, '')


def _pymysql(section: Result) -> Iterator[Verdict]:
    yield from _ratios(section, (*_READS, *_WRITES), 10, ', PyMySQL')


def _keystone(section: Result) -> Iterator[Verdict]:
    yield from _ratios(section, (*_READS, *_WRITES), 7, ', Keystone token')


def _ratios(
    section: Result, rows: tuple[str, ...], goal: float, suffix: str
) -> Iterator[Verdict]:
    ratios = {row['row']: row['service']['ratio'] for row in section['rows']}
    for row in rows:
        yield Verdict(f'{row}{suffix}', ratios[row], goal, 'times Nova')


def _raw(section: Result) -> Iterator[Verdict]:
    yield Verdict(
        'show', section['service']['ratio'], 0.65, 'of the raw ceiling'
    )


def _generation(section: Result) -> Iterator[Verdict]:
    sustained = section['sustained']
    service = sustained['service']
    yield Verdict('generate RSA-2048', service['ratio'], 1.5, 'times Nova')
    per_cpu_second = 1e6 / service['cpu_microseconds']
    yield Verdict(
        'generate RSA-2048, per core',
        per_cpu_second / sustained['bare_per_cpu_second'],
        0.8,
        'of bare OpenSSL',
    )
    yield Verdict(
        'generate RSA-2048 five times a second, p50',
        section['paced']['service']['p50_ms'],
        5,
        'ms',
        at_most=True,
    )


def _beside(section: Result) -> Iterator[Verdict]:
    service = section['service']
    yield Verdict(
        'show while four clients generate, p99',
        service['busy_p99_ms'] / service['idle_p99_ms'],
        3,
        'times idle',
        at_most=True,
    )


def _growth(section: Result) -> Iterator[Verdict]:
    for name, what in (
        ('table', 'as the table grows'),
        ('user', "as a user's key pairs do"),
        ('imports without a limit', "as a user's key pairs do, no limit"),
    ):
        points = section[name]
        for kind in (key for key in points[0] if key != 'keys'):
            yield Verdict(
                f'{kind}, {what}',
                points[0][kind] / min(point[kind] for point in points),
                1.3,
                'times as long',
                at_most=True,
            )


def _footprint(section: Result) -> Iterator[Verdict]:
    service = section['service']
    yield Verdict(
        'memory of a worker', service['megabytes'], 90, 'MB', at_most=True
    )
    yield Verdict(
        'first answer after the start',
        service['start_seconds'],
        1.2,
        's',
        at_most=True,
    )


def _passing(microseconds: float) -> Iterator[Verdict]:
    yield Verdict(
        "a request of Nova's own passes the filter",
        microseconds,
        1,
        'microseconds',
        at_most=True,
    )
