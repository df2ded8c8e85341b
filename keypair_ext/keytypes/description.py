# SPDX-License-Identifier: Apache-2.0

"""What a stored public key is: algorithm, size, fingerprints, comment.

For reports on keys that are in the table already. Nothing here refuses: of
what cannot be read, nothing is known. Algorithms have the names that
``ssh-keygen -l`` shows, in small letters.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import NamedTuple

_CERTIFICATE = '-cert-v01@openssh.com'

_Strings = list[bytes]


class Description(NamedTuple):
    """What can be said of a key; None where it cannot be read.

    :ivar algorithm: ``rsa``, ``ecdsa``, ``ed25519-sk``, and of a certificate
        the algorithm of the key in it and ``-cert``.
    :ivar bits: the size of the key.
    :ivar fingerprint: as the API shows it: MD5 of an SSH key, SHA-1 of an
        X.509 certificate.
    :ivar sha256: ``SHA256:`` and base64, as ``ssh-keygen -l`` shows it.
    :ivar comment: what stands behind an SSH key.
    """

    algorithm: str | None = None
    bits: int | None = None
    fingerprint: str | None = None
    sha256: str | None = None
    comment: str = ''


UNKNOWN = Description()


def describe(key_type: str, public_key: str | None) -> Description:
    """Return what a public key of the table is.

    :param key_type: ``ssh`` or ``x509``.
    """
    if not public_key:
        return UNKNOWN
    if key_type == 'x509':
        return _describe_certificate(public_key)
    words = _words(public_key)
    blob = _blob(words)
    if blob is None:
        return UNKNOWN
    algorithm, bits = _algorithm(blob)
    if algorithm is None:
        return UNKNOWN
    return Description(
        algorithm,
        bits,
        # Not for security: it is a name, and works where MD5 is barred.
        hashlib.md5(blob, usedforsecurity=False).digest().hex(':'),
        sha256_fingerprint(blob),
        words[2].rstrip() if len(words) > 2 else '',
    )


def blob_of(public_key: str) -> bytes | None:
    """Return the bytes of an SSH key (RFC 4253 section 6.6), if it is one."""
    return _blob(_words(public_key))


def _words(public_key: str) -> list[str]:
    """Return algorithm, base64 and comment, as far as they are there."""
    return public_key.lstrip().partition('\n')[0].split(None, 2)


def _blob(words: list[str]) -> bytes | None:
    try:
        # More padding than it lacks does no harm.
        return binascii.a2b_base64(f'{words[1]}==')
    except (IndexError, ValueError):
        return None


def sha256_fingerprint(blob: bytes) -> str:
    """Return ``SHA256:`` and base64 without padding, as OpenSSH does."""
    digest = hashlib.sha256(blob).digest()
    return f'SHA256:{base64.b64encode(digest).decode().rstrip("=")}'


def _algorithm(blob: bytes) -> tuple[str | None, int | None]:
    strings = _strings(blob)
    name = strings[0].decode('ascii', 'replace') if strings else ''
    is_certificate = name.endswith(_CERTIFICATE)
    algorithm = _ALGORITHMS.get(
        name.removesuffix(_CERTIFICATE).removesuffix('@openssh.com')
    )
    if algorithm is None:
        return None, None
    name, size = algorithm
    # A certificate's own number comes before the key (PROTOCOL.certkeys).
    numbers = strings[2:] if is_certificate else strings[1:]
    try:
        bits = size(numbers)
    except (IndexError, ValueError):
        return None, None
    return (f'{name}-cert' if is_certificate else name), bits


def _strings(blob: bytes) -> _Strings:
    """Return the strings (RFC 4251 section 5) that a blob begins with."""
    strings: _Strings = []
    start = 0
    # The longest key, of DSA, has five; a certificate one more.
    while len(strings) < 6 and start + 4 <= len(blob):
        end = start + 4 + int.from_bytes(blob[start : start + 4])
        if end > len(blob):
            break
        strings.append(blob[start + 4 : end])
        start = end
    return strings


def _bits_of(number: bytes) -> int:
    return int.from_bytes(number).bit_length()


def _curve(numbers: _Strings) -> int:
    return int(numbers[0].removeprefix(b'nistp') or 0)


# The name, and where the size is found.
_ALGORITHMS: dict[str, tuple[str, Callable[[_Strings], int]]] = {
    'ssh-rsa': ('rsa', lambda numbers: _bits_of(numbers[1])),
    'ssh-dss': ('dsa', lambda numbers: _bits_of(numbers[0])),
    'ssh-ed25519': ('ed25519', lambda numbers: 8 * len(numbers[0])),
    'ecdsa-sha2-nistp256': ('ecdsa', _curve),
    'ecdsa-sha2-nistp384': ('ecdsa', _curve),
    'ecdsa-sha2-nistp521': ('ecdsa', _curve),
    'sk-ssh-ed25519': ('ed25519-sk', lambda numbers: 8 * len(numbers[0])),
    'sk-ecdsa-sha2-nistp256': ('ecdsa-sk', _curve),
}


def _describe_certificate(public_key: str) -> Description:
    from cryptography import exceptions, x509
    from cryptography.hazmat.primitives import serialization

    try:
        certificate = x509.load_pem_x509_certificate(public_key.encode())
        key = certificate.public_key().public_bytes(
            serialization.Encoding.OpenSSH,
            serialization.PublicFormat.OpenSSH,
        )
    except (
        ValueError,
        TypeError,
        x509.InvalidVersion,
        exceptions.UnsupportedAlgorithm,
    ):
        return UNKNOWN
    der = certificate.public_bytes(serialization.Encoding.DER)
    algorithm, bits = _algorithm(binascii.a2b_base64(key.split()[1]))
    return Description(
        algorithm,
        bits,
        # Not for security, as above.
        hashlib.sha1(der, usedforsecurity=False).digest().hex(':'),
        sha256_fingerprint(der),
        certificate.subject.rfc4514_string(),
    )
