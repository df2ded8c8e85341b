# SPDX-License-Identifier: Apache-2.0

"""We work where MD5 is barred, as on systems in the mode of FIPS 140.

That fingerprints are MD5 is no use of it for security, and we say so.
"""

import os
import pathlib
import re
import subprocess
import sys

import fixtures as fixtures_library

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

# What has to do with keys; all else runs in the same way by hand.
_TESTS = (
    'keypair_ext.tests.unit.test_keypairs',
    'keypair_ext.tests.unit.keytypes.test_ssh',
    'keypair_ext.tests.unit.keytypes.test_x509',
    'keypair_ext.tests.unit.keytypes.test_material',
    'keypair_ext.tests.functional.test_api',
)

# As Red Hat's systems have it: MD5 is there, for those who name its purpose.
_OPENSSL = """\
openssl_conf = init
.include {module}

[init]
providers = providers
alg_section = algorithms

[providers]
fips = fips_sect
base = active
default = active

[active]
activate = 1

[algorithms]
default_properties = fips=yes
"""


class FipsTest(base.TestCase):
    def check(self, *arguments: str, **environment: str) -> None:
        ran = subprocess.run(
            [
                *(sys.executable, '-m'),
                'keypair_ext.tests.functional.without_md5',
                *arguments,
            ],
            cwd=fixtures.ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.assertEqual(0, ran.returncode, ran.stdout + ran.stderr)
        counted = re.search(r'^Ran (\d+) tests', ran.stderr, re.MULTILINE)
        self.assertGreater(int(counted[1]) if counted else 0, 100)

    def test_by_a_hashlib_that_refuses(self) -> None:
        self.check(*_TESTS)

    def test_by_openssl(self) -> None:
        self.check(
            '--by-openssl', *_TESTS, OPENSSL_CONF=str(self._openssl_conf())
        )

    def _openssl_conf(self) -> pathlib.Path:
        """Return a configuration with the FIPS provider, or skip the test."""
        printed = self._openssl('version', '-m')
        found = re.search(r'MODULESDIR: "(.*)"', printed)
        module = pathlib.Path(found[1] if found else '', 'fips.so')
        if not module.is_file():
            self.skipTest(
                f'OpenSSL has no FIPS provider here ({module}): this runs '
                f'where it is installed, as by Debian 13 with '
                f'openssl-provider-fips and by Red Hat'
            )
        directory = pathlib.Path(
            self.useFixture(fixtures_library.TempDir()).path
        )
        checked, conf = directory / 'module.cnf', directory / 'openssl.cnf'
        self._openssl(
            *('fipsinstall', '-module', str(module), '-out', str(checked))
        )
        conf.write_text(_OPENSSL.format(module=checked))
        return conf

    def _openssl(self, *arguments: str) -> str:
        try:
            return subprocess.run(
                ['openssl', *arguments],
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            ).stdout
        except FileNotFoundError:
            self.skipTest('there is no openssl')
            raise
