# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Random requests and random keys: never an error of ours, never a hang.

Bounded by default; ``KEYPAIR_EXT_TEST_FUZZ=1000000`` feeds so many inputs to
the key parsers and a twentieth as many requests to the application.
``KEYPAIR_EXT_TEST_SEED`` repeats a run that failed.
"""

import json
import os
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from testtools import content

from keypair_ext import exception
from keypair_ext.keytypes import rsa, ssh, x509
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.unit.keytypes import vectors

EXECUTIONS = int(os.environ.get('KEYPAIR_EXT_TEST_FUZZ', '20000'))
REQUESTS = max(1000, EXECUTIONS // 20)
SEED = int(os.environ.get('KEYPAIR_EXT_TEST_SEED', str(time.time_ns())))

# No single input may take longer, seconds, on a busy machine.
SLOWEST = 5.0

KEYS = (
    vectors.RSA_2048.line,
    vectors.RSA_1024.line,
    vectors.ED25519.line,
    fixtures.CERTIFICATE,
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n',
    'no-pty,command="true" ' + vectors.ED25519.line,
    '',
)
PIECES = (
    *('ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'AAAA', '=', '=='),
    *(' ', '\t', '\n', '\r\n', '\0', '\x1b[31m', '"', '\\', '%00', '..'),
    *('é', '\ud800', '\U0001f600', '\u202e', '-----BEGIN', 'A' * 300),
    *("' OR 1=1 --", '${jndi:x}', '{{7*7}}', '%s%s%n', '../../etc/passwd'),
)
NAMES = ('k', 'a b', 'k.k', 'k@k', '', ' ', 'x' * 256, 'a/b', '..', '%2F')
METHODS = ('GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS', 'X')
VERSIONS = (
    *('2.1', '2.2', '2.10', '2.35', '2.75', '2.92', '2.104', 'latest'),
    *('2.105', '3.0', '', 'x', '2.', '2.1.1', '-1', '9' * 5000, '2.1\x00'),
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


class FuzzTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.addDetail(
            'seed', content.text_content(f'KEYPAIR_EXT_TEST_SEED={SEED}')
        )
        self.random = random.Random(SEED)

    def timed(self, function: Callable[[], Any], what: object) -> Any:
        began = time.perf_counter()
        result = function()
        took = time.perf_counter() - began
        self.assertLess(took, SLOWEST, repr(what)[:2000])
        return result

    def pick(self, usual: Sequence[Any], odd: Sequence[Any]) -> Any:
        """Return something usual, or in one of six cases something odd."""
        return self.random.choice(
            odd if self.random.random() < 0.17 else usual
        )

    def mutated(self, text: str) -> str:
        """Return ``text`` with some of it cut, doubled, swapped or foreign."""
        pick = self.random
        for _ in range(pick.randrange(4)):
            here, there = sorted(pick.randrange(len(text) + 1) for _ in '12')
            text = pick.choice(
                (
                    text[:here] + text[there:],
                    text[:there] + text[here:],
                    text[:here] + pick.choice(PIECES) + text[here:],
                    text[:here]
                    + chr(pick.randrange(0x250))
                    + text[here + 1 :],
                    text[:here] + text[here:there][::-1] + text[there:],
                )
            )
        return text


class KeyParserTest(FuzzTestCase):
    def test_key_parsers(self) -> None:
        key_types = (
            ssh.SshKeyType(rsa.make_rsa),
            x509.X509KeyType(rsa.make_rsa),
        )
        accepted = 0
        for _ in range(EXECUTIONS):
            text = self.mutated(self.random.choice(KEYS))
            for key_type in key_types:
                try:
                    self.timed(lambda: key_type.fingerprint(text), text)  # noqa: B023
                    accepted += 1
                except exception.InvalidKey as refused:
                    self.assertNotIn('b3BlbnNzaC1rZXk', str(refused))
        # A fuzzer whose every input is refused has tested one branch.
        self.assertGreater(accepted, EXECUTIONS // 20)


class RequestsTest(FuzzTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(fixtures.Service())

    def test_requests(self) -> None:
        statuses = set()
        for _ in range(REQUESTS):
            request = self._request()
            answer = self.timed(
                lambda: self.service.ask(**request),  # noqa: B023
                request,
            )
            self.assertLess(answer.status_int, 500, repr(request)[:2000])
            self._check_fault(answer, request)
            statuses.add(answer.status_int)
        wanted = {200, 201, 202, 400, 403, 404, 406, 415}
        self.assertEqual(set(), wanted - statuses)

    def _check_fault(self, answer: Any, request: dict[str, Any]) -> None:
        if answer.content_type == 'application/json' and answer.body:
            json.loads(answer.body)
        for name, value in answer.headers.items():
            self.assertTrue(
                value.isprintable(), f'{name} {value!r} {request!r}'[:2000]
            )

    def _request(self) -> dict[str, Any]:
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
        return self.mutated(name) if self.random.random() < 0.2 else name

    def _body(self) -> bytes:
        pick = self.random
        values: list[Any] = [None, 1, [], {}, '', True, 10**400, 'ssh', 'x509']
        keypair: dict[str, Any] = {'name': self._name()}
        key = self.pick(KEYS[:3], KEYS)
        keypair['public_key'] = self.pick((key,), (self.mutated(key), ''))
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
            text = self.mutated(text)
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
