# SPDX-License-Identifier: Apache-2.0

"""What a stored public key says, whatever stands around it.

Of an SSH key that is its blob, of a certificate its DER. So two texts may be
the same key: comments, white space and padding differ between clients.
"""

import re

from keypair_ext.keytypes import fingerprints, ssh_format, x509

_CERTIFICATE = re.compile(
    r'-----BEGIN ((?:X509 )?CERTIFICATE)-----.*?-----END \1-----', re.DOTALL
)


def sha256(key_type: str, public_key: str | None) -> str | None:
    """Return the SHA-256 fingerprint, ``SHA256:`` and base64.

    It is of the bytes that the fingerprint in the table is of.

    :returns: None where the key cannot be read
    """
    if public_key is None:
        return None
    data = _der(public_key) if key_type == 'x509' else _blob(public_key)
    return fingerprints.sha256(data) if data else None


def is_same(key_type: str, one: str, other: str | None) -> bool:
    """Tell whether two public keys of a type are the same.

    All the keys that a text holds count, since each of them opens a server.
    """
    if other is None:
        return False
    if key_type == 'x509':
        return _certificates(one) == _certificates(other) != []
    return _lines(one) == _lines(other)


def _der(text: str) -> bytes | None:
    certificate = x509.load(text.encode(errors='replace'), 'pem')
    return None if certificate is None else x509.der(certificate)


def _certificates(text: str) -> list[bytes | None]:
    return [_der(found[0]) for found in _CERTIFICATE.finditer(text)]


def _lines(text: str) -> list[object]:
    """Return the type and the blob of each line that is a key, or the line."""
    lines = filter(None, map(str.strip, re.split('[\r\n]+', text)))
    return [
        (line.split()[0], blob) if (blob := _blob(line)) else line
        for line in lines
    ]


def _blob(text: str) -> bytes | None:
    words = text.split(maxsplit=1)
    is_known = words and ssh_format.is_known(words[0])
    return ssh_format.read(text)[0] if is_known else None
