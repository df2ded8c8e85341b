# SPDX-License-Identifier: Apache-2.0

"""Run the suite, or some of its areas, and print all there is to know.

For whoever wants to read the differences rather than a verdict::

    python -m keypair_ext.tests.functional.conformance [AREA ...]
"""

import sys
from collections import Counter

from keypair_ext.tests.functional.conformance import differences, servers
from keypair_ext.tests.functional.conformance.session import Session, names

_UNKNOWN = 'NOT IN THE FILE'


def main(wanted: list[str]) -> int:
    """Print every difference; return 1 if the file is not right."""
    reason = servers.reason_to_skip()
    if reason:
        sys.stderr.write(f'Not run: {reason}\n')
        return 2
    known = differences.load()
    counts: Counter[str] = Counter()
    found = []
    with Session() as session:
        for name in wanted or names():
            outcome = session.outcome(name)
            for report in outcome.comparison.reports:
                found.append(report.found)
                entry = differences.explain(report.found, known)
                counts[entry.id if entry else _UNKNOWN] += 1
                if entry is None:
                    _print(str(report))
            _print(
                f'{name}: {outcome.comparison.requests} requests, '
                f'{outcome.seconds:.1f} s'
            )
        mounts = list(session.mounts)
    for identifier, count in counts.most_common():
        _print(f'{count:6} {identifier}')
    stale = [] if wanted else differences.stale(known, found, mounts)
    for line in stale:
        _print(f'No request shows any more: {line}')
    return int(_UNKNOWN in counts or bool(stale))


def _print(line: str) -> None:
    sys.stdout.write(f'{line}\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
