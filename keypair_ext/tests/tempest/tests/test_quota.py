# SPDX-License-Identifier: Apache-2.0

"""The quota: how many key pairs a user may have."""

from tempest import config
from tempest.lib import decorators, exceptions

from keypair_ext.tests.tempest import keys
from keypair_ext.tests.tempest.tests import base

CONF = config.CONF


class _QuotaTestCase(base.KeypairTestCase):
    """With a small quota."""

    credentials = ['primary', 'admin']
    min_microversion = '2.2'

    def setUp(self) -> None:
        super().setUp()
        if not self.set_quota(3) and not 0 <= self.limit() <= self.largest():
            self.skipTest(
                f'the quota of {self.limit()} cannot be changed and is more '
                f'than [keypair_ext] max_quota_to_fill, {self.largest()}'
            )

    def set_quota(self, key_pairs: int) -> bool:
        """Give the user a quota, until the end of the test, if possible."""
        quotas = self.os_admin.compute.QuotasClient()
        project_id, user_id = self.client.project_id, self.client.user_id
        before = self.limit()
        try:
            quotas.update_quota_set(
                project_id, user_id=user_id, key_pairs=key_pairs
            )
        except exceptions.NotFound:
            return False
        self.addCleanup(
            quotas.update_quota_set,
            project_id,
            user_id=user_id,
            key_pairs=before,
        )
        return self.limit() == key_pairs

    def limit(self) -> int:
        """Return the quota that the cloud tells the user."""
        answer = self.client.call(
            'GET',
            f'os-quota-sets/{self.client.project_id}',
            user_id=self.client.user_id,
        )
        self.assert_status(200, answer)
        return int(answer.document['quota_set']['key_pairs'])

    @staticmethod
    def largest() -> int:
        return int(CONF.keypair_ext.max_quota_to_fill)

    def fill(self) -> None:
        """Have as many key pairs as allowed."""
        listed = self.client.call('GET', version=self.version)
        for _ in range(self.limit() - len(listed.names)):
            answer = self.create(public_key=keys.one_ssh())
            self.assert_status(201, answer)


class QuotaTest(_QuotaTestCase):
    """Imported key pairs."""

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('4f42a328-798b-43ca-931f-4790356314b2')
    def test_over_quota(self) -> None:
        """One more is refused, and one may be made for one deleted."""
        self.fill()
        self.assert_fault(
            (403, 'forbidden'), self.create(public_key=keys.one_ssh())
        )
        listed = self.client.call('GET', version=self.version).names
        self.assertEqual(self.limit(), len(listed))
        self.client.item('DELETE', listed[0], self.version)
        self.assert_status(201, self.create(public_key=keys.one_ssh()))

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('eef2b2d5-e5f4-4312-8f3c-e53363bb9843')
    def test_quota_goes_before_key_and_name(self) -> None:
        """A bad key and a taken name are no news to who may have no more."""
        self.fill()
        taken = self.client.call('GET', version=self.version).names[0]
        for fields in (
            {'public_key': 'ssh-rsa JUNK tempest'},
            {'name': taken, 'public_key': keys.one_ssh()},
        ):
            answer = self.client.create(
                self.version, **{'name': self.new_name(), **fields}
            )
            self.assert_fault((403, 'forbidden'), answer)


class QuotaOfGeneratedTest(_QuotaTestCase):
    """Generated key pairs count as well."""

    max_microversion = '2.91'

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('30afdb5c-b613-43d8-bd1a-f4c1f995efad')
    def test_generated(self) -> None:
        """No private key is shown to who may have no more."""
        self.fill()
        answer = self.create()
        self.assert_fault((403, 'forbidden'), answer)
        self.assertNotIn('PRIVATE', answer.text)
