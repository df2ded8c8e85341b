# SPDX-License-Identifier: Apache-2.0

"""Projects, users and roles that clients' own suites make for a while."""

from collections.abc import Callable

from keypair_ext.testbed import login
from keypair_ext.testbed.asked import Asked, get, linked, listed
from keypair_ext.testbed.cloud import Document
from keypair_ext.testbed.refusals import Refused, malformed, not_found
from keypair_ext.testbed.server import Answer, document


def create_project(asked: Asked) -> Answer:
    """Make a project, and answer with it."""
    given = login.part(asked.body, 'project')
    name = _new_name(asked.cloud.projects, given, 'project')
    made = asked.cloud.add_project(name, login.text(given, 'description'))
    return document(201, {'project': linked(asked, 'projects', made)})


def create_user(asked: Asked) -> Answer:
    """Make a user without a role, and answer with it."""
    given = login.part(asked.body, 'user')
    name = _new_name(asked.cloud.users, given, 'user')
    made = asked.cloud.add_user(name, login.text(given, 'password'))
    # What Keystone keeps as it came.
    for key in ('description', 'email', 'default_project_id'):
        if key in given:
            made[key] = given[key]
    return document(201, {'user': linked(asked, 'users', made)})


def _new_name(
    resources: dict[str, Document], given: Document, kind: str
) -> str:
    name = login.text(given, 'name')
    if not name:
        raise malformed(f'{kind} needs a name')
    if any(found['name'] == name for found in resources.values()):
        raise Refused(409, f'There is a {kind} {name}.')
    return name


def delete(kind: str) -> Callable[[Asked], Answer]:
    """Return what deletes one of a kind, with its roles and tokens."""

    def answer(asked: Asked) -> Answer:
        resources = getattr(asked.cloud, f'{kind}s')
        gone = get(resources, kind, asked.names[f'{kind}_id'])
        asked.cloud.remove(kind, gone['id'])
        return Answer(204)

    return answer


def grant(asked: Asked) -> Answer:
    """Give a user a role in a project."""
    wanted = _grant(asked)
    if wanted not in asked.cloud.grants:
        asked.cloud.grants.append(wanted)
    return Answer(204)


def has_role(asked: Asked) -> Answer:
    """Answer whether a user has been given a role in a project."""
    _existing_grant(asked)
    return Answer(204)


def take_role(asked: Asked) -> Answer:
    """Take a role in a project from a user."""
    asked.cloud.grants.remove(_existing_grant(asked))
    return Answer(204)


def list_roles(asked: Asked) -> Answer:
    """Answer with the roles that a user was given in a project."""
    user_id, place, project_id = _place(asked)
    found = [
        linked(asked, 'roles', asked.cloud.roles[role_id])
        for *where, role_id in asked.cloud.grants
        if where == [user_id, place, project_id]
    ]
    return listed(asked, 'roles', found)


def _existing_grant(asked: Asked) -> tuple[str, str, str, str]:
    wanted = _grant(asked)
    if wanted not in asked.cloud.grants:
        raise not_found('role', asked.names['role_id'])
    return wanted


def _grant(asked: Asked) -> tuple[str, str, str, str]:
    role = get(asked.cloud.roles, 'role', asked.names['role_id'])
    return (*_place(asked), role['id'])


def _place(asked: Asked) -> tuple[str, str, str]:
    user = get(asked.cloud.users, 'user', asked.names['user_id'])
    project = get(asked.cloud.projects, 'project', asked.names['project_id'])
    return user['id'], 'project', project['id']
