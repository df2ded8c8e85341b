# SPDX-License-Identifier: Apache-2.0

"""Break every database and print what was held, as reStructuredText.

The table of the administration guide is made by::

    python -m keypair_ext.tests.functional.faults \
        > doc/source/admin/faults-held.inc

Names of databases, such as ``SQLite``, leave out the others.
"""

import functools
import sys
from collections.abc import Sequence
from typing import Final

from keypair_ext.tests.functional.faults import engines
from keypair_ext.tests.functional.faults.cases import CASES
from keypair_ext.tests.functional.faults.stack import Outcome, Service

_TITLES: Final = (
    'Database',
    'Fault',
    'Writes acknowledged',
    'Refused with 503',
    'No answer',
    'Lost, doubled or unexpected',
    'Longest answer (s)',
    'All served again after (s)',
    'Largest growth of a worker (MB)',
)


def main(names: Sequence[str]) -> int:
    """Print the table; return 1 if a promise was not held."""
    broken = False
    _print(
        '.. list-table::',
        '   :header-rows: 1',
        '   :widths: 12 24 10 9 8 11 8 9 9',
        '',
    )
    _print_row(_TITLES)
    for name in names or engines.ENGINES:
        with engines.ENGINES[name]() as engine, Service(engine) as service:
            for fault, case in CASES.items():
                if not case.fits(type(engine)):
                    continue
                outcome = service.break_under_load(
                    fault, functools.partial(case.inflict, service)
                )
                _print_row(_cells(outcome))
                problems = outcome.problems(
                    case.may_lose_workers, case.is_refused
                )
                for problem in problems:
                    sys.stderr.write(f'{name}, {fault}: {problem}\n')
                broken = broken or bool(problems)
    return int(broken)


def _cells(outcome: Outcome) -> Sequence[object]:
    return (
        outcome.engine,
        outcome.fault,
        outcome.known.acknowledged,
        outcome.known.refused,
        outcome.known.unanswered,
        len(outcome.known.faults),
        f'{outcome.known.longest:.1f}',
        f'{outcome.recovery:.1f}',
        f'{outcome.grown / 2**20:.1f}',
    )


def _print_row(cells: Sequence[object]) -> None:
    first, *rest = cells
    _print(f'   * - {first}', *(f'     - {cell}' for cell in rest))


def _print(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f'{line}\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
