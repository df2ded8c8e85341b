# SPDX-License-Identifier: Apache-2.0

"""What is wrong with a profile document: one sentence a field.

The published schema decides, and its descriptions explain. The little that a
schema cannot say, settings that contradict each other, is said here.
"""

import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]

# jsonschema types what an error holds as possibly unset; here it is set.
_Error = Any

_TOML_TYPES = {
    'object': 'a table',
    'string': 'a string, in quotes',
    'integer': 'a whole number',
    'boolean': 'true or false',
}

# What no name may hold: a path cannot say it, or no text may have it.
_UNUSABLE = (
    '/',
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *map(chr, range(0xD800, 0xE000)),
    '\N{LINE SEPARATOR}',
    '\N{PARAGRAPH SEPARATOR}',
    chr(sys.maxunicode),
)


class _Float:
    """A number with a fraction or an exponent, which no setting is.

    To a JSON Schema 200.0 is the integer 200; to us it is a mistake.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def parse(text: str) -> Document:
    """Return the document that a text is in TOML.

    :raises ValueError: it is not TOML.
    """
    return tomllib.loads(text, parse_float=_Float)


def problems(document: Document, schema: Document) -> list[str]:
    """Return what is wrong with a document, sorted; nothing if it is valid."""
    # Imported here since only the load of a foreign profile needs it.
    import jsonschema

    validator = jsonschema.Draft202012Validator(schema)
    found = {
        line
        for error in validator.iter_errors(document)
        for line in _lines(error)
    }
    return sorted(found or set(_contradictions(document)))


def _lines(error: _Error) -> Iterator[str]:
    path = [str(part) for part in error.absolute_path]
    if error.validator == 'additionalProperties':
        known = error.schema['properties']
        for key in error.instance:
            if key not in known:
                place = '.'.join((*path, key))
                yield f'{place}: unknown key; known are {", ".join(known)}'
    elif error.validator == 'required':
        for key in error.validator_value:
            if key not in error.instance:
                yield f'{".".join((*path, key))}: missing'
    else:
        yield f'{".".join(path)}: {_complaint(error)}'


def _complaint(error: _Error) -> str:
    explain = _COMPLAINTS.get(error.validator)
    if explain:
        return explain(error)
    description = str(error.schema['description']).rstrip('.')
    return (
        f'{error.instance!r} is not {description[0].lower()}{description[1:]}'
    )


_COMPLAINTS: dict[str, Callable[[_Error], str]] = {
    # The key exists, but not in this company.
    'not': lambda e: 'it has no meaning with this versions.negotiated',
    'type': lambda e: f'it must be {_TOML_TYPES[e.validator_value]}',
    'const': lambda e: f'it must be {e.validator_value}',
    'enum': lambda e: (
        f'it must be one of {", ".join(map(str, e.validator_value))}'
    ),
    'minimum': lambda e: f'it must be {e.validator_value} or more',
    'maximum': lambda e: f'it must be {e.validator_value} or less',
    'minLength': lambda e: 'it must not be empty',
    'maxLength': lambda e: (
        f'it must not be longer than {e.validator_value} characters'
    ),
}


def _contradictions(document: Document) -> Iterator[str]:
    names = document.get('names', {})
    longest = names.get('max_length', 255)
    if names.get('min_length', 1) > longest:
        yield (
            f'names.min_length: it must not be more than names.max_length, '
            f'{longest}'
        )
    if 'characters' in names:
        yield from _unusable(names['characters'])


def _unusable(characters: str) -> Iterator[str]:
    try:
        allowed = re.compile(characters)
    except re.error as error:
        yield f'names.characters: it is not a regular expression: {error}'
        return
    wrong = [char for char in _UNUSABLE if allowed.fullmatch(char)]
    if wrong:
        yield (
            f'names.characters: it allows {wrong[0]!a}, which no name can hold'
        )
