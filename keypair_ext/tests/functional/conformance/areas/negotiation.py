# SPDX-License-Identifier: Apache-2.0

"""How a version is asked for, by two headers, well and badly."""

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import (
    COLLECTION,
    LEGACY_VERSION,
    V2,
    V21,
    VERSION,
    Caller,
    Headers,
)
from keypair_ext.tests.versions import ABOVE, NEWEST

_VALUES = (
    '2.1',
    NEWEST,
    ABOVE,
    '2.999',
    '3.0',
    '3.1',
    '1.1',
    '0.0',
    '2.0',
    '2',
    '2.',
    '.1',
    '.',
    '-2.1',
    '+2.1',
    '02.1',
    '2.01',
    '2.1.1',
    '2,1',
    '2.1,',
    '2.1\t',
    '2.1 ',
    '2. 1',
    '2.1a',
    'a',
    'v2.1',
    'latest',
    'LATEST',
    'Latest',
    'latest ',
    'latests',
    '"2.1"',
    '2.12345678901234567890',
    '2.' + '9' * 400,
    '12345678901234567890.1',
    '2.\xb2',
    '2.\xd9\xa3',
    '\xff',
    '2.5, 2.7',
    '2.5,2.7',
    '2.5, latest',
    'latest, 2.5',
    'bad, 2.5',
    '2.5, bad',
)

_SERVICE_VALUES = (
    '',
    ' ',
    'compute',
    'compute ',
    'compute  2.7',
    'compute\t2.7',
    'compute 2.7 ',
    'compute 2.7 2.9',
    'compute 2.5 ,',
    ', compute 2.5',
    'compute 2.5, compute 2.7',
    'compute 2.5, identity 3.1',
    'identity 3.1, compute 2.5',
    'identity 3.1',
    'identity bad',
    'nova 2.7',
    '2.5',
    'latest',
    'COMPUTE 2.10',
    'Compute latest',
    'compute LATEST',
    'computer 2.7',
    'xcompute 2.7',
    'compute=2.7',
    'compute;2.7',
    'compute bad, compute 2.7',
    'compute 2.7, compute bad',
    'compute 2.999, compute 2.7',
    'volume 3.0,compute 2.7,identity 3.1',
)

_TOGETHER: tuple[Headers, ...] = (
    ((VERSION, 'compute 2.2'), (LEGACY_VERSION, 'bad')),
    ((VERSION, 'compute 2.2'), (LEGACY_VERSION, '2.10')),
    ((VERSION, 'compute bad'), (LEGACY_VERSION, '2.10')),
    ((VERSION, 'compute 2.999'), (LEGACY_VERSION, '2.10')),
    ((VERSION, 'identity 3.1'), (LEGACY_VERSION, '2.9')),
    ((VERSION, 'compute'), (LEGACY_VERSION, '2.9')),
    ((VERSION, ''), (LEGACY_VERSION, '2.9')),
    ((LEGACY_VERSION, '2.9'), (VERSION, 'compute 2.35')),
    ((VERSION, 'compute 2.5'), (VERSION, 'compute 2.7')),
    ((VERSION, 'identity 3.1'), (VERSION, 'compute 2.7')),
    ((VERSION, 'compute 2.7'), (VERSION, 'identity 3.1')),
    ((LEGACY_VERSION, '2.5'), (LEGACY_VERSION, '2.7')),
    ((VERSION.lower(), 'compute 2.7'),),
    ((VERSION.upper(), 'compute 2.7'),),
    ((LEGACY_VERSION.lower(), '2.7'),),
)


def script(settings: Settings) -> Script:
    """Send each value to key pairs and to the version documents."""
    user = Caller('negotiation')
    sets: list[Headers] = [
        *(((VERSION, f'compute {value}'),) for value in _VALUES),
        *(((LEGACY_VERSION, value),) for value in ('', ' ', *_VALUES)),
        *(((VERSION, value),) for value in _SERVICE_VALUES),
        *_TOGETHER,
    ]
    for number, headers in enumerate(sets):
        title = ', '.join(f'{n}: {v}'[:60] for n, v in headers)
        for root, path, method in (
            (V21, COLLECTION, 'GET'),
            (V21, COLLECTION + '/x', 'DELETE'),
            (V2, COLLECTION, 'GET'),
            (V21, '', 'GET'),
            (V21, '/', 'GET'),
            (V2, '', 'GET'),
            ('', '/', 'GET'),
            (V21, '/no-such-thing', 'GET'),
        ):
            yield user.send(
                f'{number}: {title}: {method} {root}{path}',
                method,
                path,
                root=root,
                headers=headers,
            )
