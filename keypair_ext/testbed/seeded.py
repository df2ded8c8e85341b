# SPDX-License-Identifier: Apache-2.0

"""Keys that repeat, for tests that compare what they get. None is secret."""

import dataclasses
import math
import random
import re
import threading
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from keypair_ext import keytypes
from keypair_ext.keytypes import algorithms, ssh
from keypair_ext.testbed.cloud import SEEDED_TIME
from keypair_ext.testbed.server import Answer

COMMENT: Final = 'not-secret:made-from-a-seed'

_EXPONENT: Final = 65537
# Most numbers that are no primes have one of these.
_SMALL: Final = math.prod(
    n
    for n in range(3, 2000)
    if all(n % k for k in range(2, math.isqrt(n) + 1))
)
_TIME: Final = re.compile(rb'("created_at": ?")([-:.T\d]+)')


class Keys:
    """Makes the same keys in the same order, each time it begins anew.

    :param seed: what all of them come from.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Make the first key next; its comment says that it is no secret."""
        self._random = random.Random(self._seed)  # noqa: S311 # nosec B311

    def types(
        self, ssh_algorithm: str, pool_size: int
    ) -> dict[str, keytypes.KeyType]:
        """Return the key types, whose keys are made when they are wanted.

        Made ahead, by several threads, they would come in any order.
        """
        return {
            **keytypes.load(self._rsa),
            'ssh': _SshKeyType(lambda: self._key(ssh_algorithm)),
        }

    def _key(self, algorithm: str) -> algorithms.PrivateKey:
        if algorithm == 'ed25519':
            return ed25519.Ed25519PrivateKey.from_private_bytes(
                self._random.randbytes(32)
            )
        if algorithm == 'ecdsa-256':
            # Below the order of the group, and not 0.
            return ec.derive_private_key(
                self._random.getrandbits(255) | 1, ec.SECP256R1()
            )
        return self._rsa(int(algorithm.removeprefix('rsa-')))

    def _rsa(self, bits: int = 2048) -> rsa.RSAPrivateKey:
        with self._lock:
            p, q = self._prime(bits // 2), self._prime(bits // 2)
        d = pow(_EXPONENT, -1, math.lcm(p - 1, q - 1))
        return rsa.RSAPrivateNumbers(
            p,
            q,
            d,
            rsa.rsa_crt_dmp1(d, p),
            rsa.rsa_crt_dmq1(d, q),
            rsa.rsa_crt_iqmp(p, q),
            rsa.RSAPublicNumbers(_EXPONENT, p * q),
        ).private_key()

    def _prime(self, bits: int) -> int:
        while True:
            # The product of two of them has all bits that it should have.
            candidate = self._random.getrandbits(bits) | 3 << (bits - 2) | 1
            if (
                math.gcd(candidate, _SMALL) == 1
                and candidate % _EXPONENT != 1
                # Fermat's test: nobody will meet a number of this length, at
                # random, that passes it and is no prime.
                and pow(2, candidate - 1, candidate) == 1
            ):
                return candidate


class _SshKeyType(ssh.SshKeyType):
    """SSH keys whose comment warns of them."""

    def generate(self, user_id: str, comment: str) -> keytypes.GeneratedKey:
        return super().generate(user_id, COMMENT)


def at_one_time(answer: Answer) -> Answer:
    """Return an answer of Compute as if all happened at the same time."""
    time = SEEDED_TIME.encode()
    body = _TIME.sub(lambda it: it[1] + time[: len(it[2])], answer.body)
    headers = [
        (name, value)
        for name, value in answer.headers
        if name.lower() != 'content-length'
    ]
    return dataclasses.replace(answer, body=body, headers=headers)
