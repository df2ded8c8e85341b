# SPDX-License-Identifier: Apache-2.0

"""What the types of keys share: what each can do, and what none may store."""

import dataclasses
from typing import Protocol

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


class KeyType(Protocol):
    """One type of key pairs."""

    def fingerprint(self, public_key: str) -> str:
        """Return the fingerprint of a public key that a client sent.

        :param public_key: the text as it came; it is not changed
        :returns: hexadecimal pairs joined by colons
        :raises InvalidKey: it is not a public key of this type; the reason
            says what is wrong and repeats nothing of the text, which may
            be a secret sent by mistake
        """
        ...

    def rewrite(
        self,
        public_key: str,
        restore_padding: bool,
        default_comment: str | None,
    ) -> str:
        """Return a public key as a vendor's dialect stores it.

        :param restore_padding: whether ``=`` signs that are missing at the
            end of the base64 are put back
        :param default_comment: the comment of a key that has none
        """
        ...

    def generate(self, user_id: str, comment: str) -> GeneratedKey:
        """Make a new key pair.

        :param user_id: the owner, for types that name it in the key
        :param comment: what to write behind the key, for types that can
        :raises InvalidInput: no key of this type can be made for that user
        """
        ...


def encode(public_key: str) -> bytes:
    """Return the text as the UTF-8 bytes that will be stored.

    :raises InvalidKey: no column can hold it, or it holds a secret
    """
    data = _utf8(public_key)
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


def _utf8(text: str) -> bytes | None:
    # None rather than an error: Python's would carry the text along.
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None
