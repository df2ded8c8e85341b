# SPDX-License-Identifier: Apache-2.0

"""The Identity imitation: Keystone's requests, as far as clients send them.

One table of routes over plain functions. Each gets what was asked and returns
an answer; what it refuses it raises.
"""

import dataclasses
import re
import uuid
from collections.abc import Callable
from typing import Final, NamedTuple

from keypair_ext.testbed import credentials, people, resources, tokens
from keypair_ext.testbed.asked import Asked
from keypair_ext.testbed.cloud import Cloud, Token
from keypair_ext.testbed.refusals import Refused, forbidden, unauthenticated
from keypair_ext.testbed.server import Answer, Request

# Says whether who asks may have it.
Rule = Callable[[Asked], bool]


def _anyone(asked: Asked) -> bool:
    return True


def _admin(asked: Asked) -> bool:
    caller = asked.caller
    return caller.is_admin or (
        'reader' in caller.roles and 'system' in caller.scope
    )


def _may_change(asked: Asked) -> bool:
    return asked.caller.is_admin


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
    # A token tells about all tokens of the same user.
    if _admin(asked) or 'service' in asked.caller.roles:
        return True
    subject_id = tokens.subject_id(asked)
    subject = asked.cloud.token(subject_id)
    if subject is None:
        # That it is not there everybody may hear.
        return bool(subject_id)
    return subject.user_id == asked.caller.user_id


class Route(NamedTuple):
    """What is done at a path, and who may have it done.

    :ivar path: names what stands in its places: ``/v3/users/{user_id}``.
    :ivar rule: None where no token is needed.
    """

    method: str
    path: str
    handler: Callable[[Asked], Answer]
    rule: Rule | None = None


_USER = '/v3/users/{user_id}'
_CREDENTIALS = f'{_USER}/application_credentials'
_CREDENTIAL = f'{_CREDENTIALS}/{{credential_id}}'
_PROJECT = '/v3/projects/{project_id}'
_DOMAIN = '/v3/domains/{domain_id}'
_ROLES = f'{_PROJECT}/users/{{user_id}}/roles'
_ROLE = f'{_ROLES}/{{role_id}}'

ROUTES: Final = tuple(
    Route(*line)
    for line in (
        ('GET', '/', tokens.list_versions),
        ('GET', '/v3', tokens.show_version),
        ('POST', '/v3/auth/tokens', tokens.issue),
        ('GET', '/v3/auth/tokens', tokens.validate, _subject_or_admin),
        ('DELETE', '/v3/auth/tokens', tokens.revoke, _subject_or_admin),
        ('GET', '/v3/auth/catalog', tokens.show_catalog, _anyone),
        ('GET', '/v3/auth/projects', resources.list_own('projects'), _anyone),
        ('GET', '/v3/auth/domains', resources.list_own('domains'), _anyone),
        ('GET', '/v3/auth/system', resources.list_own_system, _anyone),
        ('GET', '/v3/users', resources.list_all('users'), _admin),
        ('GET', _USER, resources.show('users'), _owner_or_admin),
        ('POST', '/v3/users', people.create_user, _may_change),
        ('DELETE', _USER, people.delete('user'), _may_change),
        (
            'GET',
            f'{_USER}/projects',
            resources.list_own('projects'),
            _owner_or_admin,
        ),
        ('GET', '/v3/projects', resources.list_all('projects'), _admin),
        ('GET', _PROJECT, resources.show('projects'), _in_project),
        ('POST', '/v3/projects', people.create_project, _may_change),
        ('DELETE', _PROJECT, people.delete('project'), _may_change),
        ('GET', _ROLES, people.list_roles, _admin),
        ('GET', _ROLE, people.has_role, _admin),
        ('PUT', _ROLE, people.grant, _may_change),
        ('DELETE', _ROLE, people.take_role, _may_change),
        ('GET', '/v3/domains', resources.list_all('domains'), _admin),
        ('GET', _DOMAIN, resources.show('domains'), _in_domain),
        ('GET', '/v3/roles', resources.list_all('roles'), _admin),
        ('GET', '/v3/roles/{role_id}', resources.show('roles'), _admin),
        ('GET', '/v3/role_assignments', resources.list_assignments, _admin),
        ('GET', _CREDENTIALS, credentials.list_all, _owner_or_admin),
        ('POST', _CREDENTIALS, credentials.create, _owner),
        ('GET', _CREDENTIAL, credentials.show, _owner_or_admin),
        ('DELETE', _CREDENTIAL, credentials.delete, _owner_or_admin),
    )
)

_PATTERNS: Final = [
    (re.compile(re.sub(r'{(\w+)}', r'(?P<\1>[^/]+)', route.path)), route)
    for route in ROUTES
]
_NOBODY: Final = Token('', '', (), {}, (), '', '', ())


def answer(cloud: Cloud, request: Request, base: str) -> Answer:
    """Answer a request whose path begins with ``/identity``.

    :param base: the server's URL, as the client knows it.
    """
    try:
        answered = _dispatch(cloud, request, base)
    except Refused as refused:
        answered = refused.answer(f'{base}/identity/v3')
    return dataclasses.replace(
        answered,
        headers=[
            *answered.headers,
            ('Vary', 'X-Auth-Token'),
            ('x-openstack-request-id', f'req-{uuid.uuid4()}'),
        ],
    )


def _dispatch(cloud: Cloud, request: Request, base: str) -> Answer:
    path = request.path.removeprefix('/identity').rstrip('/') or '/'
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
