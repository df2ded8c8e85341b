# SPDX-License-Identifier: Apache-2.0

"""Identity's users, projects, domains, roles and who has which of them."""

from collections.abc import Callable

from keypair_ext.testbed.asked import (
    Asked,
    collection,
    get,
    linked,
    listed,
    short,
    with_domain,
)
from keypair_ext.testbed.cloud import Document
from keypair_ext.testbed.server import Answer, document


def list_all(plural: str) -> Callable[[Asked], Answer]:
    """Return what answers with all resources of a kind."""

    def answer(asked: Asked) -> Answer:
        return collection(asked, plural, getattr(asked.cloud, plural).values())

    return answer


def show(plural: str) -> Callable[[Asked], Answer]:
    """Return what answers with one resource of a kind."""
    kind = plural.removesuffix('s')

    def answer(asked: Asked) -> Answer:
        resources = getattr(asked.cloud, plural)
        found = get(resources, kind, asked.names[f'{kind}_id'])
        return document(200, {kind: linked(asked, plural, found)})

    return answer


def list_own(plural: str) -> Callable[[Asked], Answer]:
    """Return what answers with the places in which a user has a role.

    It is the user that the path names, or the one who asks.
    """
    kind = plural.removesuffix('s')

    def answer(asked: Asked) -> Answer:
        user_id = asked.names.get('user_id', asked.caller.user_id)
        get(asked.cloud.users, 'user', user_id)
        resources = getattr(asked.cloud, plural)
        places = asked.cloud.places(user_id, kind)
        return collection(
            asked, plural, [resources[place] for place in places]
        )

    return answer


def list_own_system(asked: Asked) -> Answer:
    """Answer whether who asks has a role in the system as a whole."""
    has = asked.cloud.places(asked.caller.user_id, 'system')
    links = {'self': f'{asked.url}/auth/system'}
    system = [{'all': True}] if has else []
    return document(200, {'system': system, 'links': links})


def list_assignments(asked: Asked) -> Answer:
    """Answer with who has which role where."""
    wanted = {
        kind: value
        for kind, name in (
            ('user', 'user.id'),
            ('role', 'role.id'),
            ('project', 'scope.project.id'),
            ('domain', 'scope.domain.id'),
            ('system', 'scope.system'),
        )
        if (value := asked.parameter(name)) is not None
    }
    if 'system' in wanted:
        wanted['system'] = 'all'
    found = [
        _assignment(asked, *grant)
        for grant in asked.cloud.grants
        if wanted.items()
        <= {'user': grant[0], grant[1]: grant[2], 'role': grant[3]}.items()
    ]
    return listed(asked, 'role_assignments', found)


def _assignment(
    asked: Asked, user_id: str, kind: str, where: str, role_id: str
) -> Document:
    place = 'system' if kind == 'system' else f'{kind}s/{where}'
    link = f'{asked.url}/{place}/users/{user_id}/roles/{role_id}'
    told: Document = {
        'role': {'id': role_id},
        'user': {'id': user_id},
        'scope': {kind: {'all': True} if kind == 'system' else {'id': where}},
        'links': {'assignment': link},
    }
    if asked.parameter('include_names') not in (None, '0', 'False', 'false'):
        cloud = asked.cloud
        told['role'] = short(cloud.roles[role_id])
        told['user'] = with_domain(cloud, cloud.users[user_id])
        if kind == 'project':
            told['scope'] = {kind: with_domain(cloud, cloud.projects[where])}
        elif kind == 'domain':
            told['scope'] = {kind: short(cloud.domains[where])}
    return told
