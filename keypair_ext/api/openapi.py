# SPDX-License-Identifier: Apache-2.0

"""An OpenAPI 3.1 description of one contract, from the schemas that validate.

What requests may hold is the very documents of
:mod:`keypair_ext.api.schemas`; what answers hold is described here, and the
tests hold real answers against it.
"""

from typing import Any

from keypair_ext import exception, profiles
from keypair_ext.api import microversions, views
from keypair_ext.api.contract import Contract, Contracts
from keypair_ext.api.faults import Faults

Document = dict[str, Any]
Error = type[exception.KeypairExtError]
Told = dict[Error, profiles.Fault]

_ERRORS: dict[Error, str] = {
    exception.InvalidInput: 'The request is wrong; the message says where.',
    exception.NotAuthenticated: 'There is no token, or it is not valid.',
    exception.Forbidden: 'The policy forbids it.',
    exception.QuotaExceeded: 'The user has as many key pairs as the quota '
    'allows.',
    exception.KeypairNotFound: 'The user has no key pair of this name.',
    exception.MethodNotAllowed: 'The path does not have this method.',
    exception.VersionNotSupported: 'The API version is out of range.',
    exception.KeypairExists: 'The user has a key pair of this name.',
    exception.BodyTooLarge: 'The body is too large.',
    exception.UnsupportedContentType: 'The body is not said to be JSON.',
    exception.ServiceUnavailable: 'Try again after Retry-After seconds.',
}

# What may be told of any operation, and what of each path's.
_COMMON = (
    exception.InvalidInput,
    exception.NotAuthenticated,
    exception.Forbidden,
    exception.VersionNotSupported,
    exception.BodyTooLarge,
    exception.UnsupportedContentType,
    exception.ServiceUnavailable,
)
_OF_CREATE = (*_COMMON, exception.QuotaExceeded, exception.KeypairExists)
_OF_ITEMS = (*_COMMON, exception.KeypairNotFound)

_TEXT: Document = {'type': 'string'}
_TIME: Document = {'type': ['string', 'null']}

# Those of HTTP that a path may lack.
_METHODS = ('get', 'put', 'post', 'delete', 'head', 'patch')


def describe(contracts: Contracts, version: str) -> Document:
    """Return the OpenAPI document of one microversion.

    :param contracts: those of a mount.
    :param version: the microversion as text, or ``latest``.
    :raises InvalidVersion: it is malformed.
    :raises VersionNotSupported: it is out of range.
    """
    asked = f'{microversions.SERVICE_TYPE} {version}'
    contract = contracts.choose({'HTTP_OPENSTACK_API_VERSION': asked})
    told = _told(contracts)
    paths = {
        '/os-keypairs': _collection(contract, told),
        '/os-keypairs/{keypair_name}': _item(contract, told),
    }
    if refused := _refer(told, exception.MethodNotAllowed):
        for path in paths.values():
            for method in _METHODS:
                path.setdefault(method, {'responses': refused})
    token = {'type': 'apiKey', 'in': 'header', 'name': 'X-Auth-Token'}
    return {
        'openapi': '3.1.0',
        'info': {
            'title': 'OpenStack Compute key pairs',
            'version': contract.version or 'unversioned',
            'license': {'name': 'Apache 2.0', 'identifier': 'Apache-2.0'},
        },
        'servers': [{'url': '/v2.1'}],
        'security': [{'token': []}],
        'paths': paths,
        'components': {
            'securitySchemes': {'token': token},
            'responses': {
                str(status): _refusal(told, status)
                for status in sorted({one.status for one in told.values()})
            },
        },
    }


def _told(contracts: Contracts) -> Told:
    """Return how a mount tells the errors that it tells at all."""
    profile = contracts.profile
    # Of the seconds only that there are some is described.
    faults = Faults(profile.faults, retry_after=1)
    told = {error: faults.telling(error) for error in _ERRORS}
    if not contracts.negotiated:
        del told[exception.VersionNotSupported]
    if not profile.faults.wrong_method:
        del told[exception.MethodNotAllowed]
    return told


def _refer(told: Told, *errors: Error) -> Document:
    return {
        str(status): {'$ref': f'#/components/responses/{status}'}
        for status in sorted({told[e].status for e in errors if e in told})
    }


def _refusal(told: Told, status: int) -> Document:
    """Describe all errors of one status."""
    here = {e: one for e, one in told.items() if one.status == status}
    waits = any(one.retry_after is not None for one in here.values())
    names = dict.fromkeys(one.name for one in here.values())
    schemas = [_object({name: _fault(status, waits)}) for name in names]
    schema = schemas[0] if len(schemas) == 1 else {'oneOf': schemas}
    if exception.NotAuthenticated in here:
        # Who is in front of us may answer, in a shape of its own.
        schema = {'type': 'object'}
    response = _answer(' '.join(_ERRORS[error] for error in here), schema)
    if waits:
        seconds = {'schema': {'type': 'integer'}}
        response['headers'] = {'Retry-After': seconds}
    return response


def _collection(contract: Contract, told: Told) -> Document:
    name = {'keypair_name': '$response.body#/keypair/name'}
    created = {
        **_answer('The new key pair.', _created(contract), contract),
        # What can be done with it.
        'links': {
            operation: {'operationId': operation, 'parameters': name}
            for operation in ('show_keypair', 'delete_keypair')
        },
    }
    body = {'application/json': {'schema': contract.create_body.schema}}
    return {
        'parameters': _version_header(contract),
        'get': {
            'operationId': 'list_keypairs',
            'parameters': _query_parameters(contract.list_query.schema),
            'responses': {
                str(contract.listed_status): _answer(
                    "A user's key pairs, by name.", _listed(contract)
                ),
                **_refer(told, *_COMMON),
            },
        },
        'post': {
            'operationId': 'create_keypair',
            'requestBody': {'required': True, 'content': body},
            'responses': {
                str(contract.imported_status): created,
                str(contract.generated_status): created,
                **_refer(told, *_OF_CREATE),
            },
        },
    }


def _item(contract: Contract, told: Told) -> Document:
    query = _query_parameters(contract.item_query.schema)
    errors = _refer(told, *_OF_ITEMS)
    shown = _answer('The key pair.', _shown(contract), contract)
    gone = {'description': 'The key pair is gone.'}
    name = {
        'name': 'keypair_name',
        'in': 'path',
        'required': True,
        'schema': {'type': 'string', 'minLength': 1},
    }
    return {
        'parameters': [*_version_header(contract), name],
        'get': {
            'operationId': 'show_keypair',
            'parameters': query,
            'responses': {str(contract.shown_status): shown, **errors},
        },
        'delete': {
            'operationId': 'delete_keypair',
            'parameters': query,
            'responses': {str(contract.deleted_status): gone, **errors},
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
        {'name': name, 'in': 'query', 'schema': values['items']}
        for name, values in schema['properties'].items()
    ]


def _answer(
    description: str, schema: Document, contract: Contract | None = None
) -> Document:
    """Describe an answer.

    :param contract: says if it has the header of the fingerprint.
    """
    answer: Document = {
        'description': description,
        'content': {'application/json': {'schema': schema}},
    }
    if contract is not None and contract.sha256_in_header:
        value = {'schema': {'type': 'string', 'pattern': '^SHA256:'}}
        answer['headers'] = {views.FINGERPRINT_HEADER: value}
    return answer


def _fault(status: int, waits: bool) -> Document:
    properties = {'code': {'const': status}, 'message': _TEXT}
    if waits and status == 413:
        properties['retryAfter'] = _TEXT
    required = ['code', 'message']
    return {'type': 'object', 'properties': properties, 'required': required}


def _object(properties: Document, *optional: str) -> Document:
    return {
        'type': 'object',
        'properties': properties,
        'required': [name for name in properties if name not in optional],
        'additionalProperties': False,
    }


def _summary(contract: Contract) -> Document:
    properties = dict.fromkeys(('name', 'public_key', 'fingerprint'), _TEXT)
    if contract.shows_type:
        properties['type'] = {'enum': ['ssh', 'x509']}
    return properties


def _listed(contract: Contract) -> Document:
    summary = _summary(contract)
    if contract.shows_created_at_in_lists:
        summary['created_at'] = _TIME
    keypair = _object({'keypair': _object(summary)})
    properties: Document = {'keypairs': {'type': 'array', 'items': keypair}}
    if contract.pages:
        link = _object({'rel': {'const': 'next'}, 'href': _TEXT})
        properties['keypairs_links'] = {'type': 'array', 'items': link}
    return _object(properties, 'keypairs_links')


def _shown(contract: Contract) -> Document:
    properties = {
        **_summary(contract),
        'user_id': _TEXT,
        'created_at': _TIME,
        'updated_at': _TIME,
        'deleted': {'const': False},
        'deleted_at': {'type': 'null'},
        'id': {'type': 'integer'},
    }
    return _object({'keypair': _object(properties)})


def _created(contract: Contract) -> Document:
    properties = {**_summary(contract), 'user_id': _TEXT}
    if contract.shows_created_at_on_create:
        properties['created_at'] = _TEXT
    properties['private_key'] = _TEXT
    return _object({'keypair': _object(properties, 'private_key')})
