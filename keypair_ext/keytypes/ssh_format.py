# SPDX-License-Identifier: Apache-2.0

"""The line that OpenSSH writes for a public key, and what is inside it.

``TYPE DATA [COMMENT]``: the data is base64 of a blob, which is strings
(RFC 4251 section 5), the first of them the type once more.
"""

import binascii
import re

from cryptography import exceptions, utils
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa

# How many strings a key's blob consists of, its name included (RFC 4253
# section 6.6, RFC 5656 section 3.1, RFC 8709 section 4, OpenSSH PROTOCOL.u2f).
STRINGS = {
    'ssh-rsa': 3,
    'ssh-ed25519': 2,
    'ecdsa-sha2-nistp256': 3,
    'ecdsa-sha2-nistp384': 3,
    'ecdsa-sha2-nistp521': 3,
    'sk-ssh-ed25519@openssh.com': 3,
    'sk-ecdsa-sha2-nistp256@openssh.com': 4,
    'ssh-dss': 5,
}
DSA = 'ssh-dss'
DSA_BITS = 1024
CERTIFICATE = '-cert-v01@openssh.com'

LINE = re.compile(rb'\A(\S+)[ \t]+(\S+)')
NOT_BASE64 = re.compile(rb'[^A-Za-z0-9+/]')


def is_known(key_type: str) -> bool:
    """Tell whether a word is the type of a key or of a certificate."""
    return key_type.removesuffix(CERTIFICATE) in STRINGS


def loads(line: bytes, key_type: bytes, data: bytes) -> bool:
    """Tell whether a line, of this type and data, is a key."""
    try:
        if key_type == DSA.encode():
            _load_dsa(binascii.a2b_base64(data))
        else:
            serialization.load_ssh_public_key(line)
    except (
        ValueError,
        IndexError,  # a point of no bytes, in cryptography 43
        NotImplementedError,  # a compressed point
        exceptions.UnsupportedAlgorithm,
    ):
        return False
    except utils.CryptographyDeprecationWarning:
        return True  # A DSA certificate, where warnings are errors.
    return True


def is_key(text: str) -> bool:
    """Tell whether a text begins with a line that is a key."""
    line = text.encode(errors='replace')
    found = LINE.match(line)
    return found is not None and loads(line, found[1], found[2])


def read(text: str) -> tuple[bytes | None, str]:
    """Return the blob of a line, None where there is none, and its comment."""
    words = text.lstrip().partition('\n')[0].split(None, 2)
    try:
        # More padding than it lacks does no harm.
        blob = binascii.a2b_base64(f'{words[1]}==')
    except (IndexError, ValueError):
        return None, ''
    return blob, words[2].rstrip() if len(words) > 2 else ''


def _load_dsa(blob: bytes) -> None:
    # cryptography's own reader of these lines warns that it will go.
    (name, p, q, g, y), rest = split(blob, STRINGS[DSA])
    if name != DSA.encode() or rest:
        raise ValueError('not a DSA key')
    parameters = dsa.DSAParameterNumbers(_number(p), _number(q), _number(g))
    if parameters.p.bit_length() != DSA_BITS:
        raise ValueError('size')
    dsa.DSAPublicNumbers(_number(y), parameters).public_key()


def split(blob: bytes, count: int) -> tuple[list[bytes], bytes]:
    """Take strings off a blob; return them and the rest.

    :raises ValueError: the blob is too short for them
    """
    strings = []
    for _ in range(count):
        end = 4 + int.from_bytes(blob[:4])
        if len(blob) < end:
            raise ValueError('cut off')
        strings.append(blob[4:end])
        blob = blob[end:]
    return strings, blob


def _number(string: bytes) -> int:
    if string[:1] > b'\x7f':
        raise ValueError('negative')
    return int.from_bytes(string)


def missing_padding(data: bytes) -> str:
    """Return the ``=`` that base64 data lacks; none where they do not help.

    As in decoding, characters outside the alphabet do not count.
    """
    body = data.rstrip(b'=')
    needed = -len(NOT_BASE64.sub(b'', body)) % 4
    if b'=' in body or needed == 3:
        return ''
    return '=' * (needed - (len(data) - len(body)))
