# SPDX-License-Identifier: Apache-2.0

"""What the gate runs beside the default tests is there, and is told of."""

import configparser
import os
import pathlib
import re
import shutil
import sys

import fixtures as library

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures

_STEPS = ('test', 'lint', 'types', 'docs')
_COUNTS = '7 passed, 0 failed, 2 skipped'


def parts() -> list[list[str]]:
    """Return the table of the heavy parts: name, minutes and packages."""
    listed = completed(
        ['bash', fixtures.ROOT / '.ci' / 'heavy', '--list'], check=True
    )
    return [line.split() for line in listed.stdout.splitlines()]


class GateTest(base.TestCase):
    def test_a_part_is_a_tox_environment(self) -> None:
        tox = configparser.RawConfigParser()
        tox.read(fixtures.ROOT / 'tox.ini')
        for name, minutes, *_ in parts():
            self.assertTrue(tox.has_section(f'testenv:{name}'), name)
            self.assertGreater(int(minutes), 0)

    def test_a_part_is_told_of(self) -> None:
        text = (fixtures.ROOT / 'CONTRIBUTING.rst').read_text()
        terms = re.findall(r'^(?:``[a-z0-9-]+``(?:, )?)+$', text, re.MULTILINE)
        told = re.findall(r'[a-z0-9-]+', ' '.join(terms))
        self.assertEqual(told, [name for name, *_ in parts()])

    def test_a_part_that_is_not_there(self) -> None:
        done = completed(['bash', fixtures.ROOT / '.ci' / 'heavy', 'nothing'])
        self.assertEqual(2, done.returncode)
        self.assertIn('nothing', done.stderr)


class RunTest(base.TestCase):
    """The gate itself, on a tree whose steps are quickly done, or never."""

    def setUp(self) -> None:
        super().setUp()
        self.root = pathlib.Path(self.useFixture(library.TempDir()).path)
        for name in ('.ci/run', 'tools/limited.py'):
            path = self.root / name
            path.parent.mkdir()
            shutil.copy(fixtures.ROOT / name, path)

    def write(self, hanging: str = '') -> None:
        """Write the steps.

        :param hanging: the one that does not end.
        """
        said = {'test': '1 passed, 0 failed, 0 skipped', 'part': _COUNTS}
        tells = {
            name: 'sleep 600' if name == hanging else f'echo "{words}"'
            for name, words in {**dict.fromkeys(_STEPS, ''), **said}.items()
        }
        rules = ''.join(f'{name}:\n\t@{tells[name]}\n' for name in _STEPS)
        (self.root / 'Makefile').write_text(rules)
        (self.root / '.ci' / 'heavy').write_text(
            'if [ "$1" = --list ]; then echo "part 1 package"; '
            f'echo "later 46"; else {tells["part"]}; fi'
        )

    def run_gate(self, **variables: str) -> tuple[int, list[str]]:
        """Return the gate's status and the lines that it prints."""
        done = completed(
            ['bash', self.root / '.ci' / 'run'],
            env={**os.environ, 'KEYPAIR_EXT_CI_MINUTES': '', **variables},
        )
        return done.returncode, done.stdout.splitlines()

    def pythons(self, lines: list[str]) -> int:
        """Return how many interpreters the gate has found."""
        return sum(line.startswith('== tests, Python') for line in lines)

    def test_it_has_time_for_parts(self) -> None:
        self.write()
        status, lines = self.run_gate()
        self.assertEqual(0, status, '\n'.join(lines))
        passed = self.pythons(lines) + 7
        self.assertEqual(f'{passed} passed, 0 failed, 2 skipped', lines[-1])
        self.assertIn(
            'Left out: later takes 46 minutes; run: tox -e later', lines
        )

    def test_no_time_for_parts(self) -> None:
        self.write()
        status, lines = self.run_gate(KEYPAIR_EXT_CI_MINUTES='0')
        self.assertEqual(0, status, '\n'.join(lines))
        self.assertIn(
            'Left out: part takes 1 minutes; run: tox -e part', lines
        )

    def write_failing_part(self, times: int) -> None:
        """Have a test of the part fail, so many times."""
        self.write()
        (self.root / '.ci' / 'heavy').write_text(
            'if [ "$1" = --list ]; then echo "part 1"; exit; fi\n'
            'echo >> tries\n'
            f'if [ $(wc -l < tries) -gt {times} ]; then\n'
            f'echo "{_COUNTS}"; exit; fi\n'
            'echo "{0} a.test_of_ours [0.1s] ... FAILED"\n'
            'echo "6 passed, 1 failed, 2 skipped"; exit 1'
        )

    def test_what_fails_once(self) -> None:
        self.write_failing_part(1)
        status, lines = self.run_gate()
        self.assertEqual(0, status, '\n'.join(lines))
        self.assertIn('Failed once, then passed: a.test_of_ours', lines)
        passed = self.pythons(lines) + 7
        self.assertEqual(f'{passed} passed, 0 failed, 2 skipped', lines[-1])

    def test_what_fails_twice(self) -> None:
        self.write_failing_part(2)
        status, lines = self.run_gate()
        self.assertEqual(1, status, '\n'.join(lines))
        self.assertIn('Failed: a.test_of_ours', lines)
        self.assertIn('Failed: part', lines)
        passed = self.pythons(lines) + 6
        self.assertEqual(f'{passed} passed, 1 failed, 2 skipped', lines[-1])

    def test_it_ends_whatever_hangs(self) -> None:
        self.write('lint')
        status, lines = self.run_gate(KEYPAIR_EXT_CI_CEILING_SECONDS='5')
        self.assertEqual(1, status, '\n'.join(lines))
        self.assertRegex(lines[-1], r'^\d+ passed, \d+ failed, 0 skipped$')
        # Nor is there time for what comes after it.
        for name in ('lint', 'types', 'documentation'):
            self.assertIn(f'Failed: {name}', lines)

    def test_what_comes_first(self) -> None:
        first = [name for name, *_ in parts()[:4]]
        self.assertEqual(
            ['conformance', 'tempest', 'attack', 'secrets'], first
        )


class LimitTest(base.TestCase):
    """What ends a part, and everything that it has started."""

    def run_limited(self, seconds: str, script: str) -> tuple[int, bool]:
        """Return the status of a shell's commands, and if a child lives on.

        :param script: prints the id of the child that it leaves behind.
        """
        done = completed(
            [
                sys.executable,
                fixtures.ROOT / 'tools' / 'limited.py',
                seconds,
                'sh',
                '-c',
                script,
            ]
        )
        left = pathlib.Path('/proc', done.stdout.strip())
        return done.returncode, left.exists()

    def test_in_time(self) -> None:
        self.assertEqual(
            (3, False),
            self.run_limited('60', 'setsid sleep 600 & echo $!; exit 3'),
        )

    def test_an_orphan_that_ends_meanwhile(self) -> None:
        script = (
            "id=$(sh -c 'sleep 0.1 >/dev/null & echo $!'); echo $id; "
            'for each in $(seq 50); do '
            '[ -e /proc/$id ] || exit 3; sleep 0.2; done; exit 4'
        )
        self.assertEqual((3, False), self.run_limited('60', script))

    def test_out_of_time(self) -> None:
        self.assertEqual(
            (124, False),
            self.run_limited('1', 'sleep 600 & echo $!; exec sleep 601'),
        )
