# SPDX-License-Identifier: Apache-2.0

"""python-novaclient, in this process, at each boundary that it knows."""

from typing import Any

from keystoneauth1 import session
from novaclient import client, exceptions

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.clients import testbed

_GENERATING = ('2.1', '2.2', '2.10', '2.35', '2.75', '2.91')


class NovaClientTest(testbed.TestBedCase):
    def _client(self, version: str, user: str = 'member') -> Any:
        opened = session.Session(self.testbed.auth(user))
        self.addCleanup(opened.session.close)
        return client.Client(version, session=opened)

    def _keypairs(self, version: str, user: str = 'member') -> Any:
        return self._client(version, user).keypairs

    def test_generate(self) -> None:
        made = set()
        for version in _GENERATING:
            keypairs = self._keypairs(version)
            created = keypairs.create('generated')
            self.assertIn('BEGIN RSA PRIVATE KEY', created.private_key)
            made.add(created.private_key)
            self.assertEqual(version != '2.1', hasattr(created, 'type'))
            keypairs.delete('generated')
        self.assertEqual(len(_GENERATING), len(made))

    def test_import(self) -> None:
        for version in (*_GENERATING, '2.92', '2.96'):
            keypairs = self._keypairs(version)
            created = keypairs.create('imported', public_key=fixtures.KEY)
            self.assertFalse(hasattr(created, 'private_key'))
            shown = keypairs.get('imported')
            self.assertEqual(fixtures.KEY, shown.public_key)
            self.assertIn('imported', [each.name for each in keypairs.list()])
            shown.delete()
            self.assertRaises(exceptions.NotFound, keypairs.get, 'imported')

    def test_limits_as_a_dashboard_asks_for_them(self) -> None:
        # What Horizon reads before it draws buttons; without one of these it
        # draws none.
        for version in ('2.1', '2.57', '2.96'):
            nova = self._client(version)
            # The client sends reserved=1, which Nova knows of until 2.74.
            limits = nova.limits.get(reserved=version == '2.1')
            absolute = {each.name: each.value for each in limits.absolute}
            self.assertGreater(absolute['maxTotalKeypairs'], 0)
            for limit, used in (
                ('maxTotalInstances', 'totalInstancesUsed'),
                ('maxTotalCores', 'totalCoresUsed'),
                ('maxTotalRAMSize', 'totalRAMUsed'),
            ):
                self.assertLess(absolute[used], absolute[limit])
            defaults = nova.quotas.defaults('any')
            self.assertEqual(absolute['maxTotalKeypairs'], defaults.key_pairs)

    def test_names_of_2_92(self) -> None:
        keypairs = self._keypairs('2.92')
        name = 'amelia@example.org'
        keypairs.create(name, public_key=fixtures.KEY)
        self.assertEqual(name, keypairs.get(name).name)
        keypairs.delete(name)
        self.assertRaises(
            exceptions.BadRequest,
            self._keypairs('2.91').create,
            name,
            public_key=fixtures.KEY,
        )

    def test_certificates(self) -> None:
        keypairs = self._keypairs('2.2')
        created = keypairs.create('certified', fixtures.CERTIFICATE, 'x509')
        self.assertEqual('x509', created.type)
        self.assertEqual(
            fixtures.SAMPLES['CERTIFICATE_FINGERPRINT'], created.fingerprint
        )
        keypairs.delete('certified')

    def test_pages(self) -> None:
        keypairs = self._keypairs('2.35')
        for name in ('page a', 'page b', 'page c'):
            keypairs.create(name, public_key=fixtures.KEY)
        page = keypairs.list(marker='page a', limit=1)
        self.assertEqual(['page b'], [each.name for each in page])

    def test_another_user(self) -> None:
        admin = self._keypairs('2.10', 'admin')
        member = self.testbed.user_id('member')
        admin.create('given', public_key=fixtures.KEY, user_id=member)
        self.assertEqual('given', self._keypairs('2.10').get('given').name)
        admin.delete('given', user_id=member)
        self.assertRaises(
            exceptions.Forbidden, self._keypairs('2.10').list, user_id='admin'
        )
