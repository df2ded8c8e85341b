# SPDX-License-Identifier: Apache-2.0

"""New public keys of every kind, and their fingerprints by other means."""

import base64
import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes as PrivateKey,
)
from cryptography.x509.oid import NameOID


def all_ssh() -> dict[str, str]:
    """Return a new public key of each type, by what it is called."""
    return {
        'RSA 2048': ssh(rsa.generate_private_key(65537, 2048)),
        'ECDSA P-256': ssh(ec.generate_private_key(ec.SECP256R1())),
        'ECDSA P-384': ssh(ec.generate_private_key(ec.SECP384R1())),
        'ECDSA P-521': ssh(ec.generate_private_key(ec.SECP521R1())),
        'Ed25519': ssh(ed25519.Ed25519PrivateKey.generate()),
    }


def one_ssh() -> str:
    """Return a new public key of the type that is fastest to make."""
    return ssh(ed25519.Ed25519PrivateKey.generate())


def ssh(key: PrivateKey) -> str:
    """Return a private key's public half as OpenSSH writes it."""
    line = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return f'{line.decode()} tempest@example.org'


def certificate() -> str:
    """Return a new self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'tempest')])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def private_pem() -> str:
    """Return a new private key."""
    return (
        ed25519.Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def ssh_fingerprint(public_key: str) -> str:
    """Return the MD5 of what is in base64 between the blanks."""
    blob = base64.b64decode(public_key.split()[1])
    return _colons(hashlib.md5(blob, usedforsecurity=False).hexdigest())


def x509_fingerprint(pem: str) -> str:
    """Return the SHA-1 of what is in base64 between the lines."""
    der = base64.b64decode(''.join(pem.strip().splitlines()[1:-1]))
    return _colons(hashlib.sha1(der, usedforsecurity=False).hexdigest())


def _colons(digits: str) -> str:
    return ':'.join(digits[at : at + 2] for at in range(0, len(digits), 2))
