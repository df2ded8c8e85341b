# SPDX-License-Identifier: Apache-2.0

"""A server's application that hands out the keys of a pool.

The keys are of a kind that is made in microseconds. The master, which loads
this, takes one and waits for the pool to be full: what a worker must not
inherit is there.
"""

import json
import os
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from keypair_ext.keytypes import pool
from keypair_ext.tests.functional import forks

_MAKE: Any = ed25519.Ed25519PrivateKey.generate
_KEYS: Final = pool.KeyPool(_MAKE, forks.POOL_SIZE)


def _public(private_key: Any) -> str:
    raw = private_key.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    return str(raw.hex())


def _fill() -> list[str]:
    """Return the keys that were made before the fork."""
    first = _KEYS.take()
    made = [key.result() for key in _KEYS._supply._keys]
    return [_public(key) for key in (first, *made)]


_BEFORE: Final = _fill()


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Return a hundred keys, and who has made them."""
    body = json.dumps(
        {
            'pid': os.getpid(),
            'before': _BEFORE,
            'keys': [_public(_KEYS.take()) for _ in range(forks.KEYS_AT_ONCE)],
        }
    ).encode()
    start_response(
        '200 OK',
        [
            ('Content-Type', 'application/json'),
            ('Content-Length', str(len(body))),
        ],
    )
    return [body]
