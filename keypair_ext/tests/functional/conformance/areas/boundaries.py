# SPDX-License-Identifier: Apache-2.0

"""What the versions changed, on both sides of each that did."""

from typing import Any

from keypair_ext.tests.functional.conformance.areas.material import CERTIFICATE
from keypair_ext.tests.functional.conformance.areas.script import (
    BOUNDARIES,
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import Caller
from keypair_ext.tests.unit.keytypes import vectors

_KEY = vectors.RSA_2048.line

_QUERIES = (
    '?x=1',
    '?user_id=',
    '?user_id=stranger',
    '?limit=1',
    '?limit=0',
    '?limit=-1',
    '?limit=a',
    '?marker=plain',
    '?marker=nobody',
    '?limit=1&marker=plain',
    '?limit=1&x=1',
    '?user_id=&limit=2&x=1',
    '?deleted=true',
    '?type=ssh',
)


def script(settings: Settings) -> Script:
    """Send to each version what some version knows and others do not."""
    for version in BOUNDARIES:
        user = Caller(f'boundary-{version}')
        yield from _creates(user, version)
        yield from _queries(user, version)
        yield from _other_user(user, version)


def _creates(user: Caller, version: str) -> Script:
    key = _KEY
    bodies: dict[str, dict[str, Any]] = {
        'plain': {'name': 'plain', 'public_key': key},
        'type ssh': {'name': 'ssh', 'public_key': key, 'type': 'ssh'},
        'type x509': {
            'name': 'x509',
            'public_key': CERTIFICATE,
            'type': 'x509',
        },
        'type x509, key ssh': {
            'name': 'wrong',
            'public_key': key,
            'type': 'x509',
        },
        'type ssh, key x509': {
            'name': 'wrong',
            'public_key': CERTIFICATE,
            'type': 'ssh',
        },
        'type unknown': {'name': 'wrong', 'public_key': key, 'type': 'pgp'},
        'type null': {'name': 'wrong', 'public_key': key, 'type': None},
        'type empty': {'name': 'wrong', 'public_key': key, 'type': ''},
        'type in capitals': {
            'name': 'wrong',
            'public_key': key,
            'type': 'SSH',
        },
        'generate': {'name': 'made'},
        'generate ssh': {'name': 'made-ssh', 'type': 'ssh'},
        'generate x509': {'name': 'made-x509', 'type': 'x509'},
        'key null': {'name': 'wrong', 'public_key': None},
        'key empty': {'name': 'wrong', 'public_key': ''},
        'own user_id': {
            'name': 'own',
            'public_key': key,
            'user_id': user.user,
        },
        'empty user_id': {'name': 'e', 'public_key': key, 'user_id': ''},
        'user_id null': {'name': 'n', 'public_key': key, 'user_id': None},
        'foreign user_id': {
            'name': 'foreign',
            'public_key': key,
            'user_id': 'stranger',
        },
        'name with at and dot': {'name': 'a@b.c', 'public_key': key},
        'name of a dot': {'name': '.', 'public_key': key},
        'unknown member': {'name': 'wrong', 'public_key': key, 'x': 1},
    }
    for name, members in bodies.items():
        yield user.create(f'{version}: create, {name}', version, **members)
    yield user.post(
        f'{version}: create, unknown member outside',
        {'keypair': {'name': 'wrong', 'public_key': key}, 'x': 1},
        version,
    )


def _queries(user: Caller, version: str) -> Script:
    for query in _QUERIES:
        yield user.list(f'{version}: list{query}', version, query)
        yield user.show(f'{version}: show{query}', 'plain', version, query)
    yield user.list(f'{version}: list before deleting', version)
    for query in _QUERIES:
        yield user.delete(f'{version}: delete{query}', 'plain', version, query)
        yield user.create(
            f'{version}: create again after delete{query}',
            version,
            name='plain',
            public_key=_KEY,
        )


def _other_user(user: Caller, version: str) -> Script:
    """Ask for another's, as nobody special and as an administrator."""
    query = f'?user_id={user.user}'
    for title, caller in (
        ('member', Caller('boundary-nosy')),
        ('administrator', Caller('boundary-admin').admin()),
    ):
        name = f'{version}: {title}'
        yield caller.list(f'{name} lists', version, query)
        yield caller.show(f'{name} shows', 'plain', version, query)
        yield caller.create(
            f'{name} creates',
            version,
            name=f'by-{title}-{version.replace(".", "-")}',
            public_key=_KEY,
            user_id=user.user,
        )
        yield caller.delete(f'{name} deletes', 'plain', version, query)
        yield caller.list(f'{name} lists his own', version)
        yield caller.delete(
            f'{name} deletes his own',
            f'by-{title}-{version.replace(".", "-")}',
            version,
        )
    yield user.list(f'{version}: list at the end', version)
