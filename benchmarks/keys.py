# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-manage keys`` on a long table, and what a rule costs.

The tables that are printed here are in the documentation.
"""

import functools
import os
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import servers
from keypair_ext.keytypes import strength
from keypair_ext.keytypes.strength import Judge, Rules
from keypair_ext.tests.functional.servers import ini, process

_KEYS_OF_A_USER: Final = 5
_AT_ONCE: Final = 40_000

# None of the keys breaks them: what is measured is the looking.
_RULES: Final = {
    'allowed_algorithms': 'rsa,ecdsa,ed25519',
    'min_rsa_bits': 2048,
    'allow_certificates': False,
    'allow_several_keys': False,
}
_COMMANDS: Final = ('list --format jsonl', 'stats', 'audit')

_JUDGES: Final[Mapping[str, Rules]] = {
    'allowed_algorithms': Rules(algorithms=frozenset({'rsa', 'ed25519'})),
    'min_rsa_bits': Rules(min_rsa_bits=2048),
    'allow_certificates': Rules(certificates=False),
    'allow_several_keys': Rules(several_keys=False),
    'known_bad_keys': Rules(known_bad=True),
}


class _Run(NamedTuple):
    seconds: float
    megabytes: float


def measure(rows: int) -> Iterator[str]:
    """Yield the lines of a table: each command on so many rows.

    :param rows: are made in a MariaDB that is started for it.
    """
    with servers.Database() as database, process.Directory('keys') as home:
        url = database.server.create_database('keys', servers.MYSQLCLIENT)
        ini.write(
            home.path / 'keypair_ext.conf',
            {'database': {'connection': url}, 'keypairs': _RULES},
        )
        _run(home.path, 'db sync')
        _fill(database, rows)
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


def _fill(database: servers.Database, rows: int) -> None:
    users = rows // _KEYS_OF_A_USER
    for first in range(0, users, _AT_ONCE):
        database.add_users(
            'keys', first, min(_AT_ONCE, users - first), _KEYS_OF_A_USER
        )


def _run(home: Path, command: str) -> _Run:
    """Run a command to its end, its output thrown away."""
    began = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, '-m', 'keypair_ext.cmd.manage', *command.split()],
        env=process.clean_environment(
            home, OS_KEYPAIR_EXT_CONFIG_DIR=str(home)
        ),
        cwd=Path(__file__).parents[1],
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise process.ServerError(f'{command}: exit {child.returncode}')
    return _Run(time.monotonic() - began, usage.ru_maxrss / 1024)


def measure_rules() -> Iterator[str]:
    """Yield the lines of a table: what each rule costs an import."""
    off = strength.Unjudged()
    costs = [
        ('``strength = off``', _microseconds(lambda: off.check('ssh', '')))
    ]
    for name, rules in _JUDGES.items():
        check = strength.Strength(Judge(rules), enforces=True).check
        call = functools.partial(check, 'ssh', servers.KEY)
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
