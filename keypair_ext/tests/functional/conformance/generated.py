# SPDX-License-Identifier: Apache-2.0

"""Says of a generated key all that two servers must agree on.

The keys themselves are random. Their kind, size and wrapping are not, nor
that public key, private key and fingerprint belong together.
"""

import base64
import hashlib
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

Document = dict[str, Any]

# What an encrypted part of a bundle begins with, in DER.
_PBES2 = bytes.fromhex('06092a864886f70d01050d')


def describe(keypair: Document) -> Document:
    """Return descriptions of the random members of a key pair.

    :param keypair: the object in the answer to a create without a key.
    :raises ValueError: what is said to be a key is none.
    """
    if keypair['public_key'].startswith('-----BEGIN CERTIFICATE'):
        private, description = _bundle(keypair['private_key'])
        public, fingerprint = _certificate(keypair, private)
    else:
        private, description = _pem(keypair['private_key'])
        public, fingerprint = _line(keypair, private)
    return {
        'private_key': description,
        'public_key': public,
        'fingerprint': fingerprint,
    }


def _pem(text: str) -> tuple[rsa.RSAPrivateKey, str]:
    key = serialization.load_pem_private_key(text.encode(), password=None)
    lines = text.split('\n')
    widest = max(map(len, lines[1:-1]))
    return _rsa(key), (
        f'{lines[0]} ... {lines[-2]} and {lines[-1]!r}: {_size(key)}, '
        f'{widest} characters a line'
    )


def _bundle(text: str) -> tuple[rsa.RSAPrivateKey, str]:
    """Open the PKCS #12 that comes with a certificate."""
    blob = base64.b64decode(text, validate=True)
    key, certificate, others = pkcs12.load_key_and_certificates(blob, b'')
    encrypted = _PBES2 in blob
    return _rsa(key), (
        f'PKCS #12 with the empty password: {_size(key)}, '
        f'encrypted: {encrypted}, '
        f'certificate: {certificate is not None}, others: {others}'
    )


def _rsa(key: object) -> rsa.RSAPrivateKey:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError('not an RSA key')
    return key


def _size(key: object) -> str:
    numbers = _rsa(key).private_numbers().public_numbers
    return f'RSA, {_rsa(key).key_size} bits, exponent {numbers.e}'


def _line(keypair: Document, private: rsa.RSAPrivateKey) -> tuple[str, str]:
    kind, data, *comment = keypair['public_key'].split(' ')
    blob = base64.b64decode(data)
    expected = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    belongs = f'{kind} {data}'.encode() == expected
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return (
        f'{kind} {comment}, of the private key: {belongs}',
        f'MD5 of the public key: {keypair["fingerprint"] == _colons(digest)}',
    )


def _certificate(
    keypair: Document, private: rsa.RSAPrivateKey
) -> tuple[str, str]:
    text = keypair['public_key']
    certificate = x509.load_pem_x509_certificate(text.encode())
    belongs = certificate.public_key() == private.public_key()
    lifetime = certificate.not_valid_after_utc - (
        certificate.not_valid_before_utc
    )
    digest_of_key = x509.SubjectKeyIdentifier.from_public_key(
        private.public_key()
    )
    extensions = sorted(
        f'{extension.oid.dotted_string} {extension.critical} '
        + (
            'digest of the public key'
            if extension.value == digest_of_key
            else str(extension.value)
        )
        for extension in certificate.extensions
    )
    algorithm = certificate.signature_hash_algorithm
    digest = hashlib.sha1(
        certificate.public_bytes(serialization.Encoding.DER),
        usedforsecurity=False,
    ).hexdigest()
    return (
        f'{certificate.version} by {certificate.issuer.rfc4514_string()} '
        f'for {certificate.subject.rfc4514_string()}, '
        f'signed with {algorithm and algorithm.name}, '
        f'valid for {lifetime}, {extensions}, '
        f'ends in a newline: {text.endswith(chr(10))}, '
        f'of the private key: {belongs}',
        f'SHA-1 of the certificate: '
        f'{keypair["fingerprint"] == _colons(digest)}',
    )


def _colons(digest: str) -> str:
    pairs = [digest[i : i + 2] for i in range(0, len(digest), 2)]
    return ':'.join(pairs)
