# SPDX-License-Identifier: Apache-2.0

"""The Identity imitation: Keystone's requests, as far as clients send them.

One table of routes over plain functions. Each gets what was asked and returns
an answer; what it refuses it raises.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from keypair_ext.testbed import cloud as clouds, login
from keypair_ext.testbed.cloud import Cloud, Document, Token
from keypair_ext.testbed.refusals import (
    Refused,
    forbidden,
    malformed,
    not_found,
    unauthenticated,
)
from keypair_ext.testbed.server import Answer, Request, document

# Where each service of the catalogue is, and its name.
SERVICES: Final = {
    'identity': ('keystone', '/identity/v3'),
    'compute': ('nova', '/compute/v2.1'),
    'image': ('glance', '/image'),
}


@dataclass(frozen=True)
class Asked:
    """A request to Identity, and all that is needed to answer it.

    :ivar base: the server's URL, by which the client knows it.
    :ivar names: what the path has in its places, and what the query asks.
    """

    cloud: Cloud
    request: Request
    base: str
    caller: Token
    names: dict[str, str]

    @property
    def url(self) -> str:
        """The URL of Identity, without a slash at its end."""
        return f'{self.base}/identity/v3'

    @property
    def body(self) -> Any:
        """The document that was sent.

        :raises Refused: it is none.
        """
        try:
            return json.loads(self.request.body or b'{}')
        except ValueError as error:
            raise malformed('its body is not JSON') from error


Handler = Callable[[Asked], Answer]
# Says who may do it. None of a route is: who has no token, too.
Rule = Callable[[Asked], bool]


def _anyone(asked: Asked) -> bool:
    return True


def _admin(asked: Asked) -> bool:
    caller = asked.caller
    return caller.is_admin or (
        'reader' in caller.roles and caller.scope.keys() <= {'system'}
    )


def _owner(asked: Asked) -> bool:
    return asked.names['user_id'] == asked.caller.user_id


def _owner_or_admin(asked: Asked) -> bool:
    return _owner(asked) or _admin(asked)


def _in_project(asked: Asked) -> bool:
    here = asked.caller.scope.get('project')
    return asked.names['project_id'] == here or _admin(asked)


def _in_domain(asked: Asked) -> bool:
    scope = asked.caller.scope
    here = 'default' if 'project' in scope else scope.get('domain')
    return asked.names['domain_id'] == here or _admin(asked)


def _subject_or_admin(asked: Asked) -> bool:
    # A token tells about itself, and any other one of the same user.
    if _admin(asked) or 'service' in asked.caller.roles:
        return True
    subject = asked.cloud.token(_subject_id(asked))
    return subject is not None and subject.user_id == asked.caller.user_id


# Discovery.


def _list_versions(asked: Asked) -> Answer:
    return document(300, {'versions': {'values': [_version(asked)]}})


def _show_version(asked: Asked) -> Answer:
    return document(200, {'version': _version(asked)})


def _version(asked: Asked) -> Document:
    return {
        'id': 'v3.14',
        'status': 'stable',
        'updated': '2020-04-07T00:00:00Z',
        'links': [{'rel': 'self', 'href': f'{asked.url}/'}],
        'media-types': [
            {
                'base': 'application/json',
                'type': 'application/vnd.openstack.identity-v3+json',
            }
        ],
    }


# Tokens.


def _issue_token(asked: Asked) -> Answer:
    token = login.log_in(asked.cloud, asked.body)
    return _tell_token(asked, token, 201)


def _validate_token(asked: Asked) -> Answer:
    token = asked.cloud.token(_subject_id(asked))
    if token is None:
        raise not_found('token', 'of this id')
    return _tell_token(asked, token, 200)


def _revoke_token(asked: Asked) -> Answer:
    if asked.cloud.tokens.pop(_subject_id(asked), None) is None:
        raise not_found('token', 'of this id')
    return Answer(204)


def _subject_id(asked: Asked) -> str:
    return asked.request.headers.get('X-Subject-Token', '')


def _tell_token(asked: Asked, token: Token, status: int) -> Answer:
    told = _token_document(asked, token)
    if token.scope and 'nocatalog' not in asked.request.query:
        told['catalog'] = _catalog(asked)
    return document(status, {'token': told}, [('X-Subject-Token', token.id)])


def _token_document(asked: Asked, token: Token) -> Document:
    cloud = asked.cloud
    user = cloud.users[token.user_id]
    told: Document = {
        'methods': token.methods,
        'user': {
            'domain': _short(cloud.domains[user['domain_id']]),
            **_short(user),
            'password_expires_at': user['password_expires_at'],
        },
        'audit_ids': token.audit_ids,
        'expires_at': token.expires_at,
        'issued_at': token.issued_at,
    }
    for kind, where in token.scope.items():
        told['roles'] = [
            _short(cloud.find(cloud.roles, name)) for name in token.roles
        ]
        if kind == 'system':
            told['system'] = {'all': True}
        elif kind == 'domain':
            told['domain'] = _short(cloud.domains[where])
        else:
            project = cloud.projects[where]
            domain = _short(cloud.domains[project['domain_id']])
            told['project'] = {'domain': domain, **_short(project)}
            told['is_domain'] = False
    if token.credential:
        told['application_credential'] = _restrictions(token.credential)
    return told


def _restrictions(credential: Document) -> Document:
    told = {
        **_short(credential),
        'restricted': not credential['unrestricted'],
    }
    if credential.get('access_rules'):
        told['access_rules'] = credential['access_rules']
    return told


def _short(resource: Document) -> Document:
    return {'id': resource['id'], 'name': resource['name']}


def _catalog(asked: Asked) -> list[Document]:
    return [
        {
            'type': kind,
            'name': name,
            'id': asked.cloud.service_ids[kind],
            'endpoints': [
                {
                    'id': f'{asked.cloud.service_ids[kind][:31]}{number}',
                    'interface': interface,
                    'region': clouds.REGION,
                    'region_id': clouds.REGION,
                    'url': f'{asked.base}{path}',
                }
                for number, interface in enumerate(
                    ('public', 'internal', 'admin')
                )
            ],
        }
        for kind, (name, path) in SERVICES.items()
    ]


def _show_catalog(asked: Asked) -> Answer:
    if 'project' not in asked.caller.scope:
        raise forbidden('that without a token for a project')
    links = {'self': f'{asked.url}/auth/catalog'}
    return document(200, {'catalog': _catalog(asked), 'links': links})


# What a token may be exchanged for.


def _list_own_projects(asked: Asked) -> Answer:
    return _list_places(asked, 'project', asked.caller.user_id)


def _list_own_domains(asked: Asked) -> Answer:
    return _list_places(asked, 'domain', asked.caller.user_id)


def _list_user_projects(asked: Asked) -> Answer:
    _get(asked.cloud.users, 'user', asked.names['user_id'])
    return _list_places(asked, 'project', asked.names['user_id'])


def _list_places(asked: Asked, kind: str, user_id: str) -> Answer:
    resources = getattr(asked.cloud, f'{kind}s')
    return _collection(
        asked,
        f'{kind}s',
        [resources[place] for place in asked.cloud.places(user_id, kind)],
    )


def _list_own_system(asked: Asked) -> Answer:
    has = asked.cloud.places(asked.caller.user_id, 'system')
    links = {'self': f'{asked.url}/auth/system'}
    system = [{'all': True}] if has else []
    return document(200, {'system': system, 'links': links})


# Users, projects, domains and roles.


def _list_resources(plural: str) -> Handler:
    def list_them(asked: Asked) -> Answer:
        found = getattr(asked.cloud, plural).values()
        return _collection(asked, plural, found)

    return list_them


def _show_resource(plural: str, field: str) -> Handler:
    kind = plural.removesuffix('s')

    def show_it(asked: Asked) -> Answer:
        found = _get(getattr(asked.cloud, plural), kind, asked.names[field])
        return document(200, {kind: _linked(asked, plural, found)})

    return show_it


def _get(resources: dict[str, Document], kind: str, name: str) -> Document:
    found = resources.get(name)
    if found is None:
        raise not_found(kind, name)
    return found


def _linked(asked: Asked, plural: str, resource: Document) -> Document:
    link = f'{asked.url}/{plural}/{resource["id"]}'
    return {**resource, 'links': {'self': link}}


def _collection(
    asked: Asked, plural: str, resources: Iterable[Document]
) -> Answer:
    """Return those that the query asks for."""
    wanted = {
        key: values[-1].casefold()
        for key, values in asked.request.query.items()
        if key in ('name', 'domain_id', 'enabled', 'parent_id')
    }
    found = [
        _linked(asked, plural, resource)
        for resource in resources
        if all(
            key not in resource or str(resource[key]).casefold() == value
            for key, value in wanted.items()
        )
    ]
    return _told(asked, plural, found)


def _told(asked: Asked, plural: str, found: Sequence[Document]) -> Answer:
    address = asked.request.target.removeprefix('/identity/v3')
    links = {'next': None, 'self': asked.url + address, 'previous': None}
    member = plural.rpartition('/')[2]
    return document(200, {member: found, 'links': links})


def _list_assignments(asked: Asked) -> Answer:
    query = asked.request.query
    cloud = asked.cloud
    wanted = {
        'user': query.get('user.id'),
        'role': query.get('role.id'),
        'project': query.get('scope.project.id'),
        'domain': query.get('scope.domain.id'),
        'system': ['all'] if 'scope.system' in query else None,
    }
    found = []
    for user_id, kind, where, role_id in cloud.grants:
        has = {'user': user_id, 'role': role_id, kind: where}
        if all(
            values is None or has.get(key) == values[-1]
            for key, values in wanted.items()
        ):
            found.append(_assignment(asked, user_id, kind, where, role_id))
    return _told(asked, 'role_assignments', found)


def _assignment(
    asked: Asked, user_id: str, kind: str, where: str, role_id: str
) -> Document:
    cloud = asked.cloud
    place = '' if kind == 'system' else f'/{where}'
    plural = kind if kind == 'system' else f'{kind}s'
    link = f'{asked.url}/{plural}{place}/users/{user_id}/roles/{role_id}'
    told: Document = {
        'role': {'id': role_id},
        'user': {'id': user_id},
        'scope': {'system': {'all': True}}
        if kind == 'system'
        else {kind: {'id': where}},
        'links': {'assignment': link},
    }
    names = asked.request.query.get('include_names', ['0'])[-1]
    if names.casefold() not in ('0', 'false'):
        told['role'] = _short(cloud.roles[role_id])
        told['user'] = _with_domain(cloud, cloud.users[user_id])
        if kind == 'project':
            told['scope'] = {kind: _with_domain(cloud, cloud.projects[where])}
        elif kind == 'domain':
            told['scope'] = {kind: _short(cloud.domains[where])}
    return told


def _with_domain(cloud: Cloud, resource: Document) -> Document:
    domain = cloud.domains[resource['domain_id']]
    return {**_short(resource), 'domain': _short(domain)}


# Application credentials.


def _list_credentials(asked: Asked) -> Answer:
    owner = asked.names['user_id']
    return _collection(
        asked,
        f'users/{owner}/application_credentials',
        [
            _public(credential)
            for credential in asked.cloud.credentials.values()
            if credential['user_id'] == owner
        ],
    )


def _show_credential(asked: Asked) -> Answer:
    return _tell_credential(asked, 200, _credential(asked))


def _create_credential(asked: Asked) -> Answer:
    cloud, caller = asked.cloud, asked.caller
    given = login.part(asked.body, 'application_credential')
    name = login.text(given, 'name')
    if not name:
        raise malformed('application_credential needs a name')
    _check_unrestricted(caller)
    project_id = caller.scope.get('project')
    if project_id is None:
        raise malformed('the token has to be one for a project')
    owned = {
        credential['name']
        for credential in cloud.credentials.values()
        if credential['user_id'] == caller.user_id
    }
    if name in owned:
        raise Refused(409, f'You have an application credential {name}.')
    made: Document = {
        'id': cloud.new_id(),
        'name': name,
        'description': login.text(given, 'description'),
        'user_id': caller.user_id,
        'project_id': project_id,
        'roles': _wanted_roles(asked, given.get('roles')),
        'unrestricted': bool(given.get('unrestricted')),
        'expires_at': _end(login.text(given, 'expires_at')),
        'access_rules': [
            {'id': cloud.new_id(), **rule}
            for rule in given.get('access_rules') or ()
        ],
    }
    secret = login.text(given, 'secret') or cloud.new_id() * 2
    cloud.credentials[made['id']] = made
    cloud.secrets[made['id']] = secret
    return _tell_credential(asked, 201, {**made, 'secret': secret})


def _delete_credential(asked: Asked) -> Answer:
    _check_unrestricted(asked.caller)
    gone = _credential(asked)
    cloud = asked.cloud
    del cloud.credentials[gone['id']], cloud.secrets[gone['id']]
    for token in list(cloud.tokens.values()):
        if token.credential is gone:
            del cloud.tokens[token.id]
    return Answer(204)


def _check_unrestricted(caller: Token) -> None:
    if caller.credential and not caller.credential['unrestricted']:
        raise forbidden('that with a restricted application credential')


def _wanted_roles(asked: Asked, wanted: object) -> list[Document]:
    """Return the roles of a new credential: some of the token's, or all."""
    cloud = asked.cloud
    own = [cloud.find(cloud.roles, name) for name in asked.caller.roles]
    if not wanted:
        return own
    chosen = [
        role
        for one in (wanted if isinstance(wanted, list) else ())
        for role in own
        if one in ({'id': role['id']}, {'name': role['name']})
    ]
    if not isinstance(wanted, list) or len(chosen) != len(wanted):
        raise malformed('roles have to be some of those that the token has')
    return chosen


def _end(text: str | None) -> str | None:
    """Return when a credential ends, as Keystone writes times."""
    if text is None:
        return None
    with contextlib.suppress(ValueError):
        end = clouds.as_text(clouds.parse(text))
        if not clouds.has_passed(end):
            return end
    raise malformed('expires_at has to be a time that is not over yet')


def _credential(asked: Asked) -> Document:
    credential_id = asked.names['credential_id']
    found = asked.cloud.credentials.get(credential_id)
    if found is None or found['user_id'] != asked.names['user_id']:
        raise not_found('application credential', credential_id)
    return found


def _tell_credential(asked: Asked, status: int, told: Document) -> Answer:
    path = f'users/{told["user_id"]}/application_credentials'
    linked = _linked(asked, path, _public(told))
    return document(status, {'application_credential': linked})


def _public(credential: Document) -> Document:
    return {
        key: value
        for key, value in credential.items()
        if key != 'user_id' and (key, value) != ('access_rules', [])
    }


# Who is asked what.


class Route(NamedTuple):
    """What is done at a path, and who may have it done.

    :ivar path: names what stands in its places: ``/v3/users/{user_id}``.
    :ivar rule: None where no token is needed.
    """

    method: str
    path: str
    handler: Handler
    rule: Rule | None = None


_CREDENTIALS = '/v3/users/{user_id}/application_credentials'
_CREDENTIAL = f'{_CREDENTIALS}/{{credential_id}}'

ROUTES: Final = (
    Route('GET', '/', _list_versions),
    Route('GET', '/v3', _show_version),
    Route('POST', '/v3/auth/tokens', _issue_token),
    Route('GET', '/v3/auth/tokens', _validate_token, _subject_or_admin),
    Route('DELETE', '/v3/auth/tokens', _revoke_token, _subject_or_admin),
    Route('GET', '/v3/auth/catalog', _show_catalog, _anyone),
    Route('GET', '/v3/auth/projects', _list_own_projects, _anyone),
    Route('GET', '/v3/auth/domains', _list_own_domains, _anyone),
    Route('GET', '/v3/auth/system', _list_own_system, _anyone),
    Route('GET', '/v3/users', _list_resources('users'), _admin),
    Route(
        'GET',
        '/v3/users/{user_id}',
        _show_resource('users', 'user_id'),
        _owner_or_admin,
    ),
    Route(
        'GET',
        '/v3/users/{user_id}/projects',
        _list_user_projects,
        _owner_or_admin,
    ),
    Route('GET', '/v3/projects', _list_resources('projects'), _admin),
    Route(
        'GET',
        '/v3/projects/{project_id}',
        _show_resource('projects', 'project_id'),
        _in_project,
    ),
    Route('GET', '/v3/domains', _list_resources('domains'), _admin),
    Route(
        'GET',
        '/v3/domains/{domain_id}',
        _show_resource('domains', 'domain_id'),
        _in_domain,
    ),
    Route('GET', '/v3/roles', _list_resources('roles'), _admin),
    Route(
        'GET',
        '/v3/roles/{role_id}',
        _show_resource('roles', 'role_id'),
        _admin,
    ),
    Route('GET', '/v3/role_assignments', _list_assignments, _admin),
    Route('GET', _CREDENTIALS, _list_credentials, _owner_or_admin),
    Route('POST', _CREDENTIALS, _create_credential, _owner),
    Route('GET', _CREDENTIAL, _show_credential, _owner_or_admin),
    Route('DELETE', _CREDENTIAL, _delete_credential, _owner_or_admin),
)

_PATTERNS: Final = [
    (re.compile(re.sub(r'{(\w+)}', r'(?P<\1>[^/]+)', route.path)), route)
    for route in ROUTES
]


def answer(cloud: Cloud, request: Request, path: str, base: str) -> Answer:
    """Answer a request.

    :param path: the part of it behind Identity's own.
    :param base: the server's URL, as the client knows it.
    """
    try:
        return _dispatch(cloud, request, path.rstrip('/') or '/', base)
    except Refused as refused:
        return refused.answer(f'{base}/identity/v3')


def _dispatch(cloud: Cloud, request: Request, path: str, base: str) -> Answer:
    method = 'GET' if request.method == 'HEAD' else request.method
    there = [
        (route, found.groupdict())
        for pattern, route in _PATTERNS
        if (found := pattern.fullmatch(path))
    ]
    for route, names in there:
        if route.method == method:
            caller = cloud.token(request.headers.get('X-Auth-Token', ''))
            if route.rule and caller is None:
                raise unauthenticated()
            asked = Asked(cloud, request, base, caller or _NOBODY, names)
            if route.rule and not route.rule(asked):
                raise forbidden(f'{method} {route.path}')
            return route.handler(asked)
    if there:
        raise Refused(405, f'{method} is not for this path.')
    raise Refused(404, 'The test bed imitates no such part of Identity.')


_NOBODY: Final = Token('', '', (), {}, (), '', '', ())
