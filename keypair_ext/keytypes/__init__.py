# SPDX-License-Identifier: Apache-2.0

"""Key types: what a public key of a type looks like, and how to make one.

A type is one module here, or in a package of somebody else, and one entry
point. This file holds what they share.
"""

import dataclasses
import importlib.metadata
import re
from typing import Protocol

from keypair_ext import exception
from keypair_ext.keytypes.rsa import MakeRSA

ENTRY_POINT_GROUP = 'keypair_ext.keytypes'

# What Nova's column, a MySQL TEXT, holds.
MAX_BYTES = 65535

_PRIVATE_KEY = re.compile(
    'BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY'  # PEM, OpenSSH, ssh.com
    '|SSH PRIVATE KEY FILE'  # SSH protocol 1
    '|PuTTY-User-Key-File-'
)


@dataclasses.dataclass(frozen=True, slots=True)
class GeneratedKey:
    """A key pair just made; ``repr`` and ``str`` leave its secret out."""

    public_key: str
    private_key: str = dataclasses.field(repr=False)
    fingerprint: str


class KeyType(Protocol):
    """One type of key pairs, known to clients by its ``name``."""

    name: str

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


def load(make_rsa: MakeRSA) -> dict[str, KeyType]:
    """Build the key types that the installed packages declare, by name.

    :param make_rsa: where the types take new RSA keys from
    :raises ConfigurationError: a declared type cannot be built, two packages
        declare one name, or there is no type at all
    """
    key_types: dict[str, KeyType] = {}
    for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        if point.name in key_types:
            raise exception.ConfigurationError(
                reason='Two installed packages provide the key type '
                f'{point.name!r}: remove one of them.'
            )
        key_types[point.name] = _build(point, make_rsa)
    if not key_types:
        raise exception.ConfigurationError(
            reason='No key type is installed (entry points of the group '
            f'{ENTRY_POINT_GROUP}): install keypair-ext again.'
        )
    return key_types


def _build(point: importlib.metadata.EntryPoint, make_rsa: MakeRSA) -> KeyType:
    try:
        key_type: KeyType = point.load()(make_rsa)
    except Exception as exc:  # A foreign package may fail in any way.
        raise _broken(point, f'{type(exc).__name__}: {exc}') from exc
    name = getattr(key_type, 'name', None)
    if name != point.name:
        raise _broken(point, f'it calls itself {name!r}')
    return key_type


def _broken(
    point: importlib.metadata.EntryPoint, problem: str
) -> exception.ConfigurationError:
    return exception.ConfigurationError(
        reason=f'The key type {point.name!r} cannot be loaded from '
        f'{point.value!r}: {problem}.'
    )


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
    if _holds_private_key(public_key):
        raise exception.InvalidKey(
            reason='it holds a private key, which must never leave its '
            'owner: send the public part only (the .pub file, or the '
            'certificate), and replace the private key if others could read '
            'it.'
        )
    if b'\0' in data:
        raise exception.InvalidKey(
            reason='it has a NUL character: send the key as plain text, '
            'encoded in UTF-8.'
        )
    return data


def _utf8(text: str) -> bytes | None:
    # None rather than an error: Python's would carry the text along.
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def _holds_private_key(text: str) -> bool:
    # Two plain searches take 0.1 microseconds, the expression 20 times that.
    return (
        'PRIVATE KEY' in text or 'PuTTY-User' in text
    ) and _PRIVATE_KEY.search(text) is not None


def colon_hex(digest: bytes) -> str:
    """Write a digest as clients expect a fingerprint: ``1e:2c:9b``."""
    return digest.hex(':')
