# SPDX-License-Identifier: Apache-2.0

"""What of an answer is compared, and where two answers differ.

Masked is only what two servers cannot agree on: times, database ids,
generated keys, request ids and the English of messages. Even so their
presence, type and form are compared.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keypair_ext.tests.functional.conformance import generated
from keypair_ext.tests.functional.conformance.wire import Answer

# These are the server's and not the application's.
_SERVERS_OWN = {'connection', 'date', 'server'}

_REQUEST_IDS = {'x-compute-request-id', 'x-openstack-request-id'}
_REQUEST_ID = re.compile(r'req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
_TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}')
_FAULT_KEYS = ({'code', 'message'}, {'code', 'message', 'title'})


@dataclass(frozen=True)
class Seen:
    """An answer without what may differ."""

    status: str
    headers: dict[str, tuple[str, ...]]
    document: Any

    @property
    def code(self) -> int:
        """The status as a number."""
        return int(self.status.split(' ')[0])

    def __str__(self) -> str:
        """Return it short enough for a report."""
        headers = ''.join(
            f'\n    {name}: {value[:200]}'
            for name, values in sorted(self.headers.items())
            for value in values
        )
        return f'{self.status}{headers}\n    {_dump(self.document)[:800]}'


class Eyes:
    """Sees the answers of one server in one area, in order.

    Remembers the keys that were generated on the way, to know them again
    when they are shown or listed.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def see(self, name: str, answer: Answer) -> Seen:
        """Return what is to be compared of the answer to a named request."""
        return Seen(
            f'{answer.status} {answer.reason}',
            _headers(answer),
            self._document(name, answer),
        )

    def _document(self, name: str, answer: Answer) -> Any:
        text = answer.body.decode('utf-8')
        try:
            document = json.loads(text, object_pairs_hook=_object)
        except ValueError:
            return text
        if isinstance(document, dict):
            self._learn(name, document.get('keypair'))
        return self._mask(document)

    def _learn(self, name: str, keypair: Any) -> None:
        """Remember the random parts of a key pair that was generated."""
        if not isinstance(keypair, dict) or 'private_key' not in keypair:
            return
        for member, description in generated.describe(keypair).items():
            self._known[keypair[member]] = f'{member} of {name}: {description}'

    def _mask(self, value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) in _FAULT_KEYS and isinstance(value['code'], int):
                value = {**value, 'message': _message(value['message'])}
            if 'created_at' in value:
                value = _mask_record(value)
            return {key: self._mask(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._mask(inner) for inner in value]
        if isinstance(value, str):
            return self._known.get(value, value)
        return value


def differing(ours: Seen, theirs: Seen) -> Iterator[str]:
    """Yield each part in which two answers differ.

    A part is ``status``, ``header NAME``, ``document`` where the documents
    have nothing in common, else ``document PATH`` for each member.
    """
    if ours.status != theirs.status:
        yield 'status'
    for name in sorted(ours.headers.keys() | theirs.headers.keys()):
        if ours.headers.get(name) != theirs.headers.get(name):
            yield f'header {name}'
    for path in sorted(_paths(ours.document, theirs.document, '')):
        yield f'document {path}'.strip()


def _headers(answer: Answer) -> dict[str, tuple[str, ...]]:
    seen: dict[str, tuple[str, ...]] = {}
    for name, value in answer.headers:
        key = name.lower()
        if key not in _SERVERS_OWN:
            value = _header_value(key, value, answer)
            seen[key] = (*seen.get(key, ()), value)
    return seen


def _header_value(name: str, value: str, answer: Answer) -> str:
    if name in _REQUEST_IDS:
        return _REQUEST_ID.sub('REQUEST ID', value)
    if name == 'content-length' and value == str(len(answer.body)):
        return 'LENGTH OF THE BODY'
    if name == 'www-authenticate':
        return value.split(' ')[0]
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise AssertionError(f'a member is there twice: {pairs}')
    return dict(pairs)


def _message(message: object) -> object:
    return 'MESSAGE' if isinstance(message, str) and message else message


def _mask_record(record: dict[str, Any]) -> dict[str, Any]:
    """Mask what the database gives a key pair: its id and its times."""
    masked = dict(record)
    if type(record.get('id')) is int:
        masked['id'] = 'ID'
    for name in ('created_at', 'updated_at'):
        value = record.get(name)
        if isinstance(value, str) and _TIME.fullmatch(value):
            masked[name] = 'TIME'
    return masked


def _paths(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    if _are_alike(ours, theirs, path):
        for key in ours.keys() | theirs.keys():
            below = f'{path}.{key}'.strip('.')
            if key in ours and key in theirs:
                yield from _paths(ours[key], theirs[key], below)
            else:
                yield below
    elif _are_equally_long(ours, theirs):
        for our_item, their_item in zip(ours, theirs, strict=True):
            yield from _paths(our_item, their_item, f'{path}[]')
    elif _dump(ours) != _dump(theirs):
        yield path


def _are_alike(ours: Any, theirs: Any, path: str) -> bool:
    """Say whether both are objects, at the top with something in common."""
    return (
        isinstance(ours, dict)
        and isinstance(theirs, dict)
        and bool(path or not (ours and theirs) or ours.keys() & theirs.keys())
    )


def _are_equally_long(ours: Any, theirs: Any) -> bool:
    return (
        isinstance(ours, list)
        and isinstance(theirs, list)
        and len(ours) == len(theirs)
    )


def _dump(document: Any) -> str:
    """Return JSON, in which 1, 1.0 and true are not the same."""
    return json.dumps(document, sort_keys=True)
