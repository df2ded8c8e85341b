# SPDX-License-Identifier: Apache-2.0

"""X.509 certificates: with them one enters Windows by WinRM, no password.

cryptography's x509 package is imported when it is first needed: most services
never see a certificate.
"""

import base64
import binascii
import datetime
import re
from typing import TYPE_CHECKING, Literal

from cryptography import exceptions
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from keypair_ext import exception
from keypair_ext.keytypes import base, fingerprints, mistakes
from keypair_ext.keytypes.rsa import MakeRSA

if TYPE_CHECKING:
    from cryptography import x509

_VALIDITY = datetime.timedelta(days=3650)
_UPN = '1.3.6.1.4.1.311.20.2.3'  # Microsoft's user principal name
_UTF8_STRING = b'\x0c'  # the tag, in DER
_MAX_COMMON_NAME = 64  # X.520, ub-common-name

_SSH_KEY = re.compile(r'\A\s*(?:ssh-|ecdsa-|sk-)\S+[ \t]+AAAA')
_OTHER_FORMATS = (
    (
        'BEGIN (?:X509 )?CERTIFICATE-----',
        'its PEM block does not hold a valid X.509 certificate: copy the '
        'certificate again, from "-----BEGIN" to the end of the "-----END" '
        'line.',
    ),
    (
        'BEGIN TRUSTED CERTIFICATE',
        'it is a certificate in a format of OpenSSL: convert it with '
        '"openssl x509 -in FILE".',
    ),
    (
        'BEGIN (?:NEW )?CERTIFICATE REQUEST',
        'it is a request for a certificate: send the certificate that the '
        'authority issued for it.',
    ),
    (
        'BEGIN [A-Z0-9 ]{0,40}PUBLIC KEY',
        'it is a public key, not a certificate: send an X.509 certificate '
        'for it.',
    ),
    (
        'BEGIN (?:PKCS7|CMS)',
        'it is a PKCS#7 bundle: extract the certificate with '
        '"openssl pkcs7 -print_certs".',
    ),
)


class X509KeyType:
    """Client certificates for Windows servers."""

    def __init__(self, make_rsa: MakeRSA) -> None:
        self._make_rsa = make_rsa

    def fingerprint(self, public_key: str) -> str:
        """Return the SHA-1 of the certificate in DER, as Nova does.

        :param public_key: a certificate in PEM; text around it is allowed,
            and of several the first counts
        :raises InvalidKey: it is not such a certificate
        """
        certificate = load(base.encode(public_key), 'pem')
        if certificate is None:
            raise exception.InvalidKey(reason=_explain(public_key))
        return fingerprints.sha1(der(certificate))

    def rewrite(
        self,
        public_key: str,
        restore_padding: bool,
        default_comment: str | None,
    ) -> str:
        """Return the certificate as it came: dialects rewrite SSH only."""
        return public_key

    def generate(self, user_id: str, comment: str) -> base.GeneratedKey:
        """Make an RSA key and a certificate that it signs itself.

        :param user_id: the certificate's common name; ``USER@localhost`` is
            its user principal name
        :param comment: not used: a certificate has none
        :returns: the certificate in PEM, valid for 3650 days, and as the
            private key a PKCS#12 file in base64, with key and certificate,
            that opens with an empty password
        :raises InvalidInput: no certificate can hold the user's id
        """
        _check_common_name(user_id)
        private_key = self._make_rsa()
        return _certify(private_key, user_id)


# Importing.


def load(
    text: bytes, encoding: Literal['pem', 'der']
) -> 'x509.Certificate | None':
    """Return a certificate, None where it is not one."""
    from cryptography import x509

    try:
        if encoding == 'pem':
            return x509.load_pem_x509_certificate(text)
        return x509.load_der_x509_certificate(text)
    except (
        ValueError,
        TypeError,
        x509.InvalidVersion,
        exceptions.UnsupportedAlgorithm,
    ):
        return None


def der(certificate: 'x509.Certificate') -> bytes:
    """Return a certificate in DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def openssh_key(certificate: 'x509.Certificate') -> bytes | None:
    """Return the key in a certificate as a line, None where SSH has none."""
    try:
        return certificate.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm):
        return None


def _explain(public_key: str) -> str:
    if not public_key.strip():
        return 'it is empty: send an X.509 certificate in PEM format.'
    if _SSH_KEY.match(public_key):
        return (
            'it is an SSH public key, not an X.509 certificate: import it '
            'with the type ssh.'
        )
    if reason := (
        mistakes.explain(public_key, _is_certificate)
        or mistakes.first(public_key, _OTHER_FORMATS)
    ):
        return reason
    if _is_bare(public_key):
        return (
            'the lines "-----BEGIN CERTIFICATE-----" and "-----END '
            'CERTIFICATE-----" around the certificate are missing: add them.'
        )
    return (
        'it is not an X.509 certificate in PEM format: send the text from '
        '"-----BEGIN CERTIFICATE-----" to "-----END CERTIFICATE-----".'
    )


def _is_certificate(text: str) -> bool:
    return load(text.encode(errors='replace'), 'pem') is not None


def _is_bare(public_key: str) -> bool:
    try:
        data = binascii.a2b_base64(public_key.encode())
    except binascii.Error:
        return False
    return load(data, 'der') is not None


# Generating.


def _check_common_name(user_id: str) -> None:
    if not user_id.isprintable() or not user_id:
        raise exception.InvalidInput(
            reason='the user id is empty or has characters that cannot be '
            'printed, so it cannot be the common name of a certificate: '
            'generate a key pair of type ssh, or import a certificate.'
        )
    if len(user_id.encode()) > _MAX_COMMON_NAME:
        raise exception.InvalidInput(
            reason=f'the user id is longer than {_MAX_COMMON_NAME} bytes, so '
            'it cannot be the common name of a certificate: generate a key '
            'pair of type ssh, or import a certificate.'
        )


def _certify(
    private_key: rsa.RSAPrivateKey, user_id: str
) -> base.GeneratedKey:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509 import oid

    name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, user_id)])
    upn = x509.OtherName(
        x509.ObjectIdentifier(_UPN), _der_utf8(f'{user_id}@localhost')
    )
    public_key = private_key.public_key()
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _VALIDITY)
        .add_extension(
            x509.ExtendedKeyUsage([oid.ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .add_extension(x509.SubjectAlternativeName([upn]), critical=False)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public_key),
            critical=False,
        )
        .sign(private_key, hashes.SHA256())
    )
    # The encrypting builders refuse the empty password that Nova uses.
    bundle = pkcs12.serialize_key_and_certificates(
        None, private_key, certificate, None, serialization.NoEncryption()
    )
    return base.GeneratedKey(
        public_key=certificate.public_bytes(
            serialization.Encoding.PEM
        ).decode(),
        private_key=base64.b64encode(bundle).decode(),
        fingerprint=fingerprints.sha1(der(certificate)),
    )


def _der_utf8(text: str) -> bytes:
    value = text.encode()
    # One byte of length is enough: the name has 64 bytes at most.
    return _UTF8_STRING + len(value).to_bytes() + value
