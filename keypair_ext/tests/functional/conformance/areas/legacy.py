# SPDX-License-Identifier: Apache-2.0

"""What ``/v2`` takes that ``/v2.1`` does not."""

import json
from typing import Any

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import (
    COLLECTION,
    V2,
    VERSION,
    Caller,
)
from keypair_ext.tests.unit.keytypes import vectors

_KEY = vectors.RSA_2048.line

_BODIES: dict[str, dict[str, Any]] = {
    'plain': {'keypair': {'name': 'it', 'public_key': _KEY}},
    'generate': {'keypair': {'name': 'it'}},
    'unknown member': {'keypair': {'name': 'it', 'x': 1}},
    'unknown member outside': {'keypair': {'name': 'it'}, 'x': {'y': []}},
    'type': {'keypair': {'name': 'it', 'type': 'x509'}},
    'type unknown': {'keypair': {'name': 'it', 'type': 'pgp'}},
    'type a number': {'keypair': {'name': 'it', 'type': 1}},
    'type and key': {
        'keypair': {'name': 'it', 'type': 'x509', 'public_key': _KEY}
    },
    'user_id': {'keypair': {'name': 'it', 'user_id': 'other'}},
    'user_id a number': {'keypair': {'name': 'it', 'user_id': 1}},
    'name trimmed': {'keypair': {'name': '  it \t', 'public_key': _KEY}},
    'name with a newline': {'keypair': {'name': 'it\n', 'public_key': _KEY}},
    'name missing': {'keypair': {'public_key': _KEY}},
    'name null': {'keypair': {'name': None}},
    'name a number': {'keypair': {'name': 1}},
    'key null': {'keypair': {'name': 'it', 'public_key': None}},
    'key empty': {'keypair': {'name': 'it', 'public_key': ''}},
    'key bad': {'keypair': {'name': 'it', 'public_key': 'bad'}},
    'keypair missing': {'x': 1},
    'keypair null': {'keypair': None},
    'private_key given': {'keypair': {'name': 'it', 'private_key': 'x'}},
}


def script(settings: Settings) -> Script:
    """Send each body with and without a version, which must not matter."""
    user = Caller('legacy')
    for version in (None, '2.1', '2.92', '2.999', 'bad'):
        headers = () if version is None else ((VERSION, f'compute {version}'),)
        for title, body in _BODIES.items():
            name = f'{title}, version {version}'
            yield user.send(
                f'{name}: create',
                'POST',
                COLLECTION,
                root=V2,
                headers=headers,
                body=json.dumps(body).encode(),
            )
            yield user.send(
                f'{name}: create again',
                'POST',
                f'/aaaa{COLLECTION}',
                root=V2,
                headers=headers,
                body=json.dumps(body).encode(),
            )
            yield user.show(f'{name}: show', 'it', root=V2)
            yield user.list(f'{name}: list', root=V2, query='?limit=1&x=1')
            yield user.show(
                f'{name}: show for another', 'it', root=V2, query='?user_id=x'
            )
            yield user.show(f'{name}: show in v2.1', 'it', '2.10')
            yield user.delete(f'{name}: delete', 'it', root=V2, query='?x=1')
