# SPDX-License-Identifier: Apache-2.0

"""The JSON Schemas of what requests may hold, built by version's meaning.

The same documents validate requests, make the OpenAPI description and are
checked for gaps by tests. Answers have schemas in the tests only.
"""

from typing import Any

Schema = dict[str, Any]

# One newline behind passes, as for Python's '$' and so for Nova, which drops
# it from a name; spelled out, validators of any language agree.
END = r'\n?(?!\n)$'

# Upstream's rules on the characters of a name, which neither begins nor ends
# with a blank; under ``/v2`` it is trimmed later.
NAME: Schema = {'pattern': rf'^(?! )[a-zA-Z0-9 _-]+(?<! ){END}'}
NAME_2_92: Schema = {'pattern': rf'^(?! )[a-zA-Z0-9 _@.-]+(?<! ){END}'}
LEGACY_NAME: Schema = {'format': 'name_with_leading_trailing_spaces'}

LIMIT: Schema = {'type': 'string', 'pattern': f'^[0-9]+{END}', 'minLength': 1}


def name(rule: Schema, min_length: int = 1, max_length: int = 255) -> Schema:
    """Return the schema of a key pair's name.

    :param rule: on its characters.
    """
    return {
        'type': 'string',
        'minLength': min_length,
        'maxLength': max_length,
        **rule,
    }


def create(
    name: Schema,
    *,
    with_type: bool,
    with_user_id: bool,
    key_required: bool,
    strict: bool = True,
) -> Schema:
    """Return the schema of the body of a create.

    :param name: the schema of the name.
    :param with_type: whether ``type`` may be given.
    :param with_user_id: whether ``user_id`` may be given.
    :param key_required: whether ``public_key`` must be given.
    :param strict: whether unknown keys are refused, rather than ignored.
    """
    properties: Schema = {'name': name, 'public_key': {'type': 'string'}}
    if with_type:
        properties['type'] = {'type': 'string', 'enum': ['ssh', 'x509']}
    if with_user_id:
        properties['user_id'] = {'type': 'string'}
    keypair = {
        'type': 'object',
        'properties': properties,
        'required': ['name', 'public_key'] if key_required else ['name'],
        'additionalProperties': not strict,
    }
    return {
        'type': 'object',
        'properties': {'keypair': keypair},
        'required': ['keypair'],
        'additionalProperties': not strict,
    }


def query(*names: str, strict: bool) -> Schema:
    """Return the schema of a query, each parameter a list of its values.

    :param names: the parameters there are.
    :param strict: whether others are refused, rather than ignored.
    """
    return {
        'type': 'object',
        'properties': {
            name: {
                'type': 'array',
                'items': LIMIT if name == 'limit' else {'type': 'string'},
            }
            for name in names
        },
        'additionalProperties': not strict,
    }
