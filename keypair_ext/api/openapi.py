# SPDX-License-Identifier: Apache-2.0

"""An OpenAPI 3.1 description of one contract, from the schemas that validate.

What requests may hold is the very documents of
:mod:`keypair_ext.api.schemas`; what answers hold is described here, and the
tests hold real answers against it.
"""

from collections.abc import Iterable
from typing import Any

from keypair_ext import exception
from keypair_ext.api import microversions, routes
from keypair_ext.api.contract import Contract, Contracts
from keypair_ext.faults import Faults

Document = dict[str, Any]
Error = type[exception.KeypairExtError]

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

# What not every operation may be refused for.
_OF_CREATE: set[Error] = {exception.QuotaExceeded, exception.KeypairExists}
_OF_ITEMS: set[Error] = {exception.KeypairNotFound}
_OF_NO_OPERATION: set[Error] = {exception.MethodNotAllowed}

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
    refusals = _Refusals(contracts)
    paths = zip(
        ('/os-keypairs', '/os-keypairs/{keypair_name}'),
        routes.KEYPAIRS,
        (_collection(contract, refusals), _item(contract, refusals)),
        strict=True,
    )
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
            path: described | refusals.of_other_methods(operations)
            for path, (_, operations), described in paths
        },
        'components': {
            'securitySchemes': {
                'token': {
                    'type': 'apiKey',
                    'in': 'header',
                    'name': 'X-Auth-Token',
                }
            },
            'responses': refusals.described(),
        },
    }


class _Refusals:
    """The errors of a mount, as its faults tell them, by status."""

    def __init__(self, contracts: Contracts) -> None:
        profile = contracts.profile
        # Of the seconds only that there are some is described.
        self._faults = Faults(profile.faults, retry_after=1)
        self._errors = set(_ERRORS)
        if not contracts.negotiated:
            self._errors.remove(exception.VersionNotSupported)
        if not profile.faults.wrong_method:
            self._errors.remove(exception.MethodNotAllowed)

    def refer(self, *own: Error) -> Document:
        """Return the responses of an operation that are refusals.

        :param own: what not every operation may be refused for.
        """
        others = _OF_CREATE | _OF_ITEMS | _OF_NO_OPERATION
        return self._refer(self._errors - (others - set(own)))

    def of_other_methods(self, operations: Iterable[str]) -> Document:
        """Return the operations that there are not, where that is told."""
        refused = self._refer(self._errors & _OF_NO_OPERATION)
        return {
            method: {'responses': refused}
            for method in _METHODS
            if refused and method.upper() not in operations
        }

    def described(self) -> Document:
        """Return the response of each status."""
        return {
            str(status): self._response(status) for status in self._statuses()
        }

    def _refer(self, errors: set[Error]) -> Document:
        return {
            str(status): {'$ref': f'#/components/responses/{status}'}
            for status, told in self._statuses().items()
            if errors.intersection(told)
        }

    def _statuses(self) -> dict[int, list[Error]]:
        told: dict[int, list[Error]] = {}
        for error in _ERRORS:
            if error in self._errors:
                status = self._faults.telling(error).status
                told.setdefault(status, []).append(error)
        return dict(sorted(told.items()))

    def _response(self, status: int) -> Document:
        errors = self._statuses()[status]
        told = [self._faults.telling(error) for error in errors]
        waits = any(one.retry_after is not None for one in told)
        schemas = [
            _object({name: _fault(status, waits)})
            for name in dict.fromkeys(one.name for one in told)
        ]
        schema = schemas[0] if len(schemas) == 1 else {'oneOf': schemas}
        if exception.NotAuthenticated in errors:
            # Who is in front of us may answer, in a shape of its own.
            schema = {'type': 'object'}
        response = _answer(' '.join(_ERRORS[e] for e in errors), schema)
        if waits:
            response['headers'] = {
                'Retry-After': {'schema': {'type': 'integer'}}
            }
        return response


def _collection(contract: Contract, refusals: _Refusals) -> Document:
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
                **refusals.refer(),
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
            'responses': {**created, **refusals.refer(*_OF_CREATE)},
        },
    }


def _links() -> Document:
    """Say what can be done with the key pair of an answer."""
    name = {'keypair_name': '$response.body#/keypair/name'}
    return {
        operation: {'operationId': operation, 'parameters': name}
        for operation in ('show_keypair', 'delete_keypair')
    }


def _item(contract: Contract, refusals: _Refusals) -> Document:
    query = _query_parameters(contract.item_query.schema)
    errors = refusals.refer(*_OF_ITEMS)
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


def _answer(description: str, schema: Document) -> Document:
    return {
        'description': description,
        'content': {'application/json': {'schema': schema}},
    }


def _fault(status: int, waits: bool) -> Document:
    properties: Document = {
        'code': {'const': status},
        'message': {'type': 'string'},
    }
    if waits and status == 413:
        properties['retryAfter'] = {'type': 'string'}
    return {
        'type': 'object',
        'properties': properties,
        'required': ['code', 'message'],
    }


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
