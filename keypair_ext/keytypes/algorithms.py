# SPDX-License-Identifier: Apache-2.0

"""The SSH keys that can be generated, by the names that the option has."""

import functools
from collections.abc import Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa as _rsa

from keypair_ext.keytypes import pool, rsa

PrivateKey = (
    _rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
)
MakeKey = Callable[[], PrivateKey]

_RSA_BITS = {'rsa-3072': 3072, 'rsa-4096': 4096}
# Made in less time than a statement of the database takes.
_QUICK: dict[str, MakeKey] = {
    'ecdsa-256': functools.partial(ec.generate_private_key, ec.SECP256R1()),
    'ed25519': ed25519.Ed25519PrivateKey.generate,
}


def maker(algorithm: str, make_rsa: rsa.MakeRSA, pool_size: int) -> MakeKey:
    """Return how keys of an algorithm are made.

    :param make_rsa: makes those of RSA with 2048 bits
    :param pool_size: how many other RSA keys are made ahead
    """
    if algorithm in _QUICK:
        return _QUICK[algorithm]
    if algorithm in _RSA_BITS:
        make = functools.partial(rsa.make_rsa, _RSA_BITS[algorithm])
        return pool.pooled(make, pool_size)
    return make_rsa


def pem(key: PrivateKey) -> str:
    """Return a private key, not encrypted, as its users' programs read it.

    All read PKCS#1 (``BEGIN RSA PRIVATE KEY``) and SEC 1 (``BEGIN EC PRIVATE
    KEY``). Of Ed25519 OpenSSH and paramiko read OpenSSH's own format only.
    """
    kind = (
        serialization.PrivateFormat.OpenSSH
        if isinstance(key, ed25519.Ed25519PrivateKey)
        else serialization.PrivateFormat.TraditionalOpenSSL
    )
    return key.private_bytes(
        serialization.Encoding.PEM, kind, serialization.NoEncryption()
    ).decode()
