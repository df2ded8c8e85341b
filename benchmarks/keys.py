# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-manage keys`` on a long table, and what it costs others.

The tables that are printed here are in the documentation.
"""

import functools
import os
import signal
import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from oslo_config import cfg

from benchmarks import pacing, servers
from benchmarks.database import KEY, Database
from keypair_ext import conf as keypair_conf
from keypair_ext.keytypes import strength
from keypair_ext.tests.functional.servers import ini, process

_KEYS_OF_A_USER: Final = 5
_AT_ONCE: Final = 40_000

# Alone and beside a prune, in turn; the middle one of each counts.
_TURNS: Final = 3
_STARTING_SECONDS: Final = 5

# None of the keys breaks them: what is measured is the looking.
_RULES: Final = {
    'allowed_algorithms': 'rsa,ecdsa,ed25519',
    'min_rsa_bits': 2048,
    'allow_certificates': False,
    'allow_several_keys': False,
}
_COMMANDS: Final = ('list --format jsonl', 'stats', 'audit')

_JUDGED: Final[Mapping[str, object]] = {
    'allowed_algorithms': ['rsa', 'ed25519'],
    'min_rsa_bits': 2048,
    'allow_certificates': False,
    'allow_several_keys': False,
    'known_bad_keys': True,
}


class _Run(NamedTuple):
    seconds: float
    megabytes: float


def measure(rows: int) -> Iterator[str]:
    """Yield the lines of a table: each command on so many rows.

    :param rows: are made in a MariaDB that is started for it.
    """
    with Database() as database, process.Directory('keys') as home:
        url = database.server.create_database('keys', servers.MYSQLCLIENT)
        ini.write(
            home.path / 'keypair_ext.conf',
            {'database': {'connection': url}, 'keypairs': _RULES},
        )
        _run(home.path, 'db sync')
        _fill(database, 'keys', rows)
        runs = [
            (f'``keys {command}``', _run(home.path, f'keys {command}'))
            for command in _COMMANDS
        ]
    yield from _table(
        (f'{rows:,} rows', 'seconds', 'rows a second', 'peak MB'),
        [
            (
                name,
                f'{run.seconds:.0f}',
                f'{rows / run.seconds:,.0f}',
                f'{run.megabytes:.0f}',
            )
            for name, run in runs
        ],
    )


def _fill(database: Database, name: str, rows: int) -> None:
    users = rows // _KEYS_OF_A_USER
    for first in range(0, users, _AT_ONCE):
        database.add_users(
            name, first, min(_AT_ONCE, users - first), _KEYS_OF_A_USER
        )


def _run(home: Path, command: str) -> _Run:
    """Run a command to its end, its output thrown away."""
    began = time.monotonic()
    child = _start(home, command)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise process.ServerError(f'{command}: exit {child.returncode}')
    return _Run(time.monotonic() - began, usage.ru_maxrss / 1024)


def _start(home: Path, command: str) -> subprocess.Popen[bytes]:
    """Start a command, its output thrown away."""
    return subprocess.Popen(
        [sys.executable, '-m', 'keypair_ext.cmd.manage', *command.split()],
        env=process.clean_environment(
            home,
            OS_KEYPAIR_EXT_CONFIG_DIR=str(home),
            PYTHONPATH=str(Path(__file__).parents[1]),
        ),
        # Where a prune leaves its journal.
        cwd=home,
        stdout=subprocess.DEVNULL,
    )


def measure_prune(rows: int, seconds: int) -> Iterator[str]:
    """Yield the lines of a table: show, alone and beside a prune.

    :param rows: the prune is of so many, at the rate that is its default.
    :param seconds: for how long each is measured.
    """
    with servers.Cluster() as cluster, process.Directory('prune') as home:
        service = cluster.start_service()
        cluster.database.add_keys_of(service.database, 'reader', 10)
        _fill(cluster.database, service.database, rows)
        url = cluster.database.server.url(
            service.database, servers.MYSQLCLIENT
        )
        ini.write(
            home.path / 'keypair_ext.conf', {'database': {'connection': url}}
        )
        turns = [
            (
                _shown(service, seconds),
                _beside_prune(service, seconds, home.path),
            )
            for _ in range(_TURNS)
        ]
    yield from _table(
        (f'show, {rows:,} rows', 'p50 ms', 'p99 ms'),
        [
            (name, f'{_middle(taken, 50):.1f}', f'{_middle(taken, 99):.1f}')
            for name, taken in zip(
                ('alone', 'beside a prune'),
                zip(*turns, strict=True),
                strict=True,
            )
        ],
    )


def _beside_prune(
    service: servers.Server, seconds: int, home: Path
) -> list[float]:
    # The reader has these names, too, and does not show them.
    child = _start(
        home, f'keys prune --name key-[0-{_KEYS_OF_A_USER - 1}] --yes'
    )
    time.sleep(_STARTING_SECONDS)
    try:
        return _shown(service, seconds)
    finally:
        child.send_signal(signal.SIGINT)
        if child.wait() != 128 + signal.SIGINT:
            raise process.ServerError('the prune had ended')


def _shown(service: servers.Server, seconds: int) -> list[float]:
    """Return what a hundred clients a second wait for a key, in ms."""
    headers = {'X-User-Id': 'reader', 'X-Project-Id': 'aaaa'}
    client = pacing.Client(service.url, headers)
    return pacing.latencies(
        lambda number: client.call(
            'GET', f'/v2.1/os-keypairs/key-{_KEYS_OF_A_USER + number % 5}'
        ),
        100,
        seconds,
    )


def _middle(turns: Sequence[list[float]], percent: int) -> float:
    return statistics.median(
        pacing.percentile(taken, percent) for taken in turns
    )


def measure_rules() -> Iterator[str]:
    """Yield the lines of a table: what each rule costs an import."""
    off = strength.Unjudged()
    costs = [
        ('``strength = off``', _microseconds(lambda: off.check('ssh', '')))
    ]
    for name, value in _JUDGED.items():
        conf = cfg.ConfigOpts()
        keypair_conf.register_api_opts(conf)
        conf.set_override(name, value, 'keypairs')
        judge = strength.Judge(conf.keypairs)
        check = strength.Strength(judge, enforces=True).check
        call = functools.partial(check, 'ssh', KEY)
        costs.append((f'``{name}``', _microseconds(call)))
    yield from _table(
        ('Rule alone', 'microseconds'),
        [(name, f'{cost:,.2f}') for name, cost in costs],
    )


def _microseconds(call: Callable[[], None]) -> float:
    """Return what a call takes, in the best of several rounds."""
    timer = timeit.Timer(call)
    number, _ = timer.autorange()
    return min(timer.repeat(5, number)) / number * 1e6


def _table(
    head: tuple[str, ...], rows: list[tuple[str, ...]]
) -> Iterator[str]:
    columns = zip(head, *rows, strict=True)
    widths = [max(map(len, column)) for column in columns]
    rule = '  '.join('=' * width for width in widths)
    yield rule
    for row in (head, *rows):
        yield '  '.join(map(str.ljust, row, widths)).rstrip()
        if row is head:
            yield rule
    yield rule
