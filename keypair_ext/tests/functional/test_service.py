# SPDX-License-Identifier: Apache-2.0

"""The callable that servers import, in a process as theirs."""

import json
import os
import subprocess
import sys
import textwrap

import fixtures as fixtures_library

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

# The least that a server does.
SERVER = """
    import io, json, sys
    from wsgiref import util
    from keypair_ext.wsgi.api import application

    def ask(path, **environ):
        util.setup_testing_defaults(environ)
        environ |= {'PATH_INFO': path, 'REMOTE_ADDR': '127.0.0.1'}
        told = []
        body = b''.join(application(environ, lambda *a: told.append(a)))
        return told[0][0], body.decode()

    json.dump([
        ask('/'),
        ask('/v2.1/os-keypairs'),
        ask('/v2.1/os-keypairs', HTTP_X_AUTH_TOKEN='amelia:aaaa'),
        ask('/healthcheck'),
    ], sys.stdout)
"""


class WSGICallable(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures_library.TempDir()).path
        config_file = fixtures.write_config(self.directory)
        made = fixtures.make_database(config_file)
        self.addCleanup(made.dispose)
        paste_file = os.path.join(self.directory, 'api-paste.ini')
        with open(paste_file, 'w') as file:
            file.write(fixtures.PASTE_FILE.read_text())

    def serve(self, directory: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, '-c', textwrap.dedent(SERVER)],
            env={**os.environ, 'OS_KEYPAIR_EXT_CONFIG_DIR': directory},
            check=False,
            capture_output=True,
            text=True,
        )

    def test_serves_what_is_configured(self) -> None:
        done = self.serve(self.directory)

        self.assertEqual(0, done.returncode, done.stderr)
        *log, answers = done.stdout.splitlines()
        root, nobody, amelia, health = json.loads(answers)
        self.assertEqual('200 OK', root[0])
        self.assertEqual('401 Unauthorized', nobody[0])
        self.assertEqual(['200 OK', '{"keypairs":[]}'], amelia)
        self.assertEqual('200 OK', health[0])
        self.assertIn(
            '"GET /v2.1/os-keypairs" status: 200',
            '\n'.join([*log, done.stderr]),
        )

    def test_not_configured(self) -> None:
        missing = os.path.join(self.directory, 'none')

        done = self.serve(missing)

        self.assertNotEqual(0, done.returncode)
        self.assertEqual('', done.stdout)
        (line,) = done.stderr.splitlines()
        self.assertTrue(line.startswith('keypair_ext: '))
        self.assertIn(missing, line)
