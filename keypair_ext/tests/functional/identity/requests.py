# SPDX-License-Identifier: Apache-2.0

"""What clients ask Identity, and what they do wrong."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from keypair_ext.tests.functional.identity.asking import Request

_TOKENS: Final = '/v3/auth/tokens'
_TOKEN: Final = 'X-Subject-Token'
_DOMAIN: Final = {'name': 'Default'}
_DEMO: Final = {'project': {'name': 'demo', 'domain': _DOMAIN}}


def _password(user: str = 'member', **identity: Any) -> Any:
    password = '{' + user + '_password}'
    known = {'name': user, 'domain': _DOMAIN, 'password': password}
    return {
        'methods': ['password'],
        'password': {'user': {**known, **identity}},
    }


def _log_in(
    name: str, identity: Any, scope: Any = None, saves: str = ''
) -> Request:
    auth = {'identity': identity}
    if scope is not None:
        auth['scope'] = scope
    learnt: Mapping[str, Any] = {saves: _TOKEN} if saves else {}
    return Request(name, 'POST', _TOKENS, {'auth': auth}, saves=learnt)


def _discovery() -> Iterator[Request]:
    yield Request('versions', 'GET', '/')
    yield Request('version', 'GET', '/v3')
    yield Request('version with a slash', 'GET', '/v3/')


def _logins() -> Iterator[Request]:
    admin = _password('admin')
    yield _log_in('log in as administrator', admin, _DEMO, 'admin_token')
    yield _log_in(
        'log in for the system',
        admin,
        {'system': {'all': True}},
        'system_token',
    )
    yield _log_in('log in for a domain', admin, {'domain': {'id': 'default'}})
    yield _log_in('log in', _password(), _DEMO, 'token')
    yield _log_in('log in as reader', _password('reader'), _DEMO)
    yield _log_in(
        'log in for another project',
        _password('member2'),
        {'project': {'name': 'alt_demo', 'domain': {'id': 'default'}}},
        'other_token',
    )
    yield _log_in('log in for nothing', _password(), saves='unscoped_token')
    yield _log_in('log in unscoped', _password(), 'unscoped')
    yield from _ids()
    yield _log_in(
        'log in by ids',
        {
            'methods': ['password'],
            'password': {
                'user': {'id': '{member}', 'password': '{member_password}'}
            },
        },
        {'project': {'id': '{demo}'}},
    )


def _ids() -> Iterator[Request]:
    """What has to be known by its id for the rest."""
    for user in ('admin', 'member', 'member2'):
        yield Request(
            f'user {user}',
            'GET',
            f'/v3/users?name={user}',
            token='admin_token',
            saves={user: ('users', 0, 'id')},
        )
    for project in ('demo', 'alt_demo'):
        yield Request(
            f'project {project}',
            'GET',
            f'/v3/projects?name={project}',
            token='admin_token',
            saves={project: ('projects', 0, 'id')},
        )
    yield Request(
        'role member',
        'GET',
        '/v3/roles?name=member',
        token='admin_token',
        saves={'role': ('roles', 0, 'id')},
    )


def _failed_logins() -> Iterator[Request]:
    yield _log_in('wrong password', _password(password='wrong'), _DEMO)
    yield _log_in('unknown user', _password(name='nobody'), _DEMO)
    yield _log_in(
        'unknown domain', _password(domain={'name': 'nowhere'}), _DEMO
    )
    yield _log_in(
        'unknown project',
        _password(),
        {'project': {'name': 'nothing', 'domain': _DOMAIN}},
    )
    yield _log_in(
        "somebody else's project",
        _password(),
        {'project': {'name': 'alt_demo', 'domain': _DOMAIN}},
    )
    yield _log_in(
        'a project without a domain',
        _password(),
        {'project': {'name': 'demo'}},
    )
    yield _log_in('an empty scope', _password(), {})
    yield _log_in(
        'the system without a role', _password(), {'system': {'all': True}}
    )
    yield _log_in(
        'a user without a domain',
        {
            'methods': ['password'],
            'password': {'user': {'name': 'member', 'password': 'any'}},
        },
        _DEMO,
    )
    yield _log_in('no methods', {'methods': []}, _DEMO)
    yield _log_in('method alone', {'methods': ['password']}, _DEMO)
    yield _log_in('unknown method', {'methods': ['magic'], 'magic': {}}, _DEMO)
    yield Request('no identity', 'POST', _TOKENS, {'auth': {}})
    yield Request('empty document', 'POST', _TOKENS, {})
    yield Request('text for a document', 'POST', _TOKENS, 'auth')
    yield Request('nothing for a document', 'POST', _TOKENS)


def _exchanges() -> Iterator[Request]:
    def by_token(token: str) -> Any:
        return {'methods': ['token'], 'token': {'id': token}}

    yield _log_in(
        'exchange a token',
        by_token('{unscoped_token}'),
        _DEMO,
        'exchanged_token',
    )
    yield _log_in('exchange for nothing', by_token('{token}'), 'unscoped')
    yield _log_in('exchange an unknown token', by_token('unknown'), _DEMO)
    yield _log_in(
        "exchange for somebody else's project",
        by_token('{token}'),
        {'project': {'id': '{alt_demo}'}},
    )


def _tokens() -> Iterator[Request]:
    def about(
        name: str,
        token: str,
        subject: str,
        method: str = 'GET',
        query: str = '',
    ) -> Request:
        return Request(
            name, method, _TOKENS + query, token=token, subject=subject
        )

    yield about('own token', 'token', 'token')
    yield about('own token, its head', 'token', 'token', 'HEAD')
    yield about(
        'own token, no catalogue', 'token', 'token', 'GET', '?nocatalog'
    )
    yield about("a member's token", 'admin_token', 'token')
    yield about("another member's token", 'other_token', 'token')
    yield about('unscoped token', 'unscoped_token', 'unscoped_token')
    yield about('system token', 'system_token', 'system_token')
    yield about('exchanged token', 'admin_token', 'exchanged_token')
    yield about('unknown token', 'admin_token', 'unknown')
    yield about('unknown token, its head', 'admin_token', 'unknown', 'HEAD')
    yield about('no subject', 'admin_token', '')
    yield about('nobody about a token', '', 'token')
    yield about('unknown about a token', 'unknown', 'token')
    yield about('revoke unknown token', 'admin_token', 'unknown', 'DELETE')
    yield about(
        "revoke another member's token", 'other_token', 'token', 'DELETE'
    )
    yield about('revoke', 'exchanged_token', 'exchanged_token', 'DELETE')
    yield about('revoked token', 'admin_token', 'exchanged_token')
    yield about('revoke once more', 'admin_token', 'exchanged_token', 'DELETE')
    yield Request(
        'list with a revoked token',
        'GET',
        '/v3/auth/projects',
        token='exchanged_token',
    )


def _places() -> Iterator[Request]:
    for name in ('catalog', 'projects', 'domains', 'system'):
        path = f'/v3/auth/{name}'
        yield Request(f'own {name}', 'GET', path, token='token')
        yield Request(
            f"administrator's {name}", 'GET', path, token='admin_token'
        )
        yield Request(
            f'{name} with an unscoped token',
            'GET',
            path,
            token='unscoped_token',
        )
        yield Request(f"nobody's {name}", 'GET', path)


def _reading() -> Iterator[Request]:
    def get(name: str, path: str, token: str = 'admin_token') -> Request:
        return Request(name, 'GET', f'/v3/{path}', token=token)

    for kind, own, other in (
        ('users', 'member', 'member2'),
        ('projects', 'demo', 'alt_demo'),
    ):
        yield get(f'{kind}', f'{kind}?domain_id=default&name={own}')
        yield get(f'{kind}, unknown name', f'{kind}?name=nobody')
        yield get(f'{kind}, as member', kind, 'token')
        yield get(f'{kind}, as nobody', kind, '')
        yield get(
            f'{kind}, for the system', f'{kind}?name={own}', 'system_token'
        )
        yield get(f'one of {kind}', f'{kind}/{{{own}}}')
        yield get(f'own of {kind}', f'{kind}/{{{own}}}', 'token')
        yield get(f'other of {kind}', f'{kind}/{{{other}}}', 'token')
        yield get(f'one of {kind}, unknown', f'{kind}/{{unknown}}')
        yield get(
            f'unknown of {kind}, as member', f'{kind}/{{unknown}}', 'token'
        )
    yield get("a user's projects", 'users/{member}/projects')
    yield get('own projects by id', 'users/{member}/projects', 'token')
    yield get("another user's projects", 'users/{admin}/projects', 'token')
    for token in ('admin_token', 'token'):
        yield get(f'domains, {token}', 'domains', token)
        yield get(f'domain by name, {token}', 'domains?name=Default', token)
        yield get(f'domain, {token}', 'domains/default', token)
        yield get(f'no such domain, {token}', 'domains/{unknown}', token)
        yield get(f'role, {token}', 'roles/{role}', token)
        yield get(f'no such role, {token}', 'roles/{unknown}', token)
        yield get(
            f'assignments, {token}',
            'role_assignments?user.id={member}&scope.project.id={demo}',
            token,
        )
    yield get(
        'assignments in a project', 'role_assignments?scope.project.id={demo}'
    )
    yield get(
        'assignments with names',
        'role_assignments?user.id={member}&include_names=True',
    )
    yield get(
        'assignments for the system',
        'role_assignments?user.id={admin}&scope.system=all',
    )


def _credentials() -> Iterator[Request]:
    path = '/v3/users/{member}/application_credentials'

    def create(name: str, told: str, **more: Any) -> Request:
        return Request(
            told,
            'POST',
            path,
            {'application_credential': {'name': name, **more}},
            token='token',
            saves={
                f'{name}_id': ('application_credential', 'id'),
                f'{name}_secret': ('application_credential', 'secret'),
            }
            if told.startswith('create')
            else {},
        )

    def by(**known: Any) -> Any:
        return {
            'methods': ['application_credential'],
            'application_credential': known,
        }

    yield create('robot', 'create a credential')
    yield create(
        'brief',
        'create a brief credential',
        roles=[{'name': 'member'}],
        expires_at='{soon}',
        description='Ends soon.',
    )
    yield create('robot', 'the same credential')
    yield create('other', 'a role one has not', roles=[{'name': 'admin'}])
    yield create('other', 'an end that is over', expires_at='2020-01-01T00:00')
    yield Request(
        'a credential without a name',
        'POST',
        path,
        {'application_credential': {}},
        token='token',
    )
    yield Request(
        "a credential for somebody else's user",
        'POST',
        path,
        {'application_credential': {'name': 'theirs'}},
        token='other_token',
    )
    yield Request('credentials', 'GET', path, token='token')
    yield Request(
        "somebody else's credentials", 'GET', path, token='other_token'
    )
    yield Request('a credential', 'GET', path + '/{robot_id}', token='token')
    yield Request(
        'no such credential', 'GET', path + '/{unknown}', token='token'
    )
    yield _log_in(
        'log in by credential',
        by(id='{robot_id}', secret='{robot_secret}'),
        saves='robot_token',
    )
    yield _log_in(
        "log in by a credential's name",
        by(
            name='brief',
            secret='{brief_secret}',
            user={'name': 'member', 'domain': _DOMAIN},
        ),
        saves='brief_token',
    )
    yield _log_in(
        'a wrong secret', by(id='{robot_id}', secret='wrong'), saves=''
    )
    yield _log_in('an unknown credential', by(id='unknown', secret='any'))
    yield _log_in(
        'a credential with a scope',
        by(id='{robot_id}', secret='{robot_secret}'),
        _DEMO,
    )
    yield Request(
        "a credential's token",
        'GET',
        _TOKENS,
        token='robot_token',
        subject='robot_token',
    )
    yield Request(
        "own credentials with a credential's token",
        'GET',
        path,
        token='robot_token',
    )
    yield Request(
        'a credential by a credential',
        'POST',
        path,
        {'application_credential': {'name': 'child'}},
        token='robot_token',
    )
    yield Request(
        'delete a credential', 'DELETE', path + '/{robot_id}', token='token'
    )
    yield Request(
        'delete it again', 'DELETE', path + '/{robot_id}', token='token'
    )
    yield _log_in(
        'a deleted credential', by(id='{robot_id}', secret='{robot_secret}')
    )
    yield Request(
        "a deleted credential's token",
        'GET',
        _TOKENS,
        token='admin_token',
        subject='robot_token',
    )


def _writing() -> Iterator[Request]:
    """What suites of clients set up and take down."""

    def write(
        name: str, method: str, path: str, body: Any = None, token: str = ''
    ) -> Request:
        saves = (
            {'made_' + kind: (kind, 'id') for kind in body}
            if name.startswith('create')
            else {}
        )
        return Request(
            name, method, path, body, token or 'admin_token', saves=saves
        )

    project = {'project': {'name': 'made', 'domain_id': 'default'}}
    user = {'user': {'name': 'made', 'password': 'made'}}
    grant = '/v3/projects/{made_project}/users/{made_user}/roles/'
    yield write('create a project', 'POST', '/v3/projects', project)
    yield write('the same project', 'POST', '/v3/projects', project)
    yield write('project as member', 'POST', '/v3/projects', project, 'token')
    yield write('nameless project', 'POST', '/v3/projects', {'project': {}})
    yield write('create a user', 'POST', '/v3/users', user)
    yield write('the same user', 'POST', '/v3/users', user)
    yield write('user as member', 'POST', '/v3/users', user, 'token')
    yield write('nameless user', 'POST', '/v3/users', {'user': {}})
    yield write('grant', 'PUT', grant + '{role}')
    yield write('grant again', 'PUT', grant + '{role}')
    yield write('grant as member', 'PUT', grant + '{role}', token='token')
    yield write('grant an unknown role', 'PUT', grant + '{unknown}')
    yield write('has a role', 'HEAD', grant + '{role}')
    yield write('roles in a project', 'GET', grant.rstrip('/'))
    yield _log_in(
        'log in as the new user',
        {
            'methods': ['password'],
            'password': {
                'user': {
                    'name': 'made',
                    'domain': _DOMAIN,
                    'password': 'made',
                }
            },
        },
        {'project': {'id': '{made_project}'}},
        'made_token',
    )
    yield write('take a role', 'DELETE', grant + '{role}')
    yield write('take a role again', 'DELETE', grant + '{role}')
    yield write('had a role', 'HEAD', grant + '{role}')
    yield write('delete a user', 'DELETE', '/v3/users/{made_user}')
    yield write('delete a user again', 'DELETE', '/v3/users/{made_user}')
    yield write(
        "a deleted user's projects",
        'GET',
        '/v3/auth/projects',
        token='made_token',
    )
    yield write('delete a project', 'DELETE', '/v3/projects/{made_project}')
    yield write(
        'delete a project again', 'DELETE', '/v3/projects/{made_project}'
    )


def _ends() -> Iterator[Request]:
    yield Request(
        'an expired token',
        'GET',
        _TOKENS,
        token='admin_token',
        subject='brief_token',
        waits_for='brief_token',
    )
    yield Request(
        'asking with an expired token',
        'GET',
        '/v3/auth/projects',
        token='brief_token',
    )
    yield _log_in(
        'an expired credential',
        {
            'methods': ['application_credential'],
            'application_credential': {
                'id': '{brief_id}',
                'secret': '{brief_secret}',
            },
        },
    )


def everything() -> list[Request]:
    """Return all requests in the order in which they are asked."""
    return [
        *_logins(),
        *_discovery(),
        *_failed_logins(),
        *_exchanges(),
        *_tokens(),
        *_places(),
        *_reading(),
        *_credentials(),
        *_writing(),
        *_ends(),
    ]


def ask_the_like(method: str, path: str) -> bool:
    """Say whether one of them is like a request that a client has sent.

    :param path: of Identity's own, without a query.
    """
    return any(
        request.method == method and _pattern(request).fullmatch(path)
        for request in everything()
    )


def _pattern(request: Request) -> re.Pattern[str]:
    path = re.escape(request.path.partition('?')[0])
    return re.compile(re.sub(r'\\{\w+\\}', '[^/]+', path))
