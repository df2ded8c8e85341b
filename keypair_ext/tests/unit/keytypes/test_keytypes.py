# SPDX-License-Identifier: Apache-2.0

"""What the key types share, and which there are."""

from keypair_ext import keytypes
from keypair_ext.api import schemas
from keypair_ext.keytypes import rsa
from keypair_ext.tests import base


class TestRSA(base.TestCase):
    def test_key(self) -> None:
        key = rsa.make_rsa()
        self.assertEqual(2048, key.key_size)
        self.assertEqual(65537, key.public_key().public_numbers().e)


class TestGeneratedKey(base.TestCase):
    def test_hides_its_secret(self) -> None:
        key = keytypes.GeneratedKey('public', 'secret', 'ab:cd')
        for text in (repr(key), str(key), f'{key}', f'{[key]!r}'):
            self.assertNotIn('secret', text)
            self.assertIn('public', text)


class TestLoad(base.TestCase):
    def test_types_are_those_that_requests_name(self) -> None:
        schema = schemas.create(
            {}, with_type=True, with_user_id=False, key_required=False
        )
        named = schema['properties']['keypair']['properties']['type']['enum']
        self.assertEqual(named, list(keytypes.load(rsa.make_rsa)))
