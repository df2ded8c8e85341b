# SPDX-License-Identifier: Apache-2.0

"""Run the test suite under coverage and end with one line of counts.

Before the line, ``N passed, N failed, N skipped``, come the names of what
failed, as ``make test TEST=NAME`` takes them. Both are made from the results
that stestr stored for this very run. The exit status is zero when every test
passed, at least one ran, and the coverage floor holds. Arguments go to
``stestr run``; what a few tests cover is not told.
"""

import datetime
import io
import os
import subprocess
import sys
from typing import Any

import subunit
import testtools

# A test that waits for the server it started leaves a processor idle, and a
# first run does not know which tests are slow, so as to spread them.
WORKERS = 2 * (os.cpu_count() or 1)

OUTCOMES = {
    'success': 'passed',
    'xfail': 'passed',
    'skip': 'skipped',
}


def run(*module: str, **environment: str) -> int:
    """Run a module with this interpreter and return its exit status."""
    return subprocess.run(
        [sys.executable, '-m', *module],
        env=os.environ | environment,
        check=False,
    ).returncode


def sort(stream: bytes, began: datetime.datetime) -> dict[str, list[str]]:
    """Return the tests of a subunit stream that are not from before.

    :returns: their names by outcome.
    """
    names: dict[str, list[str]] = {'passed': [], 'failed': [], 'skipped': []}

    def add(test: dict[str, Any]) -> None:
        when = next(filter(None, test['timestamps']), None)
        if test['status'] != 'exists' and when and when >= began:
            names[OUTCOMES.get(test['status'], 'failed')].append(test['id'])

    result = testtools.StreamToDict(add)
    result.startTestRun()
    subunit.ByteStreamToStreamResult(
        io.BytesIO(stream), non_subunit_name='output'
    ).run(result)
    result.stopTestRun()
    return names


def no_test(names: list[str]) -> str:
    """Say why there is nothing to count, as far as it is known."""
    if not names:
        return 'No test ran.'
    return (
        f'No test has {" ".join(names)} in its name; one is called '
        'keypair_ext.tests.unit.test_conf, and a part of that is enough.'
    )


def measured(arguments: list[str]) -> int:
    """Run the tests, then report coverage; return the first failure."""
    run('coverage', 'erase')
    status = run(
        'stestr',
        'run',
        f'--concurrency={WORKERS}',
        *arguments,
        PYTHON=f'{sys.executable} -m coverage run',
    )
    run('coverage', 'combine', '--quiet')
    return status or (0 if arguments else run('coverage', 'report'))


def main() -> int:
    """Run the tests and print the closing line."""
    began = datetime.datetime.now(datetime.UTC)
    status = measured(sys.argv[1:])
    last = subprocess.run(
        [sys.executable, '-m', 'stestr', 'last', '--subunit'],
        capture_output=True,
        check=False,
    )
    names = sort(last.stdout, began)
    if not any(names.values()):
        # What stestr says of it ends without a newline.
        print(f'\n{no_test(sys.argv[1:])}', file=sys.stderr)
    for name in sorted(names['failed']):
        print(f'Failed: {name}')
    print(
        f'{len(names["passed"])} passed, {len(names["failed"])} failed, '
        f'{len(names["skipped"])} skipped'
    )
    return status or int(not any(names.values()) or bool(names['failed']))


if __name__ == '__main__':
    sys.exit(main())
