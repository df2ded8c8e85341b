# SPDX-License-Identifier: Apache-2.0

"""Keys that repeat."""

from keypair_ext.keytypes import holds_private_key
from keypair_ext.testbed import seeded
from keypair_ext.testbed.server import Answer
from keypair_ext.tests import base


class KeysTest(base.TestCase):
    def _make(self, keys: seeded.Keys, algorithm: str) -> str:
        made = keys.types(algorithm, 8)['ssh'].generate('u', 'Of-Nova')
        self.assertTrue(holds_private_key(made.private_key))
        return made.public_key

    def test_they_repeat(self) -> None:
        for algorithm, begins in (
            ('rsa-2048', 'ssh-rsa AAAA'),
            ('ed25519', 'ssh-ed25519 AAAA'),
            ('ecdsa-256', 'ecdsa-sha2-nistp256 AAAA'),
        ):
            keys = seeded.Keys(3)
            first, second = (self._make(keys, algorithm) for _ in range(2))
            self.assertNotEqual(first, second)
            keys.begin_anew()
            self.assertEqual(first, self._make(keys, algorithm))
            self.assertNotEqual(first, self._make(seeded.Keys(4), algorithm))
            self.assertTrue(first.startswith(begins), first)
            self.assertTrue(first.endswith(f' {seeded.COMMENT}'))

    def test_one_time(self) -> None:
        body = (
            b'{"created_at": "2026-11-26T10:11:12.000000", "name": "'
            b'created_at", "updated_at": null, "created_at": "2026-11-26T1'
            b'0:11:12"}'
        )
        told = seeded.at_one_time(Answer(200, body)).body
        self.assertEqual(
            b'{"created_at": "2026-01-01T00:00:00.000000", "name": "'
            b'created_at", "updated_at": null, "created_at": "2026-01-01T0'
            b'0:00:00"}',
            told,
        )
