# SPDX-License-Identifier: Apache-2.0

"""Which texts are the same key, and what the fingerprint of one is."""

from keypair_ext.keytypes import material
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.unit.keytypes import vectors

LINE = vectors.ED25519.line
WORD, DATA = LINE.split()
OTHER = vectors.RSA_2048.line
# 51 bytes need no padding, RSA's 279 neither; this one has some.
PADDED = vectors.ECDSA_256.line


class SameTest(base.TestCase):
    def same(self, one: str, other: str | None, key_type: str = 'ssh') -> bool:
        forth = material.is_same(key_type, one, other)
        if other is not None:
            self.assertEqual(forth, material.is_same(key_type, other, one))
        return forth

    def test_what_stands_around_a_key(self) -> None:
        for other in (
            f'{LINE} another comment',
            f'{WORD}\t {DATA} \r\n',
            f'\n{LINE}\n\n',
            f'{LINE}\r',
        ):
            with self.subTest(other=other):
                self.assertTrue(self.same(f'{LINE} a comment', other))

    def test_padding(self) -> None:
        self.assertTrue(PADDED.endswith('='))
        self.assertTrue(self.same(PADDED, PADDED.rstrip('=')))

    def test_several_lines(self) -> None:
        two = f'{LINE} a\n{OTHER} b'
        self.assertTrue(self.same(two, f'{LINE}\r\n{OTHER}\n'))
        for other in (LINE, OTHER, f'{OTHER}\n{LINE}', f'{two}\n# a remark'):
            with self.subTest(other=other):
                self.assertFalse(self.same(two, other))

    def test_other_keys(self) -> None:
        for other in (OTHER, '', ' ', 'ssh-ed25519', f'ssh-rsa {DATA}', None):
            with self.subTest(other=other):
                self.assertFalse(self.same(LINE, other))

    def test_what_is_no_key(self) -> None:
        self.assertFalse(self.same('ssh-ed25519 A', 'ssh-ed25519 B'))
        self.assertFalse(self.same('no key', 'no other'))

    def test_certificates(self) -> None:
        one = fixtures.CERTIFICATE
        for other, expected in (
            (one, True),
            (f'subject\n{one}', True),
            (one.replace('\n', '\r\n'), True),
            (one + one, False),
            ('no certificate', False),
            (None, False),
        ):
            with self.subTest(other=other):
                self.assertEqual(expected, self.same(one, other, 'x509'))

    def test_no_certificates_are_not_the_same(self) -> None:
        self.assertFalse(self.same('no', 'no', 'x509'))


class Sha256Test(base.TestCase):
    def test_as_ssh_keygen_shows_it(self) -> None:
        for text in (LINE, f'{LINE} comment', f'{LINE}\n{OTHER}'):
            self.assertEqual(fixtures.KEY_SHA256, material.sha256('ssh', text))

    def test_as_openssl_shows_a_certificate(self) -> None:
        self.assertEqual(
            fixtures.CERTIFICATE_SHA256,
            material.sha256('x509', fixtures.CERTIFICATE),
        )

    def test_what_cannot_be_read(self) -> None:
        for text in (None, '', 'A', 'no key', 'ssh-rsa A'):
            with self.subTest(text=text):
                self.assertIsNone(material.sha256('ssh', text))
                self.assertIsNone(material.sha256('x509', text))
