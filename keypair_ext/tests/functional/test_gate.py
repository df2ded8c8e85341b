# SPDX-License-Identifier: Apache-2.0

"""What the gate runs beside the default tests is there, and is told of."""

import configparser
import pathlib
import re
import subprocess
import sys

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures


def parts() -> list[list[str]]:
    """Return the table of the heavy parts: name, minutes and packages."""
    listed = subprocess.run(
        ['bash', fixtures.ROOT / '.ci' / 'heavy', '--list'],
        check=True,
        capture_output=True,
        text=True,
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
        done = subprocess.run(
            ['bash', fixtures.ROOT / '.ci' / 'heavy', 'nothing'],
            check=False,
            capture_output=True,
            text=True,
        )
        self.assertEqual(2, done.returncode)
        self.assertIn('nothing', done.stderr)


class LimitTest(base.TestCase):
    """What ends a part, and everything that it has started."""

    def run_limited(self, seconds: str, script: str) -> tuple[int, bool]:
        """Return the status of a shell's commands, and if a child lives on.

        :param script: prints the id of the child that it leaves behind.
        """
        done = subprocess.run(
            [
                sys.executable,
                fixtures.ROOT / 'tools' / 'limited.py',
                seconds,
                'sh',
                '-c',
                script,
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        left = pathlib.Path('/proc', done.stdout.strip())
        return done.returncode, left.exists()

    def test_in_time(self) -> None:
        self.assertEqual(
            (3, False),
            self.run_limited('60', 'setsid sleep 600 & echo $!; exit 3'),
        )

    def test_out_of_time(self) -> None:
        self.assertEqual(
            (124, False),
            self.run_limited('1', 'sleep 600 & echo $!; exec sleep 601'),
        )
