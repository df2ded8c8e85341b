# SPDX-License-Identifier: Apache-2.0

"""Who asks, with what scope and roles, and for whom."""

from collections.abc import Iterator
from urllib import parse as urlparse

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import (
    COLLECTION,
    PROJECT,
    V2,
    V21,
    Caller,
)
from keypair_ext.tests.unit.keytypes import vectors

_KEY = vectors.ED25519.line

_ROLES: tuple[tuple[str, ...], ...] = (
    (),
    ('',),
    ('reader',),
    ('member',),
    ('member', 'reader'),
    ('manager',),
    ('service',),
    ('admin',),
    ('ADMIN',),
    ('Admin', 'member'),
    (' admin',),
    ('admin ',),
    ('administrator',),
    ('custom',),
    ('admin,member',),
)

_SCOPES = {
    'project': Caller('', PROJECT),
    'no project': Caller('', None),
    'empty project': Caller('', ''),
    'project that is no hexadecimal': Caller('', 'My Project'),
    'system': Caller('', None, extra=(('OpenStack-System-Scope', 'all'),)),
    'system none': Caller(
        '', None, extra=(('OpenStack-System-Scope', 'none'),)
    ),
    'system and project': Caller(
        '', PROJECT, extra=(('OpenStack-System-Scope', 'all'),)
    ),
    'domain': Caller('', None, extra=(('X-Domain-Id', 'default'),)),
    'domain and project': Caller(
        '', PROJECT, extra=(('X-Domain-Id', 'default'),)
    ),
}

_USER_IDS = {
    'plain': 'plain',
    'blank': 'a b',
    'a blank': ' ',
    'blank at the end': 'a ',
    'capitals': 'PLAIN',
    'slash': 'a/b',
    'percent sign': '%41',
    'at': 'a@b',
    'accent': 'caf\xe9',
    'Japanese': '\u65e5\u672c',
    'emoji': '\U0001f600',
    'lone surrogate': '\ud800',
    'NUL': 'a\0b',
    'newline': 'a\nb',
    'newline at the end': 'a\n',
    'quotes': '\'"',
    'markup': '<a>&',
    '64 letters': 'u' * 64,
    '65 letters': 'u' * 65,
    '255 letters': 'u' * 255,
    '256 letters': 'u' * 256,
    '300 letters': 'u' * 300,
    '10,000 letters': 'u' * 10000,
}


def script(settings: Settings) -> Script:
    """Ask as everybody, and for everybody."""
    for title, caller in _callers():
        yield from _requests(caller, title)
    yield from _nobody()
    yield from _tokens()
    yield from _for_others()


def _callers() -> Iterator[tuple[str, Caller]]:
    for roles in _ROLES:
        title = f'roles {list(roles)}'
        yield title, Caller(f'users, {title}', PROJECT, roles)
    for scope, caller in _SCOPES.items():
        for roles in (('member', 'reader'), ('reader',), ('admin',)):
            title = f'{scope} as {roles[0]}'
            yield (
                title,
                Caller(f'users, {title}', caller.project, roles, caller.extra),
            )


def _requests(caller: Caller, title: str) -> Script:
    """Yield one of everything, own and foreign."""
    yield caller.create(f'{title}: import', name='one', public_key=_KEY)
    yield caller.create(
        f'{title}: import in v2', root=V2, name='two', public_key=_KEY
    )
    yield caller.create(f'{title}: import bad', name='bad', public_key='bad')
    yield caller.create(f'{title}: generate', name='made')
    yield caller.show(f'{title}: show', 'one')
    yield caller.list(f'{title}: list')
    yield caller.list(f'{title}: list with user_id', '2.10', '?user_id=other')
    yield caller.show(
        f'{title}: show with user_id', 'one', '2.10', '?user_id=other'
    )
    yield caller.create(
        f'{title}: import with user_id',
        '2.10',
        name='one',
        public_key=_KEY,
        user_id='other',
    )
    yield caller.delete(
        f'{title}: delete with user_id', 'one', '2.10', '?user_id=other'
    )
    yield caller.send(f'{title}: in project', 'GET', '/aaaa/os-keypairs')
    yield caller.send(f'{title}: in another', 'GET', '/bbbb/os-keypairs')
    yield caller.send(f'{title}: elsewhere', 'GET', '/no-such-thing')
    yield caller.send(f'{title}: put', 'PUT', COLLECTION)
    for name in ('one', 'two', 'made'):
        yield caller.delete(f'{title}: delete {name}', name)


def _nobody() -> Script:
    """Ask without a token, and with half of one."""
    nobody = Caller(None)
    for root in (V21, V2):
        for method, path in (
            ('GET', COLLECTION),
            ('POST', COLLECTION),
            ('GET', f'{COLLECTION}/one'),
            ('DELETE', f'{COLLECTION}/one'),
            ('PUT', COLLECTION),
            ('HEAD', COLLECTION),
            ('OPTIONS', COLLECTION),
            ('GET', '/no-such-thing'),
            ('GET', '/bbbb/os-keypairs'),
        ):
            yield nobody.send(
                f'nobody: {method} {root}{path}', method, path, root=root
            )
    for name, version in (('bad version', 'bad'), ('new version', '2.999')):
        yield nobody.list(f'nobody: {name}', version)
    for name, headers in (
        ('project only', (('X-Project-Id', PROJECT),)),
        ('roles only', (('X-Roles', 'admin'),)),
        ('user empty', (('X-User-Id', ''), ('X-Roles', 'admin'))),
    ):
        yield nobody.send(
            f'nobody: {name}', 'GET', COLLECTION, headers=headers
        )


def _tokens() -> Script:
    """Say all in a token, as both stand-ins for Keystone understand."""
    for token in (
        'token-user',
        'token-user:',
        'token-user::',
        'token-user:aaaa',
        'token-user:aaaa:',
        'token-user:aaaa:reader',
        'token-user:aaaa:admin,member',
        ':aaaa:admin',
        '',
        '::',
    ):
        headers = (('X-Auth-Token', token),)
        caller = Caller(None)
        yield caller.send(
            f'token {token!r}: list', 'GET', COLLECTION, headers=headers
        )
        yield caller.send(
            f'token {token!r}: list of another',
            'GET',
            f'{COLLECTION}?user_id=other',
            '2.10',
            headers=headers,
        )


def _for_others() -> Script:
    """Name users of all kinds, as an administrator and as one of them."""
    admin = Caller('users-admin').admin()
    member = Caller('users-member')
    for title, user_id in _USER_IDS.items():
        escaped = urlparse.quote(user_id, safe='', errors='surrogatepass')
        query = f'?user_id={escaped}'
        for who, caller in (('admin', admin), ('member', member)):
            name = f'{who} for {title}'
            yield caller.create(
                f'{name}: import',
                '2.10',
                name='for-another',
                public_key=_KEY,
                user_id=user_id,
            )
            yield caller.create(
                f'{name}: import bad',
                '2.10',
                name='bad',
                public_key='bad',
                user_id=user_id,
            )
            yield caller.create(
                f'{name}: generate x509',
                '2.10',
                name='made-x509',
                type='x509',
                user_id=user_id,
            )
            yield caller.list(f'{name}: list', '2.35', query)
            yield caller.list(f'{name}: page', '2.35', f'{query}&limit=1')
            yield caller.show(f'{name}: show', 'for-another', '2.10', query)
            yield caller.list(f'{name}: list in 2.9', '2.9', query)
            for keypair in ('for-another', 'made-x509'):
                yield caller.delete(
                    f'{name}: delete {keypair}', keypair, '2.10', query
                )
