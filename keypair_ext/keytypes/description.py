# SPDX-License-Identifier: Apache-2.0

"""What a stored public key is: algorithm, size, fingerprints, comment.

For reports on keys that are in the table already. Nothing here refuses: of
what cannot be read, nothing is known.
"""

import binascii
from collections.abc import Callable
from typing import NamedTuple

from keypair_ext.keytypes import fingerprints, ssh_format, x509


class Description(NamedTuple):
    """What can be said of a key; None where it cannot be read.

    :ivar algorithm: as ``ssh-keygen -l`` has it, in small letters: ``rsa``,
        ``ed25519-sk``; of a certificate that of the key in it and ``-cert``.
    :ivar bits: the size of the key.
    :ivar fingerprint: as the API shows it: MD5 of an SSH key, SHA-1 of an
        X.509 certificate.
    :ivar sha256: ``SHA256:`` and base64, as ``ssh-keygen -l`` shows it.
    :ivar comment: what stands behind an SSH key; a certificate's subject.
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
    blob, comment = ssh_format.read(public_key)
    algorithm, bits = _algorithm(blob or b'')
    if blob is None or algorithm is None:
        return UNKNOWN
    return Description(
        algorithm,
        bits,
        fingerprints.md5(blob),
        fingerprints.sha256(blob),
        comment,
    )


def _bits(number: bytes) -> int:
    return int.from_bytes(number).bit_length()


def _bytes(key: bytes) -> int:
    return 8 * len(key)


def _curve(name: bytes) -> int:
    return int(name.removeprefix(b'nistp'))


# The name, and which of the strings behind the type tells the size.
_ALGORITHMS: dict[str, tuple[str, int, Callable[[bytes], int]]] = {
    'ssh-rsa': ('rsa', 1, _bits),
    'ssh-dss': ('dsa', 0, _bits),
    'ssh-ed25519': ('ed25519', 0, _bytes),
    'ecdsa-sha2-nistp256': ('ecdsa', 0, _curve),
    'ecdsa-sha2-nistp384': ('ecdsa', 0, _curve),
    'ecdsa-sha2-nistp521': ('ecdsa', 0, _curve),
    'sk-ssh-ed25519': ('ed25519-sk', 0, _bytes),
    'sk-ecdsa-sha2-nistp256': ('ecdsa-sk', 0, _curve),
}
_KEYS = dict.fromkeys(name for name, _, _ in _ALGORITHMS.values())

# What the algorithm of a description can be.
ALGORITHMS = (*_KEYS, *(f'{name}-cert' for name in _KEYS))


def _algorithm(blob: bytes) -> tuple[str | None, int | None]:
    try:
        (name,), rest = ssh_format.split(blob, 1)
        key_type = name.decode()
        key = key_type.removesuffix(ssh_format.CERTIFICATE)
        algorithm, place, size = _ALGORITHMS[key.removesuffix('@openssh.com')]
        if key != key_type:
            algorithm += '-cert'
            # Its own number comes before the key (PROTOCOL.certkeys).
            place += 1
        strings, _ = ssh_format.split(rest, place + 1)
        return algorithm, size(strings[place])
    except (KeyError, ValueError):
        return None, None


def _describe_certificate(public_key: str) -> Description:
    certificate = x509.load(public_key.encode(errors='replace'), 'pem')
    key = certificate and x509.openssh_key(certificate)
    if not (certificate and key):
        return UNKNOWN
    der = x509.der(certificate)
    algorithm, bits = _algorithm(binascii.a2b_base64(key.split()[1]))
    return Description(
        algorithm,
        bits,
        fingerprints.sha1(der),
        fingerprints.sha256(der),
        certificate.subject.rfc4514_string(),
    )
