# SPDX-License-Identifier: Apache-2.0

"""X.509 certificates: what is accepted, what is refused, what is made."""

import base64
import datetime
import hashlib
import json
import ssl
import unittest
import urllib.parse

from cryptography import x509 as crypto_x509
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (
    ed25519,
    rsa as crypto_rsa,
)
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import oid

from keypair_ext import exception, keytypes
from keypair_ext.keytypes import base as keytypes_base, rsa, x509
from keypair_ext.tests import base
from keypair_ext.tests.unit.keytypes import vectors

BEGIN = '-----BEGIN CERTIFICATE-----\n'
END = '-----END CERTIFICATE-----\n'


def make_certificate() -> str:
    """Make a certificate that only its DER is of interest of."""
    key = ed25519.Ed25519PrivateKey.generate()
    name = crypto_x509.Name(
        [crypto_x509.NameAttribute(oid.NameOID.COMMON_NAME, 'example')]
    )
    certificate = (
        crypto_x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2040, 1, 1))
        .sign(key, None)
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def sha1(pem: str) -> str:
    der = ssl.PEM_cert_to_DER_cert(pem)
    return hashlib.sha1(der, usedforsecurity=False).digest().hex(':')


class TestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.key_type = x509.X509KeyType(rsa.make_rsa)
        self.pem = make_certificate()


class TestAccept(TestCase):
    def test_certificate(self) -> None:
        wanted = sha1(self.pem)
        self.assertEqual(59, len(wanted))
        other = make_certificate()
        for text in (
            self.pem,
            self.pem.rstrip(),
            self.pem.replace('\n', '\r\n'),
            f'\n  {self.pem}\n\n',
            f'Certificate:\n    \u00e9 Data:\n{self.pem}',
            f'{self.pem}The end.\n',
            self.pem + other,
            self.pem.replace('CERTIFICATE', 'X509 CERTIFICATE'),
        ):
            self.assertEqual(wanted, self.key_type.fingerprint(text), text)

    def test_as_long_as_the_column(self) -> None:
        text = self.pem + 'x' * (keytypes_base.MAX_BYTES - len(self.pem))
        self.assertEqual(sha1(self.pem), self.key_type.fingerprint(text))


class TestRefuse(TestCase):
    def _refuse(self, public_key: str) -> str:
        error = self.assertRaises(
            exception.InvalidKey, self.key_type.fingerprint, public_key
        )
        self.assertIsNone(error.__cause__)
        self.assertIsNone(error.__context__)
        return str(error.fields['reason'])

    def _with_version(self, version: bytes) -> str:
        der = ssl.PEM_cert_to_DER_cert(self.pem)
        return ssl.DER_cert_to_PEM_cert(
            der.replace(b'\xa0\x03\x02\x01\x02', b'\xa0\x03\x02\x01' + version)
        )

    def test_the_very_thing_is_named(self) -> None:
        body = self.pem.removeprefix(BEGIN).removesuffix(END)
        too_long = self.pem + 'x' * keytypes_base.MAX_BYTES
        labelled = {
            label: self.pem.replace('CERTIFICATE', label)
            for label in (
                'CERTIFICATE REQUEST',
                'PKCS7',
                'PUBLIC KEY',
                'RSA PUBLIC KEY',
                'TRUSTED CERTIFICATE',
            )
        }
        table = {
            'it is empty: send an X.509 certificate in PEM': ('', '\n'),
            'it is not an X.509 certificate in PEM format': (
                'hello world',
                body[:40],
                body[:41],
            ),
            'is an SSH public key, not an X.509 certificate: import it with '
            'the type ssh': (vectors.ED25519.line, vectors.SK_ECDSA.line),
            '"-----END CERTIFICATE-----" around the certificate are missing': (
                body,
            ),
            'does not hold a valid X.509 certificate: copy the': (
                BEGIN + body,
                f'{BEGIN}{body[:64]}\n{END}',
                f'{BEGIN}*\n{END}',
                BEGIN + END,
                self._with_version(b'\x05'),
            ),
            'send the certificate that the authority issued': (
                labelled['CERTIFICATE REQUEST'],
            ),
            'it is a public key, not a certificate': (
                labelled['PUBLIC KEY'],
                labelled['RSA PUBLIC KEY'],
            ),
            'extract the certificate with "openssl pkcs7 -print_certs"': (
                labelled['PKCS7'],
            ),
            'convert it with "openssl x509 -in FILE"': (
                labelled['TRUSTED CERTIFICATE'],
            ),
            'line breaks are written as a backslash': (
                self.pem.replace('\n', '\\n'),
            ),
            'it is URL-encoded': (urllib.parse.quote(self.pem),),
            'it has HTML entities': (self.pem.replace('\n', '&#10;'),),
            'in base64 once more': (
                base64.b64encode(self.pem.encode()).decode(),
            ),
            'it is JSON': (json.dumps({'cert': self.pem}),),
            'it is the path of a file': ('~/user.pem', 'C:\\user.cer'),
            'it has a NUL character': (f'{self.pem}\0',),
            'half of a surrogate pair': (f'{self.pem}\udc00',),
            'is longer than 65535 bytes': (too_long,),
        }
        wrong = {
            text[:200]: (told, reason)
            for reason, texts in table.items()
            for text in texts
            if reason not in (told := self._refuse(text))
        }
        self.assertEqual({}, wrong)

    def test_private_key(self) -> None:
        made = self.key_type.generate('fake', '')
        for text in (
            made.private_key,
            made.public_key + made.private_key,
            f'{made.private_key}\n{made.public_key}',
        ):
            self.assertIn('it holds a private key', self._refuse(text))


class TestGenerate(TestCase):
    def _certificate(
        self, made: keytypes.GeneratedKey
    ) -> crypto_x509.Certificate:
        return crypto_x509.load_pem_x509_certificate(made.public_key.encode())

    def test_certificate(self) -> None:
        before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        made = self.key_type.generate('fake', 'comment')
        certificate = self._certificate(made)

        self.assertEqual(crypto_x509.Version.v3, certificate.version)
        self.assertEqual('CN=fake', certificate.subject.rfc4514_string())
        self.assertEqual('CN=fake', certificate.issuer.rfc4514_string())
        self.assertGreater(certificate.serial_number.bit_length(), 64)
        self.assertLessEqual(before, certificate.not_valid_before_utc)
        self.assertEqual(
            datetime.timedelta(days=3650),
            certificate.not_valid_after_utc - certificate.not_valid_before_utc,
        )
        self.assertIsInstance(
            certificate.signature_hash_algorithm, hashes.SHA256
        )
        certificate.verify_directly_issued_by(certificate)

    def test_extensions(self) -> None:
        made = self.key_type.generate('fake', '')
        certificate = self._certificate(made)
        upn = crypto_x509.OtherName(
            crypto_x509.ObjectIdentifier('1.3.6.1.4.1.311.20.2.3'),
            b'\x0c\x0efake@localhost',
        )
        self.assertEqual(
            [
                (
                    crypto_x509.ExtendedKeyUsage(
                        [oid.ExtendedKeyUsageOID.CLIENT_AUTH]
                    ),
                    False,
                ),
                (crypto_x509.SubjectAlternativeName([upn]), False),
                (
                    crypto_x509.SubjectKeyIdentifier.from_public_key(
                        certificate.public_key()
                    ),
                    False,
                ),
            ],
            [(one.value, one.critical) for one in certificate.extensions],
        )

    def test_fingerprint(self) -> None:
        made = self.key_type.generate('fake', '')
        self.assertEqual(sha1(made.public_key), made.fingerprint)
        self.assertEqual(
            made.fingerprint, self.key_type.fingerprint(made.public_key)
        )

    @unittest.skipIf(
        backend._fips_enabled, 'OpenSSL opens no PKCS #12 in the mode of FIPS'
    )
    def test_private_key_opens_with_an_empty_password(self) -> None:
        made = self.key_type.generate('fake', '')
        bundle = base64.b64decode(made.private_key, validate=True)
        for password in (b'', None):
            key, certificate, others = pkcs12.load_key_and_certificates(
                bundle, password
            )
            assert isinstance(key, crypto_rsa.RSAPrivateKey)
            assert certificate is not None
            self.assertEqual(2048, key.key_size)
            self.assertEqual(key.public_key(), certificate.public_key())
            self.assertEqual(self._certificate(made), certificate)
            self.assertEqual([], others)

    def test_user_ids(self) -> None:
        for user_id in (
            'a' * 64,
            'domain/user,with=signs+"quotes"',
            'J\u00fcrgen M\u00fcller',
            '\u00e9' * 32,
        ):
            made = self.key_type.generate(user_id, '')
            (name,) = self._certificate(made).subject
            self.assertEqual(user_id, name.value)

    def test_user_ids_that_do_not_fit(self) -> None:
        def make_rsa() -> crypto_rsa.RSAPrivateKey:
            raise AssertionError('no key may be wasted')

        key_type = x509.X509KeyType(make_rsa)
        for user_id, problem in (
            ('a' * 65, 'longer than 64 bytes'),
            ('\u00e9' * 33, 'longer than 64 bytes'),
            ('', 'empty or has characters that cannot be printed'),
            ('admin\0', 'empty or has characters that cannot be printed'),
            ('a\nb', 'empty or has characters that cannot be printed'),
            ('\ud800', 'empty or has characters that cannot be printed'),
        ):
            error = self.assertRaises(
                exception.InvalidInput, key_type.generate, user_id, ''
            )
            self.assertIn(problem, str(error))
