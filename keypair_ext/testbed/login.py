# SPDX-License-Identifier: Apache-2.0

"""Logging in: from the body of ``POST /v3/auth/tokens`` to a token."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from keypair_ext.testbed import cloud as clouds
from keypair_ext.testbed.cloud import Cloud, Document, Token
from keypair_ext.testbed.refusals import (
    Refused,
    malformed,
    not_found,
    unauthenticated,
)

_SCOPES: Final = ('project', 'domain', 'system', 'unscoped', 'OS-TRUST:trust')


@dataclass(frozen=True)
class _Known:
    """Who has logged in, and what that way brings along."""

    user: Document
    methods: tuple[str, ...]
    token: Token | None = None
    credential: Document | None = None


def log_in(cloud: Cloud, body: Any) -> Token:
    """Return a new token.

    :param body: the request's document.
    :raises Refused: 400 for what is malformed, 404 for a token or application
        credential that is not there, 401 for everything else.
    """
    auth = part(part({'body': body}, 'body'), 'auth')
    identity = part(auth, 'identity')
    methods = identity.get('methods')
    if not isinstance(methods, list):
        raise malformed('identity needs methods, a list')
    parts = {method: part(identity, str(method)) for method in methods}
    scope = _scope(auth)
    if not methods:
        raise unauthenticated()
    if methods[0] not in _METHODS or len(parts) > 1:
        raise unauthenticated(
            f'This is not a way to log in here: use one of '
            f'{", ".join(_METHODS)}.',
            {'methods': list(_METHODS)},
        )
    known = _METHODS[methods[0]](cloud, parts[methods[0]])
    if known.credential:
        return _issue_for_credential(cloud, known, known.credential, scope)
    if known.token and known.token.credential and known.token.scope != scope:
        raise Refused(403, 'An application credential is for its project.')
    return _issue(cloud, known, _resolve(cloud, scope))


def _issue(cloud: Cloud, known: _Known, scope: dict[str, str]) -> Token:
    roles = cloud.roles_in(known.user['id'], scope)
    if scope and not roles:
        raise unauthenticated()
    return cloud.issue(
        known.user['id'],
        known.methods,
        scope,
        roles,
        known.token.credential if known.token else None,
        known.token,
    )


def _issue_for_credential(
    cloud: Cloud, known: _Known, credential: Document, scope: Document
) -> Token:
    if scope:
        raise unauthenticated(
            'An application credential is for its project: ask for no scope.',
            {},
        )
    return cloud.issue(
        known.user['id'],
        known.methods,
        {'project': credential['project_id']},
        tuple(role['name'] for role in credential['roles']),
        credential,
    )


def part(document: Mapping[str, Any], name: str) -> Document:
    """Return a member of a document that has to be an object.

    :raises Refused: it is not there, or not an object.
    """
    found = document.get(name)
    if not isinstance(found, dict):
        raise malformed(f'it needs {name}, an object')
    return found


def text(document: Mapping[str, Any], name: str) -> str | None:
    """Return a member that has to be text, None where it is not there.

    :raises Refused: it is something else.
    """
    found = document.get(name)
    if found is not None and not isinstance(found, str):
        raise malformed(f'{name} has to be text')
    return found


def _by_password(cloud: Cloud, given: Document) -> _Known:
    info = part(given, 'user')
    password = text(info, 'password')
    user = _find(cloud, cloud.users, info)
    if not _is_same(password, cloud.passwords[user['id']]):
        raise unauthenticated()
    return _Known(user, ('password',))


def _by_token(cloud: Cloud, given: Document) -> _Known:
    token_id = text(given, 'id')
    if token_id is None:
        raise malformed('token needs an id')
    token = cloud.token(token_id)
    if token is None or token.user_id not in cloud.users:
        raise not_found('token', 'of this id')
    methods = tuple(dict.fromkeys(('token', *token.methods)))
    return _Known(cloud.users[token.user_id], methods, token)


def _by_application_credential(cloud: Cloud, given: Document) -> _Known:
    secret = text(given, 'secret')
    found = cloud.credentials.get(text(given, 'id') or '')
    if 'id' not in given:
        if text(given, 'name') is None:
            raise malformed('application_credential needs an id, or a name')
        owner = _find(cloud, cloud.users, part(given, 'user'))
        found = next(
            (
                credential
                for credential in cloud.credentials.values()
                if (credential['user_id'], credential['name'])
                == (owner['id'], given['name'])
            ),
            None,
        )
    if found is None:
        raise not_found('application credential', 'of this id or name')
    if not _is_same(secret, cloud.secrets[found['id']]) or clouds.has_passed(
        found['expires_at']
    ):
        raise unauthenticated()
    user = cloud.users[found['user_id']]
    return _Known(user, ('application_credential',), credential=found)


_METHODS: Final[dict[str, Callable[[Cloud, Document], _Known]]] = {
    'password': _by_password,
    'token': _by_token,
    'application_credential': _by_application_credential,
}


def _scope(auth: Document) -> Document:
    """Return what a token is asked to be good for, {} for nothing."""
    scope = auth.get('scope')
    if scope in (None, 'unscoped'):
        return {}
    scope = part(auth, 'scope')
    asked = [kind for kind in _SCOPES if kind in scope]
    if len(asked) != 1:
        raise malformed(f'scope needs one of {", ".join(_SCOPES)}')
    if asked == ['unscoped']:
        return {}
    return {asked[0]: part(scope, asked[0])}


def _resolve(cloud: Cloud, scope: Document) -> dict[str, str]:
    """Return the scope with an id in place of what describes it."""
    for kind, info in scope.items():
        if kind == 'system':
            # Whatever it says about it.
            return {'system': 'all'}
        if kind == 'OS-TRUST:trust':
            raise unauthenticated()
        resources = cloud.projects if kind == 'project' else cloud.domains
        return {kind: _find(cloud, resources, info)['id']}
    return {}


def _find(
    cloud: Cloud, resources: dict[str, Document], info: Document
) -> Document:
    """Return the one that an id, or a name with its domain, stands for."""
    found_id, name = text(info, 'id'), text(info, 'name')
    if found_id is None and name is None:
        raise malformed('an id or a name has to be given')
    if found_id is None and resources is not cloud.domains:
        _find(cloud, cloud.domains, part(info, 'domain'))
    for resource in resources.values():
        wanted = (
            (resource['id'], found_id)
            if found_id
            else (resource['name'], name)
        )
        if wanted[0] == wanted[1]:
            return resource
    raise unauthenticated()


def _is_same(given: str | None, secret: str) -> bool:
    # Half of a character may come, too.
    sent = (given or '').encode(errors='surrogatepass')
    return hmac.compare_digest(sent, secret.encode())
