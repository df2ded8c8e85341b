# SPDX-License-Identifier: Apache-2.0

"""Validation of bodies and queries against their schemas.

Compiled: nothing here walks what was sent, however deeply it is nested.
"""

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import fastjsonschema

from keypair_ext import exception
from keypair_ext.api import schemas

_Error = fastjsonschema.JsonSchemaValueException

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
    def _check(self) -> Callable[[Any], Any]:
        # Compiled when it is first asked: a mount has ten, of which most
        # clients need two.
        check: Callable[[Any], Any] = fastjsonschema.compile(
            self.schema, formats={_NAME_FORMAT: _is_printable_name}
        )
        return check

    def validate(self, document: object) -> None:
        """Return if ``document`` is valid.

        :raises ValidationFailed: it is not; the sentence names the member
            and what is wrong with it, and never repeats a key.
        """
        try:
            self._check(document)
        except _Error as error:
            # What was sent may be a private key in the wrong place: without
            # the cause, which holds it.
            raise exception.ValidationFailed(
                reason=f'Invalid input for {self._member(error)}: '
                f'{_complaint(error)}.'
            ) from None

    def _member(self, error: _Error) -> str:
        _, *path = error.path
        if path:
            names = [name for name in path if not name.isdecimal()]
            return f'{self._noun} {".".join(names)}'
        whole = 'request body' if self._noun == 'field' else 'query string'
        return f'the {whole}'


def _complaint(error: _Error) -> str:
    """Say what is wrong without repeating what was sent."""
    explain = _COMPLAINTS.get(str(error.rule))
    if explain is None:
        return f'it breaks {error.rule}'
    return explain(error.rule_definition, error)


def _unexpected(_: Any, error: _Error) -> str:
    known = error.definition['properties']
    extra = sorted(_named(key) for key in error.value if key not in known)
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


def _missing(required: list[str], error: _Error) -> str:
    missing = [name for name in required if name not in error.value]
    return f'{", ".join(missing)} is required'


def _too_short(least: int, error: _Error) -> str:
    if not error.value:
        return 'it must not be empty'
    return (
        f'it must not be shorter than {least} characters, '
        f'it has {len(error.value)}'
    )


def _mismatch(pattern: str, _: _Error) -> str:
    told = f'it does not match {pattern.replace(schemas.END, "$")}'
    if ' ' not in pattern:
        return told
    return (
        f'{told}: only these characters are allowed, and no blank at '
        f'either end'
    )


_COMPLAINTS: dict[str, Callable[[Any, _Error], str]] = {
    'type': lambda wanted, _: f'it must be of type {wanted}',
    'required': _missing,
    'additionalProperties': _unexpected,
    'enum': lambda choices, _: f'it must be one of {", ".join(choices)}',
    'minLength': _too_short,
    'maxLength': lambda most, error: (
        f'it must not be longer than {most} characters, '
        f'it has {len(error.value)}'
    ),
    'pattern': _mismatch,
    'format': lambda *_: (
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
