# SPDX-License-Identifier: Apache-2.0

"""Bodies: their content type, their encoding, their JSON, their size."""

import json

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import (
    COLLECTION,
    V2,
    V21,
    Caller,
    Headers,
)
from keypair_ext.tests.unit.keytypes import vectors

_KEY = vectors.ED25519.line

_CONTENT_TYPES = (
    None,
    '',
    ' ',
    'application/json',
    ' application/json ',
    'application/json;',
    'application/json; charset=utf-8',
    'application/json; charset=UTF-16',
    'application/json; charset=latin-1',
    'application/json; charset=nonsense',
    'application/json;version=2.1',
    'application/json;version=2',
    'application/json , x',
    'application/json, application/json',
    'application/json x',
    'APPLICATION/JSON',
    'Application/Json',
    'application/vnd.openstack.compute+json',
    'application/vnd.openstack.compute+json; charset=utf-8',
    'application/vnd.openstack.compute+xml',
    'application/json-patch+json',
    'application/x-json',
    'application/xml',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/plain; charset=latin-1',
    'TEXT/PLAIN',
    'text/html',
    'text/json',
    'text',
    'foo',
    ';',
    '/',
    '*/*',
    '"application/json"',
    'application/\xff',
)

_WHOLE = json.dumps({'keypair': {'name': 'whole', 'public_key': _KEY}})

_TEXTS = {
    'empty': '',
    'blank': ' ',
    'newline': '\n',
    'null': 'null',
    'true': 'true',
    'number': '1',
    'string': '"x"',
    'empty string': '""',
    'list': '[]',
    'list of the right object': f'[{_WHOLE}]',
    'object': '{}',
    'keypair null': '{"keypair": null}',
    'keypair list': '{"keypair": []}',
    'keypair string': '{"keypair": "x"}',
    'keypair number': '{"keypair": 1}',
    'keypair object': '{"keypair": {}}',
    'keypair in capitals': '{"KEYPAIR": {"name": "a"}}',
    'keypairs': '{"keypairs": {"name": "a"}}',
    'name missing': json.dumps({'keypair': {'public_key': _KEY}}),
    'no object around': json.dumps({'name': 'a', 'public_key': _KEY}),
    'key number': '{"keypair": {"name": "a", "public_key": 5}}',
    'key list': '{"keypair": {"name": "a", "public_key": []}}',
    'key object': '{"keypair": {"name": "a", "public_key": {}}}',
    'key true': '{"keypair": {"name": "a", "public_key": true}}',
    'user_id number': json.dumps(
        {'keypair': {'name': 'a', 'public_key': _KEY, 'user_id': 1}}
    ),
    'unknown member': '{"keypair": {"name": "a", "x": 1}}',
    'unknown members': '{"keypair": {"name": "a", "x": 1, "y": 2}, "z": 3}',
    'unknown member, empty name': '{"keypair": {"name": "a"}, "": 1}',
    'fingerprint given': json.dumps(
        {'keypair': {'name': 'a', 'public_key': _KEY, 'fingerprint': 'x'}}
    ),
    'member twice': '{"keypair": {"name": "a", "name": "b", "public_key": 5}}',
    'name twice': '{"keypair": {"name": "x/", "name": "whole",'
    f' "public_key": "{_KEY}"}}}}',
    'keypair twice': f'{{"keypair": 1, {_WHOLE[1:]}',
    'BOM': f'\ufeff{_WHOLE}',
    'BOM in an empty one': '\ufeff',
    'white space around': f' \r\n\t{_WHOLE}\n ',
    'form feed in front': f'\x0c{_WHOLE}',
    'more after it': f'{_WHOLE}x',
    'another after it': f'{_WHOLE}{_WHOLE}',
    'NUL after it': f'{_WHOLE}\0',
    'cut': _WHOLE[:-2],
    'brace only': '{',
    'comma at the end': _WHOLE[:-1] + ',}',
    'single quotes': _WHOLE.replace('"', "'"),
    'no quotes': '{keypair: {name: a}}',
    'remark': f'/* remark */ {_WHOLE}',
    'NaN': 'NaN',
    'Infinity': '{"keypair": {"name": -Infinity}}',
    'name NaN': '{"keypair": {"name": NaN}}',
    'large number': '{"keypair": {"name": 1e999}}',
    'number of 4,000 digits': '{"keypair": {"name": ' + '1' * 4000 + '}}',
    'number of 5,000 digits': '{"keypair": {"name": ' + '1' * 5000 + '}}',
    'number with a zero in front': '{"keypair": {"name": 01}}',
    'control character in a string': '{"keypair": {"name": "a\x01"}}',
    'newline in a string': '{"keypair": {"name": "a\n"}}',
    'tab in a string': '{"keypair": {"name": "a\tb"}}',
    'bad escape': '{"keypair": {"name": "\\x41"}}',
    'cut escape': '{"keypair": {"name": "\\u00"}}',
    'escaped letters': '{"keypair": {"name": "\\u0077hole", "public_key": "'
    f'{_KEY}"}}}}',
    'escaped NUL': '{"keypair": {"name": "\\u0000"}}',
    'high surrogate': '{"keypair": {"name": "\\ud83d"}}',
    'low surrogate': '{"keypair": {"name": "\\ude00"}}',
    'pair of surrogates': '{"keypair": {"name": "\\ud83d\\ude00"}}',
    'surrogate in a member': '{"keypair": {"name": "a", "\\ud800": 1}}',
    'surrogate in the key': '{"keypair": {"name": "a",'
    ' "public_key": "\\udfff"}}',
    'accent': '{"keypair": {"name": "\xe9"}}',
    'nested 100 deep': '[' * 100 + ']' * 100,
    'nested 20,000 deep': '[' * 20000,
    'objects 20,000 deep': '{"a":' * 20000,
    'name 900 deep': '{"keypair": {"name": ' + '[' * 900 + ']' * 900 + '}}',
    'XML': '<keypair name="a"/>',
    'form': 'keypair[name]=a',
    'a private key': '-----BEGIN RSA PRIVATE KEY-----',
}

_BYTES = {
    'UTF-16': _WHOLE.encode('utf-16'),
    'UTF-16, little end first': _WHOLE.encode('utf-16-le'),
    'UTF-16, big end first': _WHOLE.encode('utf-16-be'),
    'UTF-32': _WHOLE.encode('utf-32'),
    'UTF-7': b'+AHsAfQ-',
    'latin-1': '{"keypair": {"name": "\xe9"}}'.encode('latin-1'),
    'UTF-8 with surrogates': b'{"keypair": {"name": "\xed\xa0\x80"}}',
    'UTF-8 too long': b'{"keypair": {"name": "\xc0\xaf"}}',
    'UTF-8 cut': b'{"keypair": {"name": "\xe6\x97',
    'a byte of 255': b'\xff',
    'a byte of 0': b'\0',
    'gzip': b'\x1f\x8b\x08\x00' + b'\0' * 16,
}

_LIMIT = 114688


def script(settings: Settings) -> Script:
    """Send each to all of what reads bodies, and to what does not."""
    user = Caller('bodies')
    yield from _content_types(user)
    contents = {
        **{name: text.encode() for name, text in _TEXTS.items()},
        **_BYTES,
    }
    for name, body in contents.items():
        for place, root, version in (
            ('2.1', V21, '2.1'),
            ('2.10', V21, '2.10'),
            ('2.92', V21, '2.92'),
            ('v2', V2, None),
        ):
            title = f'{name} to {place}'
            yield user.send(
                title, 'POST', COLLECTION, version, root=root, body=body
            )
            yield user.delete(f'{title}: delete', 'whole', version, root=root)
        yield user.send(f'{name} in a GET', 'GET', COLLECTION, body=body)
        yield user.send(
            f'{name} in a DELETE', 'DELETE', f'{COLLECTION}/none', body=body
        )
    yield from _lengths(user)
    yield from _sizes(user)


def _content_types(user: Caller) -> Script:
    for content_type in _CONTENT_TYPES:
        for root in (V21, V2):
            title = f'{content_type} in {root}'
            yield user.send(
                f'{title}: create',
                'POST',
                COLLECTION,
                root=root,
                body=_WHOLE.encode(),
                content_type=content_type,
            )
            headers: Headers = ()
            if content_type is not None:
                headers = (('Content-Type', content_type),)
            for verb, method, path in (
                ('list', 'GET', COLLECTION),
                ('show', 'GET', f'{COLLECTION}/whole'),
                ('delete', 'DELETE', f'{COLLECTION}/whole'),
                ('put', 'PUT', COLLECTION),
                ('elsewhere', 'GET', '/no-such-thing'),
                ('document', 'GET', ''),
            ):
                yield user.send(
                    f'{title}: {verb}',
                    method,
                    path,
                    root=root,
                    headers=headers,
                )
    yield user.send(
        'bad name, charset UTF-16',
        'POST',
        COLLECTION,
        body='{"keypair": {"name": " "}}'.encode('utf-16'),
        content_type='application/json; charset=utf-16',
    )


def _lengths(user: Caller) -> Script:
    """Say another length than the body has, or none."""
    for name, headers, body in (
        ('none', (), b''),
        ('none, but a type', (('Content-Type', 'application/json'),), b''),
        ('zero', (('Content-Length', '0'),), b''),
        ('smaller', (('Content-Length', '5'),), _WHOLE.encode()),
        ('not a number', (('Content-Length', 'x'),), _WHOLE.encode()),
        ('empty', (('Content-Length', ''),), _WHOLE.encode()),
        ('with a plus', (('Content-Length', '+5'),), _WHOLE.encode()),
    ):
        for method, path in (
            ('POST', COLLECTION),
            ('GET', COLLECTION),
            ('DELETE', f'{COLLECTION}/whole'),
        ):
            yield user.send(
                f'length {name}: {method}',
                method,
                path,
                headers=headers,
                body=body or None,
            )


def _sizes(user: Caller) -> Script:
    for size in (_LIMIT - 1, _LIMIT, _LIMIT + 1, 2 * _LIMIT):
        body = _WHOLE.ljust(size).encode()
        for root in (V21, V2):
            for verb, method, path in (
                ('create', 'POST', COLLECTION),
                ('show', 'GET', f'{COLLECTION}/whole'),
                ('delete', 'DELETE', f'{COLLECTION}/whole'),
                ('put', 'PUT', COLLECTION),
                ('elsewhere', 'POST', '/no-such-thing'),
                ('document', 'POST', ''),
            ):
                yield user.send(
                    f'{size} bytes in {root}: {verb}',
                    method,
                    path,
                    root=root,
                    body=body,
                )
        yield Caller(None).send(
            f'{size} bytes of nobody', 'POST', COLLECTION, body=body
        )
    yield user.send(
        'too large, said only',
        'POST',
        COLLECTION,
        headers=(('Content-Length', str(_LIMIT + 1)),),
    )
