# SPDX-License-Identifier: Apache-2.0

"""Identity's versions, tokens and catalogue."""

from keypair_ext.testbed import login
from keypair_ext.testbed.asked import Asked, short, with_domain
from keypair_ext.testbed.cloud import REGION, SERVICES, Document, Token
from keypair_ext.testbed.refusals import forbidden, not_found
from keypair_ext.testbed.server import Answer, document


def list_versions(asked: Asked) -> Answer:
    """Answer with all versions there are."""
    return document(300, {'versions': {'values': [_version(asked)]}})


def show_version(asked: Asked) -> Answer:
    """Answer with the one version."""
    return document(200, {'version': _version(asked)})


def _version(asked: Asked) -> Document:
    media_type = 'application/vnd.openstack.identity-v3+json'
    return {
        'id': 'v3.14',
        'status': 'stable',
        'updated': '2020-04-07T00:00:00Z',
        'links': [{'rel': 'self', 'href': f'{asked.url}/'}],
        'media-types': [{'base': 'application/json', 'type': media_type}],
    }


def issue(asked: Asked) -> Answer:
    """Log in."""
    return _tell(asked, login.log_in(asked.cloud, asked.body), 201)


def validate(asked: Asked) -> Answer:
    """Answer with all that a token says."""
    token = asked.cloud.token(subject_id(asked))
    if token is None:
        raise not_found('token', 'of this id')
    return _tell(asked, token, 200)


def revoke(asked: Asked) -> Answer:
    """Have a token be good no more."""
    if asked.cloud.tokens.pop(subject_id(asked), None) is None:
        raise not_found('token', 'of this id')
    return Answer(204)


def subject_id(asked: Asked) -> str:
    """Return the token that is asked about."""
    return str(asked.request.headers.get('X-Subject-Token', ''))


def _tell(asked: Asked, token: Token, status: int) -> Answer:
    told = _document(asked, token)
    if token.scope and 'nocatalog' not in asked.request.query:
        told['catalog'] = _catalog(asked)
    return document(status, {'token': told}, [('X-Subject-Token', token.id)])


def _document(asked: Asked, token: Token) -> Document:
    cloud = asked.cloud
    user = cloud.users[token.user_id]
    told: Document = {
        'methods': token.methods,
        'user': {**with_domain(cloud, user), 'password_expires_at': None},  # nosec B105
        'audit_ids': token.audit_ids,
        'expires_at': token.expires_at,
        'issued_at': token.issued_at,
    }
    if token.scope:
        roles = [cloud.find(cloud.roles, name) for name in token.roles]
        told['roles'] = [short(role) for role in roles]
    match token.scope:
        case {'system': _}:
            told['system'] = {'all': True}
        case {'domain': domain_id}:
            told['domain'] = short(cloud.domains[domain_id])
        case {'project': project_id}:
            told['project'] = with_domain(cloud, cloud.projects[project_id])
            told['is_domain'] = False
    if token.credential:
        told['application_credential'] = _restrictions(token.credential)
    return told


def _restrictions(credential: Document) -> Document:
    told = {**short(credential), 'restricted': not credential['unrestricted']}
    if credential['access_rules']:
        told['access_rules'] = credential['access_rules']
    return told


def show_catalog(asked: Asked) -> Answer:
    """Answer with where the services are."""
    if 'project' not in asked.caller.scope:
        raise forbidden('that without a token for a project')
    links = {'self': f'{asked.url}/auth/catalog'}
    return document(200, {'catalog': _catalog(asked), 'links': links})


def _catalog(asked: Asked) -> list[Document]:
    return [
        {
            'type': kind,
            'name': name,
            'id': asked.cloud.service_ids[kind],
            'endpoints': [
                {
                    # An id of its own, which is that of no other service.
                    'id': f'{number}{asked.cloud.service_ids[kind][1:]}',
                    'interface': interface,
                    'region': REGION,
                    'region_id': REGION,
                    'url': f'{asked.base}{path}',
                }
                for number, interface in enumerate(
                    ('public', 'internal', 'admin')
                )
            ],
        }
        for kind, (name, path) in SERVICES.items()
    ]
