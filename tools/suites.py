# SPDX-License-Identifier: Apache-2.0

"""Print what each folder of tests has cost in the last run of stestr.

Seconds are those that its tests took, one after the other; several
processors share them.
"""

import collections
import io
import subprocess
import sys
from typing import Any

import subunit
import testtools

_PACKAGE = 'keypair_ext.tests.'


def suite(name: str) -> str:
    """Return the folder of a test, or the file of one beside folders."""
    if name.startswith('gabbi.'):
        return 'functional.gabbits'
    parts = name.removeprefix(_PACKAGE).split('.')
    return '.'.join(parts[:2])


def main() -> int:
    """Print a line for each suite, the longest first."""
    done = subprocess.run(
        [sys.executable, '-m', 'stestr', 'last', '--subunit'],
        check=False,
        stdout=subprocess.PIPE,
    )
    counts: collections.Counter[str] = collections.Counter()
    seconds: collections.Counter[str] = collections.Counter()

    def add(test: dict[str, Any]) -> None:
        start, stop = test['timestamps']
        if test['status'] == 'success' and start and stop:
            counts[suite(test['id'])] += 1
            seconds[suite(test['id'])] += (stop - start).total_seconds()

    stream = testtools.StreamToDict(add)
    stream.startTestRun()
    subunit.ByteStreamToStreamResult(io.BytesIO(done.stdout)).run(stream)
    stream.stopTestRun()
    for name, spent in seconds.most_common():
        print(f'{name:34} {counts[name]:5} tests {spent:7.1f} s')
    print(f'{"in all":34} {counts.total():5} tests {seconds.total():7.1f} s')
    return 0


if __name__ == '__main__':
    sys.exit(main())
