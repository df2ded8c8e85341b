# SPDX-License-Identifier: Apache-2.0

"""What a stored public key says, whatever stands around it.

Of an SSH key that is its blob, of a certificate its DER. So two texts may be
the same key: comments, white space and padding differ between clients.
"""

import re

from keypair_ext.keytypes import description, ssh_format, x509

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
    return description.sha256_fingerprint(data) if data else None


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
    return x509.read(text.encode(errors='replace'), 'pem')


def _certificates(text: str) -> list[bytes | None]:
    return [_der(found[0]) for found in _CERTIFICATE.finditer(text)]


def _lines(text: str) -> list[object]:
    lines = (line.strip() for line in re.split('[\r\n]+', text))
    return [_key(line) for line in lines if line]


def _key(line: str) -> object:
    """Return the type and the blob of a line that is a key, else the line."""
    blob = _blob(line)
    return line if blob is None else (line.split()[0], blob)


def _blob(text: str) -> bytes | None:
    words = text.split(maxsplit=1)
    if not words or not ssh_format.is_known(words[0]):
        return None
    return description.blob_of(text)
