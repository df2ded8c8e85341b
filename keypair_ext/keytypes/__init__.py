# SPDX-License-Identifier: Apache-2.0

"""Key types: what a public key of a type looks like, and how to make one."""

from collections.abc import Callable

from keypair_ext.keytypes.base import GeneratedKey, KeyType
from keypair_ext.keytypes.private import holds_private_key
from keypair_ext.keytypes.rsa import MakeRSA
from keypair_ext.keytypes.ssh import SshKeyType
from keypair_ext.keytypes.x509 import X509KeyType

__all__ = ('TYPES', 'GeneratedKey', 'KeyType', 'holds_private_key', 'load')

# By the name that requests have and the table stores.
TYPES: dict[str, Callable[[MakeRSA], KeyType]] = {
    'ssh': SshKeyType,
    'x509': X509KeyType,
}


def load(make_rsa: MakeRSA) -> dict[str, KeyType]:
    """Return the key types by name.

    :param make_rsa: where they take new RSA keys from
    """
    return {name: key_type(make_rsa) for name, key_type in TYPES.items()}
