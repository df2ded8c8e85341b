# SPDX-License-Identifier: Apache-2.0

"""What users of an upgrade notice, when there is something to be noticed."""

from keystoneauth1 import adapter, session
from keystoneauth1.identity import v3

from keypair_ext.testbed.fixture import TestbedFixture
from keypair_ext.tests import base
from keypair_ext.tests.functional.faults.load import Ledger
from keypair_ext.tests.functional.guides import upgrade
from keypair_ext.tests.functional.servers import process
from keypair_ext.tests.unit.keytypes import vectors


class UserTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bed = self.useFixture(TestbedFixture()).bed
        login = v3.Password(**self.bed.credentials())
        one = session.Session(login)
        self.compute = adapter.Adapter(one, service_type='compute')
        self.user = upgrade.User('a', self.compute)
        self.addCleanup(self.user.end)
        process.wait_until(lambda: len(self.names()) > 1, 'it imports')

    def names(self) -> list[str]:
        """Return what the user has."""
        rows = self.compute.get('/os-keypairs').json()['keypairs']
        return [row['keypair']['name'] for row in rows]

    def end(self) -> Ledger:
        ledger = self.user.end()
        self.assertGreater(ledger.acknowledged, 1)
        return ledger

    def test_nothing(self) -> None:
        self.assertEqual([], self.end().wrong)
        self.assertEqual([], self.names())

    def test_a_key_pair_is_lost(self) -> None:
        # The newest, which it does not delete itself meanwhile.
        name = max(self.names(), key=len)
        self.compute.delete(f'/os-keypairs/{name}')
        self.assertIn(f'lost: {name}', self.end().wrong)

    def test_a_key_pair_is_back_again(self) -> None:
        key = {'name': 'during-a-old', 'public_key': vectors.ED25519.line}
        self.compute.post('/os-keypairs', json={'keypair': key})
        self.assertIn('back again: during-a-old', self.end().wrong)

    def test_a_request_fails(self) -> None:
        fault = self.bed.fail(status=503, method='GET', path='/os-keypairs$')
        process.wait_until(lambda: fault.seen > 0, 'it is asked')
        (problem,) = self.end().wrong
        self.assertIn('503', problem)
