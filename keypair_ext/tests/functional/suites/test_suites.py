# SPDX-License-Identifier: Apache-2.0

"""Each suite, run as its own project runs it."""

import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Final

import testtools

from keypair_ext.tests import base
from keypair_ext.tests.functional.servers import process, venv
from keypair_ext.tests.functional.suites.cloud import SuiteCloud

_HERE: Final = Path(__file__).parent
# The newest collection that a release of ansible has, and the newest
# openstacksdk that this collection knows.
_ANSIBLE: Final = ('ansible==12.3.0', 'openstacksdk==4.7.0')
_GO_PATH: Final = Path('/usr/share/gocode')
_GOPHERCLOUD: Final = _GO_PATH / 'src/github.com/gophercloud/gophercloud'


@testtools.skipIf(
    os.environ.get('KEYPAIR_EXT_TEST_CLIENTS') != '1',
    'set KEYPAIR_EXT_TEST_CLIENTS=1, or run tox -e clients: it takes minutes',
)
class SuitesTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud = self.useFixture(SuiteCloud())

    def run_python(self, tests: str, count: int) -> None:
        """Run tests of a package by testtools; all have to pass."""
        if importlib.util.find_spec('tempest') is None:
            self.skipTest('tempest, which such tests import, is not installed')
        done = process.run(
            [sys.executable, '-m', 'testtools.run', tests],
            env=self.cloud.environment(TOX_ENV_DIR=sys.prefix),
            cwd=self.cloud.home,
            timeout=1200,
        )
        self.assertRegex(done, rf'Ran {count} tests in')
        # One letter for each: a skipped one has another.
        self.assertIn('.' * count, re.sub('[^.sx]', '', done))
        self.assertEqual([], list(self.cloud.unasked()))

    def test_openstacksdk(self) -> None:
        self.run_python(
            'openstack.tests.functional.compute.v2.test_keypair', 2
        )

    def test_openstackclient(self) -> None:
        self.run_python(
            'openstackclient.tests.functional.compute.v2.test_keypair', 10
        )

    def test_novaclient(self) -> None:
        self.run_python('novaclient.tests.functional.v2.test_keypairs', 9)

    @testtools.skipIf(
        shutil.which('go') is None or not _GOPHERCLOUD.exists(),
        'golang-go or golang-github-gophercloud-gophercloud-dev is not '
        'installed',
    )
    def test_gophercloud(self) -> None:
        """Its acceptance tests, but for the one that starts a server."""
        environment = self.cloud.environment(
            GO111MODULE='off',
            GOPATH=str(_GO_PATH),
            # It looks for the user's domain there.
            OS_DOMAIN_NAME='Default',
            **self.cloud.bed.environ('member'),
        )
        tests = './acceptance/openstack/compute/v2/'
        options = '-short -v -vet=off -tags=keypairs -run=Keypair'
        done = process.run(
            ['go', 'test', *options.split(), tests],
            env=environment,
            cwd=_GOPHERCLOUD,
        )
        self.assertEqual(
            ['PASS', 'PASS', 'PASS', 'SKIP'],
            sorted(re.findall(r'^--- (\w+): TestKeypairs', done, re.M)),
        )
        self.assertEqual([], list(self.cloud.unasked()))

    def test_ansible(self) -> None:
        home = venv.ensure('ansible', _ANSIBLE)
        done = process.run(
            [
                home / 'bin' / 'ansible-playbook',
                _HERE / 'keypairs.yaml',
                f'--extra-vars=ansible_python_interpreter={home}/bin/python',
            ],
            env=self.cloud.environment(),
            cwd=self.cloud.home,
        )
        self.assertIn('All assertions passed', done)
        self.assertEqual([], list(self.cloud.unasked()))
