# SPDX-License-Identifier: Apache-2.0

"""An OpenAPI 3.1 description of one contract, from the schemas that validate.

What requests may hold is the very documents of
:mod:`keypair_ext.api.schemas`; what answers hold is described here, and the
tests hold real answers against it.
"""

from typing import Any

from keypair_ext.api import microversions
from keypair_ext.api.contract import Contract, Contracts

Document = dict[str, Any]

_ERRORS = {
    '400': ('badRequest', 'The request is wrong; the message says where.'),
    '401': (None, 'There is no token, or it is not valid.'),
    '403': ('forbidden', 'Policy or quota forbid it.'),
    '404': ('itemNotFound', 'The user has no key pair of this name.'),
    '406': ('computeFault', 'The API version is out of range.'),
    '409': ('conflictingRequest', 'The user has a key pair of this name.'),
    '413': ('overLimit', 'The body is too large.'),
    '415': ('badMediaType', 'The body is not said to be JSON.'),
    '503': ('serviceUnavailable', 'Try again after Retry-After seconds.'),
}


def describe(contracts: Contracts, version: str) -> Document:
    """Return the OpenAPI document of one microversion.

    :param contracts: those of a mount.
    :param version: the microversion as text, or ``latest``.
    :raises InvalidVersion: it is malformed.
    :raises VersionNotSupported: it is out of range.
    """
    asked = f'{microversions.SERVICE_TYPE} {version}'
    contract = contracts.choose({'HTTP_OPENSTACK_API_VERSION': asked})
    return {
        'openapi': '3.1.0',
        'info': {
            'title': 'OpenStack Compute key pairs',
            'version': contract.version or 'unversioned',
            'license': {
                'name': 'Apache 2.0',
                'identifier': 'Apache-2.0',
            },
        },
        'servers': [{'url': '/v2.1'}],
        'security': [{'token': []}],
        'paths': {
            '/os-keypairs': _collection(contract),
            '/os-keypairs/{keypair_name}': _item(contract),
        },
        'components': {
            'securitySchemes': {
                'token': {
                    'type': 'apiKey',
                    'in': 'header',
                    'name': 'X-Auth-Token',
                }
            },
            'responses': {
                status: _fault(int(status), name, text)
                for status, (name, text) in _ERRORS.items()
            },
        },
    }


def _collection(contract: Contract) -> Document:
    answer = _answer('The new key pair.', _created(contract))
    created = {
        str(status): {**answer, 'links': _links()}
        for status in (contract.imported_status, contract.generated_status)
    }
    return {
        'parameters': _version_header(contract),
        'get': {
            'operationId': 'list_keypairs',
            'parameters': _query_parameters(contract.list_query.schema),
            'responses': {
                str(contract.listed_status): _answer(
                    "A user's key pairs, by name.", _listed(contract)
                ),
                **_refer('400', '401', '403', '406', '415', '503'),
            },
        },
        'post': {
            'operationId': 'create_keypair',
            'requestBody': {
                'required': True,
                'content': {
                    'application/json': {'schema': contract.create_body.schema}
                },
            },
            'responses': {
                **created,
                **_refer(
                    '400', '401', '403', '406', '409', '413', '415', '503'
                ),
            },
        },
    }


def _links() -> Document:
    """Say what can be done with the key pair of an answer."""
    name = {'keypair_name': '$response.body#/keypair/name'}
    return {
        operation: {'operationId': operation, 'parameters': name}
        for operation in ('show_keypair', 'delete_keypair')
    }


def _item(contract: Contract) -> Document:
    query = _query_parameters(contract.item_query.schema)
    errors = _refer('400', '401', '403', '404', '406', '415', '503')
    return {
        'parameters': [
            *_version_header(contract),
            {
                'name': 'keypair_name',
                'in': 'path',
                'required': True,
                'schema': {'type': 'string', 'minLength': 1},
            },
        ],
        'get': {
            'operationId': 'show_keypair',
            'parameters': query,
            'responses': {
                str(contract.shown_status): _answer(
                    'The key pair.', _shown(contract)
                ),
                **errors,
            },
        },
        'delete': {
            'operationId': 'delete_keypair',
            'parameters': query,
            'responses': {
                str(contract.deleted_status): {
                    'description': 'The key pair is gone.'
                },
                **errors,
            },
        },
    }


def _version_header(contract: Contract) -> list[Document]:
    """Return the header that asks for the version, if there are versions.

    Without it the oldest version answers.
    """
    if contract.version is None:
        return []
    version = f'{microversions.SERVICE_TYPE} {contract.version}'
    return [
        {
            'name': microversions.HEADER,
            'in': 'header',
            'required': contract.version != str(microversions.MIN_VERSION),
            'schema': {'const': version},
        }
    ]


def _query_parameters(schema: Document) -> list[Document]:
    """Turn the schema of a query's lists of values into parameters."""
    return [
        {
            'name': name,
            'in': 'query',
            'schema': values['items'],
        }
        for name, values in schema['properties'].items()
    ]


def _refer(*statuses: str) -> Document:
    return {
        status: {'$ref': f'#/components/responses/{status}'}
        for status in statuses
    }


def _answer(description: str, schema: Document) -> Document:
    return {
        'description': description,
        'content': {'application/json': {'schema': schema}},
    }


def _fault(status: int, name: str | None, description: str) -> Document:
    fault = {
        'type': 'object',
        'properties': {
            'code': {'const': status},
            'message': {'type': 'string'},
        },
        'required': ['code', 'message'],
    }
    schema: Document = {'type': 'object'}
    if name is not None:
        schema = _object({name: fault})
    return _answer(description, schema)


def _object(properties: Document, *optional: str) -> Document:
    return {
        'type': 'object',
        'properties': properties,
        'required': [name for name in properties if name not in optional],
        'additionalProperties': False,
    }


def _summary(contract: Contract) -> Document:
    properties: Document = {
        'name': {'type': 'string'},
        'public_key': {'type': 'string'},
        'fingerprint': {'type': 'string'},
    }
    if contract.shows_type:
        properties['type'] = {'enum': ['ssh', 'x509']}
    return properties


def _listed(contract: Contract) -> Document:
    keypair = _object({'keypair': _object(_summary(contract))})
    properties: Document = {'keypairs': {'type': 'array', 'items': keypair}}
    if contract.pages:
        link = _object({'rel': {'const': 'next'}, 'href': {'type': 'string'}})
        properties['keypairs_links'] = {'type': 'array', 'items': link}
    return _object(properties, 'keypairs_links')


def _shown(contract: Contract) -> Document:
    time = {'type': ['string', 'null']}
    properties = {
        **_summary(contract),
        'user_id': {'type': 'string'},
        'created_at': time,
        'updated_at': time,
        'deleted': {'const': False},
        'deleted_at': {'type': 'null'},
        'id': {'type': 'integer'},
    }
    return _object({'keypair': _object(properties)})


def _created(contract: Contract) -> Document:
    properties = {**_summary(contract), 'user_id': {'type': 'string'}}
    if contract.shows_created_at_on_create:
        properties['created_at'] = {'type': 'string'}
    properties['private_key'] = {'type': 'string'}
    return _object({'keypair': _object(properties, 'private_key')})
