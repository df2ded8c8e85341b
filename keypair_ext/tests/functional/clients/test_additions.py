# SPDX-License-Identifier: Apache-2.0

"""The clients as they are, against a service with all that can be added."""

from typing import Any

import openstack
from cryptography.hazmat.primitives import serialization
from keystoneauth1 import session
from novaclient import client, exceptions
from openstack import exceptions as sdk_exceptions

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.clients import testbed


class AdditionsTestCase(testbed.TestBedCase):
    def sdk(self) -> Any:
        connected = openstack.connect(
            load_yaml_config=False,
            load_envvars=False,
            **self.testbed.clouds['member'],
        )
        self.addCleanup(connected.close)
        return connected.compute

    def nova(self, version: str) -> Any:
        opened = session.Session(self.testbed.auth('member'))
        self.addCleanup(opened.session.close)
        return client.Client(version, session=opened).keypairs


class AdditionsTest(AdditionsTestCase):
    environment = {
        'OS_KEYPAIRS__IDEMPOTENT_IMPORT': 'true',
        'OS_KEYPAIRS__CREATED_AT_IN_LISTS': 'true',
        'OS_KEYPAIRS__SHA256_FINGERPRINT': 'body',
        'OS_KEYPAIRS__GENERATED_SSH_ALGORITHM': 'ed25519',
    }

    def test_openstacksdk(self) -> None:
        compute = self.sdk()
        key = {'name': 'sdk', 'public_key': fixtures.KEY}
        made = compute.create_keypair(**key)
        again = compute.create_keypair(**key)
        self.assertEqual(made.to_dict(), again.to_dict())
        self.assertEqual(fixtures.KEY_SHA256, again.fingerprint)
        self.assertRaises(
            sdk_exceptions.ConflictException,
            compute.create_keypair,
            name='sdk',
            public_key=fixtures.OTHER_KEY,
        )
        (listed,) = [each for each in compute.keypairs() if each.name == 'sdk']
        shown = compute.get_keypair('sdk')
        self.assertIsNotNone(listed.created_at)
        self.assertEqual(shown.created_at, listed.created_at)
        self.assertEqual(fixtures.KEY_SHA256, listed.fingerprint)
        compute.delete_keypair('sdk')

    def test_novaclient(self) -> None:
        for version in ('2.1', '2.10', '2.91', '2.96'):
            keypairs = self.nova(version)
            for _ in range(2):
                made = keypairs.create('nova', public_key=fixtures.KEY)
                self.assertEqual(fixtures.KEY_SHA256, made.fingerprint)
            self.assertRaises(
                exceptions.Conflict,
                keypairs.create,
                'nova',
                public_key=fixtures.OTHER_KEY,
            )
            (listed,) = [each for each in keypairs.list() if each.id == 'nova']
            self.assertTrue(listed.created_at)
            keypairs.delete('nova')

    def test_novaclient_generates(self) -> None:
        made = self.nova('2.10').create('generated')
        key = serialization.load_ssh_private_key(
            made.private_key.encode(), password=None
        )
        derived = key.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        self.assertEqual(made.public_key.split()[:2], derived.decode().split())

    def test_openstackclient(self) -> None:
        path = self.testbed.home / 'key.pub'
        path.write_text(fixtures.KEY)
        create = ('keypair', 'create', '--public-key', path, 'osc')
        for _ in range(2):
            ran = self.testbed.openstack('member', *create)
            self.assertEqual(0, ran.returncode, ran.stderr)
            self.assertIn(fixtures.KEY_SHA256, ran.stdout)
        path.write_text(fixtures.OTHER_KEY)
        refused = self.testbed.openstack('member', *create)
        self.assertIn('409', refused.stderr)
        listed = self.testbed.openstack('member', 'keypair', 'list')
        self.assertIn(fixtures.KEY_SHA256, listed.stdout)


class HeaderAndQuotaTest(AdditionsTestCase):
    environment = {
        'OS_KEYPAIRS__DUPLICATE_BEFORE_QUOTA': 'true',
        'OS_KEYPAIRS__SHA256_FINGERPRINT': 'header',
        'OS_QUOTA__KEY_PAIRS': '1',
    }

    def test_a_full_quota_is_told_last(self) -> None:
        keypairs = self.nova('2.10')
        keypairs.create('a', public_key=fixtures.KEY)
        for name, key, error in (
            ('a', fixtures.KEY, exceptions.Conflict),
            ('a', None, exceptions.Conflict),
            ('b', 'no key', exceptions.BadRequest),
            ('b', fixtures.KEY, exceptions.Forbidden),
        ):
            self.assertRaises(error, keypairs.create, name, public_key=key)
        shown = self.sdk().get('/os-keypairs/a')
        self.assertEqual(
            fixtures.KEY_SHA256, shown.headers['X-Keypair-Fingerprint']
        )
