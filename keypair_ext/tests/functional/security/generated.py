# SPDX-License-Identifier: Apache-2.0

"""Requests made up at random, most of them nearly right."""

import json
from typing import Any

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.security.fuzzing import mutation
from keypair_ext.tests.unit.keytypes import vectors
from keypair_ext.tests.versions import ABOVE, NEWEST

KEYS = (
    vectors.RSA_2048.line,
    vectors.RSA_1024.line,
    vectors.ED25519.line,
    fixtures.CERTIFICATE,
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n',
    'no-pty,command="true" ' + vectors.ED25519.line,
    '',
)
NAMES = ('k', 'a b', 'k.k', 'k@k', '', ' ', 'x' * 256, 'a/b', '..', '%2F')
METHODS = ('GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS', 'X')
VERSIONS = (
    *('2.1', '2.2', '2.10', '2.35', '2.75', '2.92', NEWEST, 'latest'),
    *(ABOVE, '3.0', '', 'x', '2.', '2.1.1', '-1', '9' * 5000, '2.1\x00'),
)
QUERIES = (
    *('', 'limit=1', 'limit=0', 'limit=-1', 'limit=' + '9' * 5000, 'marker=k'),
    *('user_id=u', 'user_id=', 'x=1', '%FF', 'limit=1&limit=x', '&&;;==', '%'),
    *('marker=%00', 'user_id=%00', 'marker=' + 'm' * 3000, 'limit=%31'),
)
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {'Content-Type': 'text/xml'},
    {'Content-Type': 'application/json; charset=utf-16'},
    {'Accept': 'text/html'},
    {'Accept': '*/*;q=x, ,;'},
    {'Content-Encoding': 'gzip'},
    {'X-HTTP-Method-Override': 'DELETE'},
    {'X-OpenStack-Nova-API-Version': '2.\u00b2'},
    {'Content-Length': '5'},
    {'Content-Length': '-5'},
    {'Content-Length': 'x'},
    {'X-Openstack-Request-Id': 'req-\x1b[31m'},
)


class Requests(mutation.Mutator):
    """Makes requests up; each is what ``ask`` of a mount takes."""

    def make(self) -> dict[str, Any]:
        """Return the arguments of one request."""
        pick = self.random
        version = self.pick(VERSIONS[:8], VERSIONS)
        request: dict[str, Any] = {
            'method': pick.choice(
                METHODS[:3] if pick.random() < 0.8 else METHODS
            ),
            'path': self._path(),
            'token': self.pick(
                ('u:aaaa:member', 'r:aaaa:admin'),
                ('n', None, 'u:b', ':', 'r::'),
            ),
            'headers': {
                'OpenStack-API-Version': f'compute {version}',
                **(pick.choice(HEADERS) if pick.random() < 0.3 else {}),
            },
        }
        if request['method'] in ('POST', 'PUT'):
            request['body'] = self._body()
        return request

    def _path(self) -> str:
        pick = self.random
        parts = [self.pick(('/v2.1', '/v2'), ('', '//v2.1', '/v2.1/', '/v3'))]
        parts.append(self.pick(('', '/aaaa'), ('/bbbb', '/zz', '/')))
        parts.append(
            '/os-keypairs' if pick.random() < 0.9 else pick.choice(('/x', '/'))
        )
        if pick.random() < 0.5:
            parts.append(f'/{_quoted(self._name())}')
        query = self.pick(('', '', 'limit=1', 'user_id=u'), QUERIES)
        return ''.join(parts) + (f'?{query}' if query else '')

    def _name(self) -> str:
        name: str = self.pick(('k', 'l', 'm n'), NAMES)
        return self.text(name) if self.random.random() < 0.2 else name

    def _body(self) -> bytes:
        pick = self.random
        values: list[Any] = [None, 1, [], {}, '', True, 10**400, 'ssh', 'x509']
        keypair: dict[str, Any] = {'name': self._name()}
        key = self.pick(KEYS[:3], KEYS)
        keypair['public_key'] = self.pick((key,), (self.text(key), ''))
        for key in ('type', 'user_id', 'name', 'public_key', 'x'):
            if pick.random() < 0.1:
                keypair[key] = pick.choice(values)
        document: Any = {'keypair': keypair}
        if pick.random() < 0.05:
            document = pick.choice(values)
        if pick.random() < 0.03:
            return b'[' * 50000
        text = json.dumps(document, ensure_ascii=pick.random() < 0.5)
        if pick.random() < 0.1:
            text = self.text(text)
        return text.encode('utf-8', 'surrogatepass')


def _quoted(name: str) -> str:
    """Quote what a server would not even parse, and no more."""
    return ''.join(
        char
        if char.isascii() and char.isprintable() and char not in ' ?#'
        else ''.join(
            f'%{byte:02X}' for byte in char.encode('utf-8', 'surrogatepass')
        )
        for char in name
    )
