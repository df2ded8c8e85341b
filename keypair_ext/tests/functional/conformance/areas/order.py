# SPDX-License-Identifier: Apache-2.0

"""Requests that are wrong in several ways: which error is told."""

import itertools
from collections.abc import Callable
from typing import Any

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import (
    COLLECTION,
    Caller,
)
from keypair_ext.tests.unit.keytypes import vectors

_KEY = vectors.ED25519.line

# The arguments of Caller.send and, beside them, the caller, and the body's
# members before it is made.
_Try = dict[str, Any]


def _nobody(wanted: _Try) -> None:
    wanted['caller'] = Caller(None)


def _full(wanted: _Try) -> None:
    wanted['caller'] = Caller('order-full')


def _no_project(wanted: _Try) -> None:
    wanted['caller'] = Caller('order', None)


def _unknown_path(wanted: _Try) -> None:
    wanted['path'] = '/os-keypairs/'


def _wrong_method(wanted: _Try) -> None:
    wanted['method'] = 'PUT'


def _malformed_version(wanted: _Try) -> None:
    wanted['version'] = 'bad'


def _new_version(wanted: _Try) -> None:
    wanted['version'] = '2.999'


def _content_type(wanted: _Try) -> None:
    wanted['content_type'] = 'application/xml'


def _no_json(wanted: _Try) -> None:
    wanted['body'] = b'{'


def _too_large(wanted: _Try) -> None:
    wanted['padding'] = 150000


def _other_project(wanted: _Try) -> None:
    wanted['path'] = '/bbbb' + wanted['path']


def _schema(wanted: _Try) -> None:
    wanted['members']['x'] = 1


def _policy(wanted: _Try) -> None:
    wanted['members']['user_id'] = 'other'


def _bad_key(wanted: _Try) -> None:
    wanted['members']['public_key'] = 'bad'


def _double(wanted: _Try) -> None:
    wanted['members']['name'] = 'there'


_WRONGS: tuple[tuple[str, Callable[[_Try], None]], ...] = (
    ('nobody', _nobody),
    ('quota full', _full),
    ('no project', _no_project),
    ('unknown path', _unknown_path),
    ('wrong method', _wrong_method),
    ('malformed version', _malformed_version),
    ('new version', _new_version),
    ('content type', _content_type),
    ('no JSON', _no_json),
    ('too large', _too_large),
    ('other project', _other_project),
    ('schema', _schema),
    ('policy', _policy),
    ('bad key', _bad_key),
    ('double', _double),
)


def script(settings: Settings) -> Script:
    """Combine the wrongs, one, two and three at a time."""
    for user in ('order', 'order-full'):
        count = settings.key_pairs if user == 'order-full' else 1
        for number in range(count):
            yield Caller(user).create(
                f'set up {user} {number}',
                name=f'k{number}' if number else 'there',
                public_key=_KEY,
            )
    for count in (1, 2, 3):
        for wrongs in itertools.combinations(_WRONGS, count):
            yield from _try(' and '.join(n for n, _ in wrongs), wrongs)


def _try(
    title: str, wrongs: tuple[tuple[str, Callable[[_Try], None]], ...]
) -> Script:
    wanted: _Try = {
        'caller': Caller('order'),
        'method': 'POST',
        'path': COLLECTION,
        'version': '2.10',
        'members': {'name': 'new', 'public_key': _KEY},
        'padding': 0,
    }
    for _, spoil in wrongs:
        spoil(wanted)
    caller: Caller = wanted.pop('caller')
    padding: int = wanted.pop('padding')
    body = caller.post('', {'keypair': wanted.pop('members')}).body
    wanted.setdefault('body', body)
    wanted['body'] = wanted['body'].ljust(padding)
    yield caller.send(title, **wanted)
