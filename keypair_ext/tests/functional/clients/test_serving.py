# SPDX-License-Identifier: Apache-2.0

"""The page on starting the test bed: its commands and its program."""

import os
import pathlib
import re
import shutil
import sys
import textwrap
import unittest

from keypair_ext.testbed import bed, faults, home
from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.servers import process

_PAGE = fixtures.ROOT / 'doc' / 'source' / 'testbed' / 'serving.rst'
_BIN = pathlib.Path(sys.executable).parent


class PageTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.home = self.useFixture(process.Directory('serving')).path
        self.page = _PAGE.read_text()

    def _run(self, *command: str) -> str:
        done = completed(
            command,
            env=process.clean_environment(self.home)
            | {'PATH': f'{_BIN}:{os.environ["PATH"]}'},
            cwd=self.home,
        )
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    @unittest.skipUnless(shutil.which('curl'), 'no curl')
    def test_the_commands(self) -> None:
        lines = re.findall(r'^   \$ (.+)$', self.page, re.MULTILINE)
        # As in a terminal, which ends what runs in the background.
        script = '\n'.join(['set -e', "trap 'kill $!; wait' EXIT", *lines])
        told = self._run('sh', '-c', script)
        self.assertEqual(2, told.count('| web  |'), told)
        self.assertIn('"status": 401', told)
        key = (self.home / 'web.pem').read_text()
        self.assertTrue(key.startswith('-----BEGIN '), key[:20])
        self.assertNotIn(key.splitlines()[1], told)
        environ = (self.home / 'testbed.env').read_text()
        self.assertIn('OS_AUTH_URL=http://127.0.0.1:', environ)
        self.assertTrue((self.home / '.testbed' / home.CLOUDS).exists())

    def test_the_program(self) -> None:
        (program,) = re.findall(
            r'^\.\. code-block:: python\n\n((?:   .*\n|\n)+)',
            self.page,
            re.MULTILINE,
        )
        told = self._run(sys.executable, '-c', textwrap.dedent(program))
        self.assertIn('POST /compute/v2.1/os-keypairs 201', told)

    def test_it_names_all(self) -> None:
        for name in vars(faults.Fault(503)):
            if name != 'seen':
                self.assertIn(f'``{name}``', self.page)
        for release, version in bed.RELEASES.items():
            self.assertIn(release, self.page)
            self.assertIn(version, self.page)
