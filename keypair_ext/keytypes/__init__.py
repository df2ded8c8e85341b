# SPDX-License-Identifier: Apache-2.0

"""Key types: what a public key of a type looks like, and how to make one."""

from keypair_ext.keytypes.algorithms import MakeKey
from keypair_ext.keytypes.base import GeneratedKey
from keypair_ext.keytypes.private import holds_private_key
from keypair_ext.keytypes.rsa import MakeRSA
from keypair_ext.keytypes.ssh import SshKeyType
from keypair_ext.keytypes.x509 import X509KeyType

__all__ = ('GeneratedKey', 'KeyType', 'holds_private_key', 'load')


# One type of key pairs.
KeyType = SshKeyType | X509KeyType


def load(
    make_rsa: MakeRSA, make_ssh: MakeKey | None = None
) -> dict[str, KeyType]:
    """Return the key types by the name that requests have.

    :param make_rsa: where they take new RSA keys from
    :param make_ssh: where SSH keys come from; None for RSA as well
    """
    return {
        'ssh': SshKeyType(make_ssh or make_rsa),
        'x509': X509KeyType(make_rsa),
    }
