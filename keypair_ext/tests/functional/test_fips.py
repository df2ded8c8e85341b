# SPDX-License-Identifier: Apache-2.0

"""We work where MD5 is barred, as on systems in the mode of FIPS 140.

That fingerprints are MD5 is no use of it for security, and we say so.
"""

import os
import re
import sys

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fips_provider, fixtures

# What has to do with keys; all else runs in the same way by hand.
_TESTS = (
    'keypair_ext.tests.unit.test_keypairs',
    'keypair_ext.tests.unit.keytypes.test_ssh',
    'keypair_ext.tests.unit.keytypes.test_x509',
    'keypair_ext.tests.unit.keytypes.test_material',
    'keypair_ext.tests.functional.test_api',
)
# Where there is time.
_MORE = ('keypair_ext.tests.unit', 'keypair_ext.tests.functional.test_api')


class FipsTest(base.TestCase):
    def check(self, *arguments: str, **environment: str) -> None:
        ran = completed(
            [
                *(sys.executable, '-m'),
                'keypair_ext.tests.functional.without_md5',
                *arguments,
            ],
            cwd=fixtures.ROOT,
            env={**os.environ, **environment},
            timeout=1200,
        )
        self.assertEqual(0, ran.returncode, ran.stdout + ran.stderr)
        counted = re.search(r'^Ran (\d+) tests', ran.stderr, re.MULTILINE)
        self.assertGreater(int(counted[1]) if counted else 0, 100)

    def test_by_a_hashlib_that_refuses(self) -> None:
        self.check(*_TESTS)

    def test_by_openssl(self) -> None:
        try:
            module = fips_provider.find()
        except fips_provider.Missing as missing:
            self.skipTest(str(missing))
        ours, of_cryptography = (
            self.useFixture(fips_provider.Configuration(module))
            for _ in range(2)
        )
        self.check(
            '--by-openssl',
            str(of_cryptography.path),
            *(_MORE if os.environ.get('KEYPAIR_EXT_TEST_FIPS') else _TESTS),
            OPENSSL_CONF=str(ours.path),
        )
