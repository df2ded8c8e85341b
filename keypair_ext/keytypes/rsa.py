# SPDX-License-Identifier: Apache-2.0

"""How RSA keys are made."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import rsa

MakeRSA = Callable[[], rsa.RSAPrivateKey]


def make_rsa(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Make a new RSA key with the public exponent 65537.

    It takes long, nearly all of it without the interpreter's lock.
    """
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)
