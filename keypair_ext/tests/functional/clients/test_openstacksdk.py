# SPDX-License-Identifier: Apache-2.0

"""openstacksdk, in this process."""

import openstack
from keystoneauth1 import exceptions as auth_exceptions
from openstack import connection, exceptions

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.clients import testbed


class OpenStackSDKTest(testbed.TestBedCase):
    def _connect(
        self, user: str, version: str | None = None
    ) -> connection.Connection:
        connected = openstack.connect(
            load_yaml_config=False,
            load_envvars=False,
            **self.testbed.clouds[user],
            compute_default_microversion=version,
        )
        self.addCleanup(connected.close)
        return connected

    def test_import_find_and_delete(self) -> None:
        compute = self._connect('member').compute
        created = compute.create_keypair(
            name='imported', public_key=fixtures.KEY
        )
        self.assertEqual('ssh', created.type)
        self.assertIsNone(created.private_key)
        found = compute.find_keypair('imported', ignore_missing=False)
        self.assertEqual(fixtures.KEY, found.public_key)
        self.assertEqual(
            fixtures.SAMPLES['KEY_FINGERPRINT'], found.fingerprint
        )
        self.assertRaises(
            exceptions.ConflictException,
            compute.create_keypair,
            name='imported',
            public_key=fixtures.KEY,
        )
        compute.delete_keypair('imported', ignore_missing=False)
        self.assertRaises(
            exceptions.NotFoundException,
            compute.find_keypair,
            'imported',
            ignore_missing=False,
        )

    def test_generate(self) -> None:
        compute = self._connect('member').compute
        for key_type, begin in (
            ('ssh', '-----BEGIN RSA PRIVATE KEY-----'),
            ('x509', 'MII'),
        ):
            created = compute.create_keypair(name=key_type, type=key_type)
            self.assertEqual(key_type, created.type)
            self.assertTrue(created.private_key.startswith(begin))
            compute.delete_keypair(created)

    def test_pages(self) -> None:
        compute = self._connect('member', '2.35').compute
        names = [f'page {number}' for number in range(5)]
        for name in names:
            compute.create_keypair(name=name, public_key=fixtures.KEY)
        listed = [keypair.name for keypair in compute.keypairs(limit=2)]
        self.assertEqual(names, [name for name in listed if name in names])
        after = compute.keypairs(limit=2, marker=names[2], paginated=False)
        self.assertEqual(names[3:], [keypair.name for keypair in after][:2])

    def test_another_user(self) -> None:
        admin = self._connect('admin').compute
        user_id = self.testbed.user_id('member')
        admin.create_keypair(
            name='given', public_key=fixtures.KEY, user_id=user_id
        )
        self.assertEqual(
            user_id, admin.get_keypair('given', user_id=user_id).user_id
        )
        member = self._connect('member').compute
        self.assertEqual('given', member.get_keypair('given').name)
        self.assertRaises(
            exceptions.ForbiddenException,
            list,
            member.keypairs(user_id='admin'),
        )
        admin.delete_keypair('given', user_id=user_id, ignore_missing=False)

    def test_a_wrong_password(self) -> None:
        auth = {**self.testbed.clouds['member']['auth'], 'password': 'wrong'}
        connected = openstack.connect(
            load_yaml_config=False,
            load_envvars=False,
            auth=auth,
            region_name='RegionOne',
        )
        self.addCleanup(connected.close)
        self.assertRaises(
            auth_exceptions.Unauthorized, lambda: connected.compute
        )
