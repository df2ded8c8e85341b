# SPDX-License-Identifier: Apache-2.0

"""What the types of keys share: new key pairs, and what none may store."""

import dataclasses

from keypair_ext import exception
from keypair_ext.keytypes import private

# What Nova's column, a MySQL TEXT, holds.
MAX_BYTES = 65535


@dataclasses.dataclass(frozen=True, slots=True)
class GeneratedKey:
    """A key pair just made; ``repr`` and ``str`` leave its secret out."""

    public_key: str
    private_key: str = dataclasses.field(repr=False)
    fingerprint: str


def encode(public_key: str) -> bytes:
    """Return the text as the UTF-8 bytes that will be stored.

    :raises InvalidKey: no column can hold it, or it holds a secret
    """
    try:
        data = public_key.encode()
    except UnicodeEncodeError:
        data = None
    # Not while the error is handled, which carries the text along.
    if data is None:
        raise exception.InvalidKey(
            reason='it has a character that UTF-8 cannot encode (half of a '
            'surrogate pair): send the key as plain text.'
        )
    if len(data) > MAX_BYTES:
        raise exception.InvalidKey(
            reason=f'it is longer than {MAX_BYTES} bytes: send one public '
            'key and nothing else.'
        )
    if private.holds_private_key(public_key):
        raise exception.InvalidKey(
            reason='it holds a private key, which must never leave its '
            'owner: send the public part only (the .pub file, or the '
            'certificate), and replace the private key if others could read '
            'it.'
        )
    if b'\0' in data:
        raise exception.InvalidKey(
            reason='it has a NUL character, as text in UTF-16 has: save the '
            'file as plain text, encoded in UTF-8.'
        )
    return data
