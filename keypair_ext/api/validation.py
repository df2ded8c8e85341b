# SPDX-License-Identifier: Apache-2.0

"""Validation of bodies and queries against their schemas.

A compiled validator accepts (2 microseconds against 60 of jsonschema); what
it does not accept, jsonschema judges and explains.
"""

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import fastjsonschema

from keypair_ext import exception
from keypair_ext.api import schemas

# jsonschema types what an error holds as possibly unset; here it is set.
_Error = Any

# What a refusal repeats of a member's name; nothing of a key is this short.
_NAME = re.compile(r'[A-Za-z0-9_-]{0,24}')

_NAME_FORMAT = 'name_with_leading_trailing_spaces'


class Validator:
    """Says whether a document keeps to a schema.

    :param schema: the JSON Schema.
    :param noun: what a refusal calls a member: field, query parameter.
    """

    def __init__(self, schema: schemas.Schema, noun: str) -> None:
        self.schema = schema
        self._noun = noun

    @functools.cached_property
    def _accepts(self) -> Callable[[Any], Any]:
        # Compiled when it is first asked: 1 ms each, and a mount has ten,
        # of which most clients need two.
        accepts: Callable[[Any], Any] = fastjsonschema.compile(
            self.schema, formats={_NAME_FORMAT: _is_printable_name}
        )
        return accepts

    @functools.cached_property
    def _judge(self) -> Any:
        # To import it takes 25 ms of a start, and good clients never need it.
        import jsonschema

        formats = jsonschema.FormatChecker(formats=())
        formats.checks(_NAME_FORMAT)(_is_printable_name)
        return jsonschema.Draft202012Validator(
            self.schema, format_checker=formats
        )

    def validate(self, document: object) -> None:
        """Return if ``document`` is valid.

        :raises ValidationFailed: it is not; the sentence names the member
            and what is wrong with it, and never repeats a key.
        """
        try:
            self._accepts(document)
        except fastjsonschema.JsonSchemaValueException:
            self._refuse(document)

    def _refuse(self, document: object) -> None:
        # The two disagree on '$' before a final newline, which Nova takes.
        error = next(self._judge.iter_errors(document), None)
        if error is not None:
            raise exception.ValidationFailed(
                reason=self._explain(error)
            ) from None

    def _explain(self, error: _Error) -> str:
        path = [part for part in error.absolute_path if isinstance(part, str)]
        where = (
            f'{self._noun} {".".join(path)}'
            if path
            else 'the request body'
            if self._noun == 'field'
            else 'the query string'
        )
        return f'Invalid input for {where}: {_complaint(error)}.'


def _complaint(error: _Error) -> str:
    """Say what is wrong without repeating what was sent.

    What was sent may be a private key in the wrong place.
    """
    explain = _COMPLAINTS.get(str(error.validator))
    return explain(error) if explain else f'it breaks {error.validator}'


def _unexpected(error: _Error) -> str:
    known = error.schema['properties']
    extra = sorted(_named(key) for key in error.instance if key not in known)
    return (
        f'{", ".join(extra[:8])} not expected here; '
        f'known: {", ".join(known) or "none"}'
    )


def _named(key: str) -> str:
    """Return a member's name if it can only be one, else its length."""
    return (
        repr(key)
        if _NAME.fullmatch(key)
        else f'a name of {len(key)} characters'
    )


def _missing(error: _Error) -> str:
    missing = [
        key for key in error.validator_value if key not in error.instance
    ]
    return f'{", ".join(missing)} is required'


_COMPLAINTS: dict[str, Callable[[_Error], str]] = {
    'type': lambda e: f'it must be of type {e.validator_value}',
    'required': _missing,
    'additionalProperties': _unexpected,
    'enum': lambda e: f'it must be one of {", ".join(e.validator_value)}',
    'minLength': lambda e: (
        f'it must not be shorter than {e.validator_value} characters, '
        f'it has {len(e.instance)}'
        if e.instance
        else 'it must not be empty'
    ),
    'maxLength': lambda e: (
        f'it must not be longer than {e.validator_value} characters, '
        f'it has {len(e.instance)}'
    ),
    'pattern': lambda e: (
        f'it does not match {e.validator_value}: only these characters '
        f'are allowed, and no blank at either end'
        if ' ' in e.validator_value
        else f'it does not match {e.validator_value}'
    ),
    'format': lambda e: (
        'it must be printable characters with at least one that is not a blank'
    ),
}


def _is_printable_name(value: object) -> bool:
    """Say whether a name is printable and not blank, as ``/v2`` asks.

    Nova's expression ends at U+FFFE, so that names fit MySQL's utf8mb3.
    """
    if not isinstance(value, str):
        return True
    text = value.removesuffix('\n')
    categories = [unicodedata.category(char) for char in text]
    printable = all(
        category[0] != 'C' and category not in ('Zl', 'Zp')
        for category in categories
    )
    return (
        printable
        and any(category != 'Zs' for category in categories)
        and max(text) < '\uffff'
    )
