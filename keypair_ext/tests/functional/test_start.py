# SPDX-License-Identifier: Apache-2.0

"""What the service imports, opens and starts before its first request."""

import json
import pathlib
import shutil
import sys

import fixtures as fixtures_library

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures

# Each takes 10 to 230 ms to import, and most services never need it.
LATE = {
    'alembic',
    'cryptography.x509',
    'eventlet',
    'gunicorn',
    'jsonschema',
    'oslo_limit',
    'oslo_messaging',
}

PROGRAM = """
import json, os, sys, threading
from keypair_ext.wsgi.api import application
assert callable(application)
json.dump({
    'modules': sorted(sys.modules),
    'threads': threading.active_count(),
    'files': sorted(os.listdir(sys.argv[1])),
}, sys.stdout)
"""


class StartTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        directory = self.useFixture(fixtures_library.TempDir()).path
        shutil.copy(fixtures.PASTE_FILE, directory)
        fixtures.write_config(
            directory, {'DEFAULT': {'log_file': f'{directory}/log'}}
        )
        done = completed(
            [sys.executable, '-c', PROGRAM, directory],
            env={
                'OS_KEYPAIR_EXT_CONFIG_DIR': directory,
                'PYTHONPATH': str(pathlib.Path(fixtures.ROOT)),
            },
            check=True,
        )
        self.seen = json.loads(done.stdout)

    def test_start(self) -> None:
        self.assertEqual(set(), LATE.intersection(self.seen['modules']))
        self.assertIn('sqlalchemy', self.seen['modules'])
        # A server forks after it: neither a thread nor a connection may be.
        self.assertEqual(1, self.seen['threads'])
        self.assertNotIn('keypair_ext.sqlite', self.seen['files'])
