# SPDX-License-Identifier: Apache-2.0

"""Run the suite, or some of its areas, and print all there is to know.

For whoever wants to read the differences rather than a verdict::

    python -m keypair_ext.tests.functional.conformance [AREA ...]

With ``--balanced`` ours stands beside a Nova, and HAProxy before both; with
``--keystone`` they ask a Keystone as well who their callers are.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from keypair_ext.tests.functional.conformance import differences, servers
from keypair_ext.tests.functional.conformance.differences import Found
from keypair_ext.tests.functional.conformance.session import Session, names
from keypair_ext.tests.functional.servers import nova

_UNKNOWN = 'NOT IN THE FILE'


def main(arguments: list[str]) -> int:
    """Print every difference; return 1 if the file is not right."""
    parser = argparse.ArgumentParser(prog='conformance')
    parser.set_defaults(kind=servers.Servers)
    kinds = parser.add_mutually_exclusive_group()
    for name, kind in (
        ('--balanced', servers.Balanced),
        ('--keystone', servers.BalancedWithKeystone),
    ):
        kinds.add_argument(name, action='store_const', dest='kind', const=kind)
    parser.add_argument('areas', metavar='AREA', nargs='*')
    parsed = parser.parse_args(arguments)
    reason = servers.reason_to_skip()
    if reason:
        sys.stderr.write(f'Not run: {reason}\n')
        return 2
    with Session(kind=parsed.kind) as session:
        found = _compare(session, parsed.areas or names())
        mounts = list(session.mounts)
    known = differences.load()
    explained = [differences.explain(each, known) for each in found]
    counts = Counter(entry.id if entry else _UNKNOWN for entry in explained)
    for identifier, count in counts.most_common():
        _print(f'{count:6} {identifier}')
    whole = not parsed.areas and parsed.kind is servers.Servers
    stale = differences.stale(known, found, mounts) if whole else []
    for line in stale:
        _print(f'No request shows any more: {line}')
    return int(_UNKNOWN in counts or bool(stale))


def _compare(session: Session, areas: Sequence[str]) -> list[Found]:
    """Run areas, and print what came of them; return the differences."""
    known = differences.load()
    found = []
    answers = 0
    for name in areas:
        outcome = session.outcome(name)
        for report in outcome.comparison.reports:
            found.append(report.found)
            if differences.explain(report.found, known) is None:
                _print(str(report))
        answers += outcome.comparison.requests * len(session.mounts)
        _print(
            f'{name}: {outcome.comparison.requests} requests, '
            f'{len(outcome.comparison.reports)} answers differ, '
            f'{outcome.seconds:.1f} s'
        )
    _print(
        f'Nova {nova.RELEASE}: {len(areas)} areas, {answers} answers '
        f'compared, {len(found)} differ'
    )
    if isinstance(session.compared, servers.Balanced):
        ours, novas = session.compared.mount.answered()
        _print(f'Of key pairs the service had {ours}, and Nova {novas}')
    return found


def _print(line: str) -> None:
    sys.stdout.write(f'{line}\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
