# SPDX-License-Identifier: Apache-2.0

"""Validation of bodies and queries against their schemas.

Compiled: nothing here walks what was sent, however deeply it is nested.
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import fastjsonschema

from keypair_ext import exception
from keypair_ext.api import schemas

_Error = fastjsonschema.JsonSchemaValueException

# What a refusal repeats of a member's name; nothing of a key is this short.
_NAME = re.compile(r'[A-Za-z0-9_-]{0,24}')

# What Nova calls the members of a body and of a query.
BODY = 'field/attribute'
QUERY = 'query parameters'

# What Nova says of a name, word for word: people search for it.
_BLANK_NAME = (
    "An invalid 'name' value was provided. The name must be: printable "
    'characters. Can not start or end with whitespace.'
)
_BLANK_LEGACY_NAME = (
    "An invalid 'name' value was provided. The name must be: printable "
    'characters with at least one non space character.'
)


class Validator:
    """Says whether a document keeps to a schema.

    :param schema: the JSON Schema.
    :param noun: what a refusal calls a member: Nova's words.
    :param hints: sentences for who uses a member in a way that another
        version takes.
    """

    def __init__(
        self,
        schema: schemas.Schema,
        noun: str,
        hints: Mapping[str, str] | None = None,
    ) -> None:
        self.schema = schema
        self._noun = noun
        self._hints = hints or {}

    @functools.cached_property
    def _check(self) -> Callable[[Any], Any]:
        # Compiled when it is first asked: a mount has ten, of which most
        # clients need two.
        check: Callable[[Any], Any] = fastjsonschema.compile(
            self.schema,
            formats={schemas.LEGACY_NAME['format']: _is_printable_name},
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
                reason=' '.join(
                    [self._explain(error), *self._hints_for(error)]
                )
            ) from None

    def _explain(self, error: _Error) -> str:
        complaint = _complaint(error)
        if complaint in (_BLANK_NAME, _BLANK_LEGACY_NAME):
            return complaint
        return f'Invalid input for {self._member(error)}. {complaint}.'

    def _member(self, error: _Error) -> str:
        _, *path = error.path
        names = [name for name in path if not name.isdecimal()]
        if names:
            return f'{self._noun} {names[-1]}'
        return 'the request body' if self._noun == BODY else 'the query'

    def _hints_for(self, error: _Error) -> Iterator[str]:
        """Yield what is known of the members that an error is about."""
        concerned: Iterable[str] = ()
        if error.rule == 'additionalProperties':
            concerned = _extra(error)
        elif error.rule == 'required':
            concerned = {'public_key'}.intersection(_missing(error))
        elif error.rule_definition == schemas.NAME['pattern']:
            concerned = ['name'] if set(error.value) & set('@.') else []
        for name in concerned:
            if name in self._hints:
                yield self._hints[name]


def _complaint(error: _Error) -> str:
    """Say what is wrong without repeating what was sent.

    In jsonschema's words, which Nova's answers have, where they repeat
    nothing.
    """
    explain = _COMPLAINTS.get(str(error.rule))
    if explain is None:
        return f'It breaks {error.rule}'
    return explain(error.rule_definition, error)


def _extra(error: _Error) -> list[str]:
    known = error.definition['properties']
    return [key for key in error.value if key not in known]


def _missing(error: _Error) -> list[str]:
    return [name for name in error.rule_definition if name not in error.value]


def _unexpected(_: Any, error: _Error) -> str:
    extra = sorted(_named(key) for key in _extra(error))
    known = ', '.join(error.definition['properties'])
    return (
        f'Additional properties are not allowed ({", ".join(extra[:8])} '
        f'{"was" if len(extra) == 1 else "were"} unexpected): known are '
        f'{known or "none"}'
    )


def _named(key: str) -> str:
    """Return a member's name if it can only be one, else its length."""
    return (
        repr(key)
        if _NAME.fullmatch(key)
        else f'a name of {len(key)} characters'
    )


def _too_short(least: int, error: _Error) -> str:
    if not error.value:
        return 'It is too short: it must not be empty'
    return f'It is too short: {least} characters at least, not ' + str(
        len(error.value)
    )


def _mismatch(pattern: str, error: _Error) -> str:
    if error.path[-1] == 'name' and not _is_printable_within(error.value):
        return _BLANK_NAME
    told = f"It does not match '{pattern.replace(schemas.END, '$')}'"
    return f'{told}: it has other characters' if ' ' in pattern else told


_COMPLAINTS: dict[str, Callable[[Any, _Error], str]] = {
    'type': lambda wanted, _: f"It is not of type '{wanted}'",
    'required': lambda _, error: ', '.join(
        f"'{name}' is a required property" for name in _missing(error)
    ),
    'additionalProperties': _unexpected,
    'enum': lambda choices, _: f'It is not one of {choices}',
    'minLength': _too_short,
    'maxLength': lambda most, error: (
        f'It is too long: {most} characters at most, not {len(error.value)}'
    ),
    'pattern': _mismatch,
    'format': lambda *_: _BLANK_LEGACY_NAME,
}


def _is_printable_within(name: str) -> bool:
    return _is_printable_name(name) and name.strip() == name


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
