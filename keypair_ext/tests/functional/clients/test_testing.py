# SPDX-License-Identifier: Apache-2.0

"""The page on tests of clients: its files and command lines, as printed."""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import textwrap

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.servers import process

PAGE = fixtures.ROOT / 'doc' / 'source' / 'testbed' / 'testing.rst'

_FILES = re.compile(
    r'^\.\. code-block:: python\n   :caption: (\S+)\n\n((?:   .*\n|\n)+)',
    re.MULTILINE,
)


def files() -> dict[str, str]:
    """Return the files of the page by name."""
    return {
        name: textwrap.dedent(text)
        for name, text in _FILES.findall(PAGE.read_text())
    }


class PageTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        for name, text in files().items():
            (self.directory / name).write_text(text)

    def run_line(self, line: str) -> str:
        """Run a line of a console with what is installed here."""
        path = f'{pathlib.Path(sys.executable).parent}:{os.environ["PATH"]}'
        done = completed(
            shlex.split(line),
            env=process.clean_environment(self.directory) | {'PATH': path},
            cwd=self.directory,
            stderr=subprocess.STDOUT,
        )
        self.assertEqual(0, done.returncode, done.stdout)
        return done.stdout

    def test_what_is_printed(self) -> None:
        lines = [
            line
            for line in re.findall(r'^   \$ (.*)$', PAGE.read_text(), re.M)
            if not line.startswith('pip ')
        ]
        pytest, testtools = map(self.run_line, lines)
        tests = files()['test_keys.py'].count('\ndef test_')
        self.assertIn(f'{tests} passed', pytest)
        self.assertIn('2 workers', pytest)
        self.assertIn('Ran 2 tests', testtools)

    def test_the_tests_find_mistakes(self) -> None:
        """Each line by which the client is careful has a test."""
        client = self.directory / 'keys.py'
        text = client.read_text()
        for careful, careless, failing in (
            ("'Retry-After', 1", "'Retry', 1", 'waits_as_long'),
            (' or not left', '', 'gives_up'),
            ('not in BUSY', '== 0', 'a_refusal_is_final'),
            ('!= public_key', '== public_key', 'an_answer_that_was_lost'),
        ):
            with self.subTest(careless=careless):
                self.assertIn(careful, text)
                client.write_text(text.replace(careful, careless))
                done = completed(
                    [sys.executable, '-m', 'pytest', '-k', failing],
                    env=process.clean_environment(self.directory),
                    cwd=self.directory,
                )
                self.assertEqual(1, done.returncode, done.stdout)
