# SPDX-License-Identifier: Apache-2.0

"""The limit: when it is reached, and what is said before it is."""

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import V2, Caller
from keypair_ext.tests.unit.keytypes import vectors

_KEY = vectors.ED25519.line


def script(settings: Settings) -> Script:
    """Fill a user's quota, then ask for more in every way."""
    user = Caller('quota')
    for number in range(settings.key_pairs + 1):
        yield user.create(f'fill {number}', name=f'k{number}', public_key=_KEY)
    yield from _full(user)
    admin = Caller('quota-admin').admin()
    yield admin.create(
        'administrator for the user',
        '2.10',
        name='more',
        public_key=_KEY,
        user_id='quota',
    )
    yield admin.create(
        'administrator for himself', '2.10', name='own', public_key=_KEY
    )
    yield user.create('in another project', name='more', public_key=_KEY)
    yield Caller('quota', 'bbbb').create(
        'from another project', name='more', public_key=_KEY
    )
    yield Caller('quota', None).create(
        'without a project', name='more', public_key=_KEY
    )
    yield user.delete('make room', 'k0')
    yield user.create('into the room, bad', name='more', public_key='bad')
    yield user.create('into the room, double', name='k1', public_key=_KEY)
    yield user.create('into the room', name='more', public_key=_KEY)
    yield user.create('once more', name='once-more', public_key=_KEY)
    yield user.delete('make room again', 'k1')
    yield user.create('generate into the room', name='made')
    yield user.create('generate once more', name='made-again')


def _full(user: Caller) -> Script:
    for version in (None, '2.2', '2.10', '2.91', '2.92'):
        for title, members in (
            ('new', {'name': 'new', 'public_key': _KEY}),
            ('double', {'name': 'k1', 'public_key': _KEY}),
            ('bad key', {'name': 'new', 'public_key': 'bad'}),
            ('empty key', {'name': 'new', 'public_key': ''}),
            ('long key', {'name': 'new', 'public_key': 'x' * 70000}),
            ('key with a NUL', {'name': 'new', 'public_key': f'{_KEY}\0'}),
            ('double, bad key', {'name': 'k1', 'public_key': 'bad'}),
            ('bad name', {'name': 'k/', 'public_key': _KEY}),
            ('generate', {'name': 'new'}),
            ('generate double', {'name': 'k1'}),
            ('x509', {'name': 'n', 'public_key': 'bad', 'type': 'x509'}),
            ('generate x509', {'name': 'n', 'type': 'x509'}),
            (
                'foreign user_id',
                {'name': 'n', 'public_key': _KEY, 'user_id': 'x'},
            ),
        ):
            yield user.create(f'full, {version}: {title}', version, **members)
    yield user.create('full, v2: new', root=V2, name='n', public_key=_KEY)
    yield user.create('full, v2: bad', root=V2, name='n', public_key='bad')
    yield user.list('full: list', '2.35', '?limit=5')
    yield user.show('full: show', 'k1')
