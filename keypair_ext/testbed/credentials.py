# SPDX-License-Identifier: Apache-2.0

"""Identity's application credentials."""

import contextlib
from typing import Final

from keypair_ext.testbed import cloud as clouds, login
from keypair_ext.testbed.asked import Asked, collection, linked
from keypair_ext.testbed.cloud import Document, Token
from keypair_ext.testbed.refusals import (
    Refused,
    forbidden,
    malformed,
    not_found,
)
from keypair_ext.testbed.server import Answer, document

_KEY: Final = 'application_credential'


def list_all(asked: Asked) -> Answer:
    """Answer with those of a user."""
    return collection(
        asked,
        f'users/{asked.names["user_id"]}/{_KEY}s',
        [_public(credential) for credential in _owned(asked)],
    )


def show(asked: Asked) -> Answer:
    """Answer with one."""
    return _tell(asked, 200, _find(asked))


def create(asked: Asked) -> Answer:
    """Make one of the token that is used, and tell its secret this once."""
    cloud, caller = asked.cloud, asked.caller
    given = login.part(asked.body, _KEY)
    name = login.text(given, 'name')
    if not name:
        raise malformed(f'{_KEY} needs a name')
    _check_unrestricted(caller)
    if 'project' not in caller.scope:
        raise malformed('the token has to be one for a project')
    if any(credential['name'] == name for credential in _owned(asked)):
        raise Refused(409, f'You have an application credential {name}.')
    made: Document = {
        'id': cloud.new_id(),
        'name': name,
        'description': login.text(given, 'description'),
        'user_id': caller.user_id,
        'project_id': caller.scope['project'],
        'system': None,
        'roles': _roles(asked, given.get('roles')),
        'unrestricted': given.get('unrestricted'),
        'expires_at': _end(login.text(given, 'expires_at')),
        'access_rules': [
            {'id': cloud.new_id(), **login.part({'rule': rule}, 'rule')}
            for rule in given.get('access_rules') or ()
        ],
    }
    secret = login.text(given, 'secret') or cloud.new_id() * 2
    cloud.credentials[made['id']] = made
    cloud.secrets[made['id']] = secret
    return _tell(asked, 201, {**made, 'secret': secret})


def delete(asked: Asked) -> Answer:
    """Take one away, and the tokens that were got for it."""
    _check_unrestricted(asked.caller)
    gone = _find(asked)
    cloud = asked.cloud
    del cloud.credentials[gone['id']], cloud.secrets[gone['id']]
    for token in list(cloud.tokens.values()):
        if token.credential is gone:
            del cloud.tokens[token.id]
    return Answer(204)


def _check_unrestricted(caller: Token) -> None:
    if caller.credential and not caller.credential['unrestricted']:
        raise forbidden('that with a restricted application credential')


def _roles(asked: Asked, wanted: object) -> list[Document]:
    """Return the roles of a new credential: some of the token's, or all."""
    cloud = asked.cloud
    own = [cloud.find(cloud.roles, name) for name in asked.caller.roles]
    if not wanted:
        return own
    wanted = wanted if isinstance(wanted, list) else [wanted]
    chosen = [
        role
        for role in own
        if {'id': role['id']} in wanted or {'name': role['name']} in wanted
    ]
    if len(chosen) != len(wanted):
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


def _owned(asked: Asked) -> list[Document]:
    return [
        credential
        for credential in asked.cloud.credentials.values()
        if credential['user_id'] == asked.names['user_id']
    ]


def _find(asked: Asked) -> Document:
    wanted = asked.names['credential_id']
    for credential in _owned(asked):
        if credential['id'] == wanted:
            return credential
    raise not_found('application credential', wanted)


def _tell(asked: Asked, status: int, told: Document) -> Answer:
    path = f'users/{told["user_id"]}/{_KEY}s'
    return document(status, {_KEY: linked(asked, path, _public(told))})


def _public(credential: Document) -> Document:
    return {
        key: value
        for key, value in credential.items()
        if (key, value) != ('access_rules', [])
    }
