# SPDX-License-Identifier: Apache-2.0

"""The page of the documentation, and its pictures, from results."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import goals
from benchmarks.goals import Verdict
from benchmarks.run import FORMS

ROOT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = ROOT / 'benchmarks' / 'results'
PAGE: Final = ROOT / 'doc' / 'source' / 'reference' / 'performance.rst'

_NAMES: Final = {
    'nova': 'Nova',
    'service': 'keypair_ext',
    'filter': 'Nova with our filter',
    'raw': 'ceiling',
    'haproxy': 'HAProxy alone',
}
_FIRST: Final = 'load-balancer'
_SECTIONS: Final = {
    'mysqlclient': 'With mysqlclient',
    'pymysql': 'With PyMySQL',
    'keystone': 'With a Keystone token',
    'filter': 'As a filter in Nova',
}

Result = dict[str, Any]


def results() -> list[Result]:
    """Return the runs that are kept; the first has measured the most."""
    return [
        json.loads(path.read_text()) for path in sorted(RESULTS.glob('*.json'))
    ]


def line(verdict: Verdict) -> str:
    """Return a verdict as one line for a terminal."""
    mark = 'met   ' if verdict.met else 'MISSED'
    return (
        f'{mark} {verdict.name}: {verdict.value:.3g} {verdict.unit} '
        f'({_bound(verdict)})'
    )


def write() -> None:
    """Write the page and its pictures anew."""
    from benchmarks import drawing

    runs = results()
    PAGE.write_text(render(runs))
    drawing.draw(runs, PAGE.parent)


def render(runs: Sequence[Result]) -> str:
    """Return the page's text."""
    return '\n'.join(_lines(runs))


def _lines(runs: Sequence[Result]) -> Iterator[str]:
    first = runs[0]
    machine = first['machine']
    yield '..'
    yield '   Written by python -m benchmarks page; change it there.'
    yield ''
    yield '==========='
    yield 'Performance'
    yield '==========='
    yield ''
    yield from _INTRODUCTION.format(
        cpus=machine['cpus'],
        cpu=machine['cpu'],
        python=machine['python'],
        nova=machine['nova'].replace('==', ' '),
        gigabytes=FORMS[first['form']].gigabytes,
    ).splitlines()
    yield from _heading('At the load balancer')
    yield from _LOAD_BALANCER.splitlines()
    yield ''
    if _FIRST in first:
        yield from _rows(first[_FIRST]['rows'])
    else:
        yield f'It was {_NOT_MEASURED}.'
    yield from _heading('Goals')
    yield from _goals(runs)
    yield ''
    yield '.. image:: performance-ratios.svg'
    yield '   :alt: Requests per second, in multiples of Nova'
    yield from _heading('Mounts')
    yield from _MOUNTS.splitlines()
    yield ''
    yield '.. image:: performance-mounts.svg'
    yield '   :alt: Requests per second of each mount, in multiples of Nova'
    for name, title in _SECTIONS.items():
        if name in first:
            yield from _heading(title)
            yield from _rows(first[name]['rows'])
    yield from _heading('Where the time goes')
    yield from _LAYERS.splitlines()
    yield ''
    yield from _layers(first['layers'])
    yield from _heading('Growth')
    yield from _GROWTH.splitlines()
    yield ''
    yield '.. image:: performance-growth.svg'
    yield '   :alt: Requests per second as the table and a user grow'
    yield ''


_INTRODUCTION: Final = """\
Measured on {cpus} cores ({cpu}) with Python {python} against {nova}, both
under uWSGI with one process of one thread, the same settings and one MariaDB
with durable commits. wrk keeps four connections busy and opens a new one for
each request. The servers take turns; a ratio is the median of the pairs.
Ratios carry over to other machines roughly, absolute figures do not. Where a
token of Keystone is sent, Nova remembers it in memcached, and ours in the
worker, as :doc:`../install/service` recommends.

``make bench`` runs the short form. The figures here are those of
``python -m benchmarks run --form long``, which lets MariaDB use {gigabytes} GB
of memory, each run a file in ``benchmarks/results``; ``python -m benchmarks
page`` writes this page from them. A figure that misses its goal is marked.
The tables, and the pictures of growth, are the first run's; the pictures of
ratios have the medians of the runs."""

_NOT_MEASURED: Final = 'not measured in this run'

_LOAD_BALANCER: Final = """\
Most clouds can have it so: HAProxy, with the file of
:doc:`../admin/load-balancer`, before Nova alone, and before Nova and the
service beside it, on one database and with one Keystone token. CPU is that of
the server behind the proxy. HAProxy alone answers by itself, which is the
most that any server behind it could do."""

_MOUNTS: Final = """\
At the load balancer and as a service each request has a Keystone token, which
is checked. The filter shares a process with Nova, whose own filters take most
of what is left; who asks is told by headers, as in `As a filter in Nova`_. In
another stack it is the application of the service: what that stack takes is
not in the picture."""

_LAYERS: Final = """\
CPU of one show inside the worker, without uWSGI and the kernel's part of a
connection: of many rounds the one that was disturbed least, measured layer by
layer from the inside out."""

_GROWTH: Final = """\
Requests per second of ours alone: users with ten key pairs take turns in a
table of that size, and one user has that many key pairs."""


def _heading(title: str) -> Iterator[str]:
    yield ''
    yield title
    yield '=' * len(title)
    yield ''


def _goals(runs: Sequence[Result]) -> Iterator[str]:
    by_run = [
        {verdict.name + verdict.unit: verdict for verdict in goals.verdicts(r)}
        for r in runs
    ]
    rows = [
        [
            verdict.name,
            _bound(verdict),
            *(_cell(verdicts.get(key)) for verdicts in by_run),
        ]
        for key, verdict in by_run[0].items()
    ]
    names = [f'Run {number}' for number in range(1, len(runs) + 1)]
    yield from _table(['What', 'Goal', *names], rows)


def _cell(verdict: Verdict | None) -> str:
    """Return what a run has shown."""
    if verdict is None:
        return _NOT_MEASURED
    return f'{verdict.value:.3g}' + ('' if verdict.met else ' (missed)')


def _bound(verdict: Verdict) -> str:
    word = 'at most' if verdict.at_most else 'at least'
    return f'{word} {verdict.goal:g} {verdict.unit}'


def _rows(rows: Sequence[Result]) -> Iterator[str]:
    servers = [name for name in rows[0] if name != 'row']
    header = ['']
    for name in servers:
        header += [f'{_NAMES[name]}, a second', 'CPU, µs']
    header += ['Times Nova', 'By CPU']
    yield from _table(
        header,
        [
            [
                row['row'],
                *(
                    text
                    for name in servers
                    for text in (
                        f'{row[name]["per_second"]:,.0f}',
                        f'{row[name]["cpu_microseconds"]:,.0f}',
                    )
                ),
                f'{row[servers[-1]]["ratio"]:.1f}',
                f'{_by_cpu(row, servers):.1f}',
            ]
            for row in rows
        ],
    )


def _by_cpu(row: Result, servers: Sequence[str]) -> float:
    """Return how many times as much CPU the first server takes as ours."""
    first, ours = (
        float(row[name]['cpu_microseconds'])
        for name in (servers[0], servers[-1])
    )
    return first / ours


def _layers(layers: Result) -> Iterator[str]:
    yield from _table(
        ['Layer', 'CPU, µs', 'Share'],
        [
            [name, f'{value:.0f}', f'{value / layers["all"]:.0%}']
            for name, value in layers.items()
        ],
    )


def _table(header: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield '.. list-table::'
    yield '   :header-rows: 1'
    yield ''
    for row in (header, *rows):
        for number, cell in enumerate(row):
            mark = '* -' if number == 0 else '  -'
            yield f'   {mark} {cell}'.rstrip()
