# SPDX-License-Identifier: Apache-2.0

"""What users of an upgrade notice, when there is something to be noticed."""

from keystoneauth1 import adapter, session
from keystoneauth1.identity import v3

from keypair_ext.testbed.fixture import TestbedFixture
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.guides import upgrade
from keypair_ext.tests.functional.load import ledger
from keypair_ext.tests.functional.servers import process


class MeanwhileTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bed = self.useFixture(TestbedFixture()).bed
        self.compute = self.log_in()
        self.users = self.useFixture(
            upgrade.Meanwhile(['during-a', 'during-b'], self.log_in)
        )
        self.users.wait_for_all(2)

    def log_in(self) -> adapter.Adapter:
        login = v3.Password(**self.bed.credentials())
        return adapter.Adapter(session.Session(login), service_type='compute')

    def names(self) -> list[str]:
        """Return what they have."""
        rows = self.compute.get('/os-keypairs').json()['keypairs']
        return [row['keypair']['name'] for row in rows]

    def check(self, kind: str, *texts: str) -> None:
        faults = self.users.end().faults
        for text in texts:
            self.assertTrue(
                any(fault == (kind, text) for fault in faults), faults
            )

    def test_nothing(self) -> None:
        self.assertEqual([], self.users.end().faults)
        self.assertEqual([], self.names())

    def test_a_key_pair_is_lost(self) -> None:
        self.users.stop()
        # They may just have deleted all that they had.
        user = self.users.users[0]
        user.import_key(user.name)
        (name, *_) = self.names()
        self.compute.delete(f'/os-keypairs/{name}')
        key = (name.rpartition('-')[0], name)
        self.check(ledger.LOST, f'listed: {key}')

    def test_a_key_pair_is_back_again(self) -> None:
        made = {'name': 'during-a-old', 'public_key': fixtures.KEY}
        self.compute.post('/os-keypairs', json={'keypair': made})
        key = ('during-a', 'during-a-old')
        self.check(ledger.UNEXPECTED, f'listed: nobody made {key}')

    def test_requests_fail(self) -> None:
        for fault in (
            self.bed.fail(status=503, retry_after=1, path='/os-keypairs'),
            self.bed.fail(cut=True, path='/os-keypairs', nth=2),
        ):
            process.wait_until(lambda fault=fault: fault.seen > 1, 'it is met')  # type: ignore[misc]
        self.check(ledger.UNEXPECTED, 'refused: 1', 'no answer: 1')

    def test_another_answer(self) -> None:
        fault = self.bed.fail(status=503, path='/os-keypairs')
        process.wait_until(lambda: fault.seen > 0, 'it is asked')
        (problem, *_) = self.users.end().faults
        self.assertEqual(ledger.UNEXPECTED, problem.kind)
        self.assertIn('503', problem.text)
