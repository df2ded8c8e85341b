# SPDX-License-Identifier: Apache-2.0

"""What OpenAPI promises, held against the service by schemathesis.

``tox -e schemathesis`` has it; ``KEYPAIR_EXT_TEST_EXAMPLES=1000`` tries so
many requests of each operation and version.
"""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import unittest
from typing import ClassVar

import fixtures as fixtures_library

from keypair_ext import profiles
from keypair_ext.api import contract, microversions, openapi
from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures, service_cases
from keypair_ext.tests.functional.servers import gunicorn
from keypair_ext.tests.versions import NEWEST

EXAMPLES = os.environ.get('KEYPAIR_EXT_TEST_EXAMPLES', '20')
SEED = os.environ.get('KEYPAIR_EXT_TEST_SEED', '1')

VERSIONS = ('2.1', '2.2', '2.10', '2.35', '2.75', '2.92', NEWEST)

# What the document cannot say, or we do as Nova does: which strings are keys
# (positive_data_acceptance); that noauth believes everybody (ignored_auth);
# a method that is not there is 404 (unsupported_method).
NOT_CHECKED = 'positive_data_acceptance,ignored_auth,unsupported_method'


@unittest.skipUnless(
    importlib.util.find_spec('schemathesis'),
    'schemathesis is not installed: tox -e schemathesis',
)
class SchemathesisTest(base.TestCase):
    server: ClassVar[gunicorn.Gunicorn]
    directory: ClassVar[pathlib.Path]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        home = cls.use(fixtures_library.TempDir())
        cls.directory = pathlib.Path(home.path)
        service_cases.prepare(cls.directory, {})
        cls.server = cls.use(gunicorn.Gunicorn(cls.directory))

    def test_versions(self) -> None:
        contracts = contract.Contracts(
            profiles.load(profiles.DEFAULT), microversions.MAX_VERSION
        )
        for version in VERSIONS:
            described = openapi.describe(contracts, version)
            # Sent always: without it another version answers.
            for path in described['paths'].values():
                del path['parameters'][0]
            document = self.directory / f'openapi-{version}.json'
            document.write_text(json.dumps(described))
            with self.subTest(version=version):
                ran = self._run(document, version)
                self.assertEqual(0, ran.returncode, ran.stdout[-8000:])

    def _run(
        self, document: pathlib.Path, version: str
    ) -> subprocess.CompletedProcess[str]:
        return completed(
            [
                sys.executable,
                '-c',
                'from schemathesis.cli import schemathesis; schemathesis()',
                'run',
                str(document),
                f'--url={self.server.url}/v2.1',
                f'--header=X-Auth-Token: {fixtures.TOKEN}',
                f'--header=OpenStack-API-Version: compute {version}',
                f'--exclude-checks={NOT_CHECKED}',
                f'--max-examples={EXAMPLES}',
                f'--seed={SEED}',
                '--continue-on-failure',
                '--no-color',
            ],
            # As long as it is told to.
            timeout=None,
            cwd=self.directory,
        )
