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

"""The list of attacks, each with what must come of it."""

import base64
import gzip
import io
import json
import logging
import pathlib
import time
from typing import Any

import bcrypt
import fixtures as fixtures_library
import webob

from keypair_ext.middleware import identity
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

PASSWORD = 'correct horse'
VICTIM = 'victim:aaaa:member'
ATTACKER = 'attacker:bbbb:member'

PRIVATE_KEY = (
    '-----BEGIN OPENSSH PRIVATE KEY-----\n'
    'bm90LWEtcmVhbC1rZXktYnV0LXNlY3JldC1lbm91Z2g=\n'
    '-----END OPENSSH PRIVATE KEY-----\n'
)
SECRET_LINE = PRIVATE_KEY.split('\n')[1]


class AttackTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(fixtures.Service())
        self.log = io.StringIO()
        handler = logging.StreamHandler(self.log)
        root = logging.getLogger()
        self.addCleanup(root.setLevel, root.level)
        self.addCleanup(root.removeHandler, handler)
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)

    def ask(self, method: str, path: str, **how: Any) -> webob.Response:
        how.setdefault('token', ATTACKER)
        return self.service.ask(method, path, **how)


class IdentityTest(base.TestCase):
    """Identity comes from the password alone, whatever headers say."""

    def setUp(self) -> None:
        super().setUp()
        directory = pathlib.Path(
            self.useFixture(fixtures_library.TempDir()).path
        )
        users = directory / 'htpasswd'
        digest = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4))
        users.write_text(f'alice:{digest.decode()}\n')
        self.service = self.useFixture(
            fixtures.Service(
                {
                    'api': {
                        'auth_strategy': 'http_basic',
                        'http_basic_user_file': str(users),
                        'http_basic_project_id': 'aaaa',
                    }
                }
            )
        )

    def _ask(self, headers: dict[str, str], authorized: bool) -> Any:
        path = '/v2.1/os-keypairs?user_id=victim'
        request = webob.Request.blank(path, headers=headers)
        request.headers['OpenStack-API-Version'] = 'compute 2.10'
        request.environ['REMOTE_ADDR'] = '127.0.0.1'
        if authorized:
            code = base64.b64encode(f'alice:{PASSWORD}'.encode()).decode()
            request.headers['Authorization'] = f'Basic {code}'
        return request.get_response(self.service.app)

    def test_spoofed_headers_change_nothing(self) -> None:
        for key in identity.IDENTITY_KEYS:
            name = key.removeprefix('HTTP_').replace('_', '-')
            for value in ('admin', 'Confirmed', 'all', 'True', 'victim'):
                spoofed = {name: value}
                self.assertEqual(
                    401, self._ask(spoofed, authorized=False).status_int, name
                )
                self.assertEqual(
                    403, self._ask(spoofed, authorized=True).status_int, name
                )

    def test_all_of_them_together_change_nothing(self) -> None:
        spoofed = {
            'X-User-Id': 'victim',
            'X-Roles': 'admin',
            'X-Project-Id': 'aaaa',
            'X-Identity-Status': 'Confirmed',
            'X-Auth-Token': 'victim:aaaa:admin',
        }
        self.assertEqual(401, self._ask(spoofed, False).status_int)
        self.assertEqual(403, self._ask(spoofed, True).status_int)


class OtherUsersTest(AttackTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.service.create('secret', token=VICTIM)

    def test_every_verb_on_another_users_key(self) -> None:
        body = {
            'keypair': {
                'name': 'planted',
                'public_key': fixtures.KEY,
                'user_id': 'victim',
            }
        }
        for version in ('2.10', '2.35', '2.92', 'latest'):
            for method, path, document in (
                ('GET', '/os-keypairs?user_id=victim', None),
                ('GET', '/os-keypairs/secret?user_id=victim', None),
                ('DELETE', '/os-keypairs/secret?user_id=victim', None),
                ('POST', '/os-keypairs', body),
            ):
                for prefix in ('/v2.1', '/v2.1/bbbb'):
                    answer = self.ask(
                        method, prefix + path, version=version, body=document
                    )
                    self.assertEqual(403, answer.status_int, path)
                    self.assertNotIn('ssh-', answer.text)
        self.assertEqual(['secret'], self.service.names('victim'))

    def test_a_name_is_its_owners(self) -> None:
        for method in ('GET', 'DELETE'):
            answer = self.ask(method, '/v2.1/os-keypairs/secret')
            self.assertEqual(404, answer.status_int)
        self.assertEqual(['secret'], self.service.names('victim'))

    def test_a_marker_tells_nothing_of_others(self) -> None:
        path = '/v2.1/os-keypairs?marker=secret'
        answers = [
            self.ask('GET', p, version='2.35')
            for p in (path, path.replace('secret', 'nothing'))
        ]
        self.assertEqual([400, 400], [a.status_int for a in answers])

    def test_repeated_user_ids(self) -> None:
        # What is authorised is what is acted on, whichever one counts.
        for query in ('attacker&user_id=victim', 'victim&user_id=attacker'):
            path = f'/v2.1/os-keypairs?user_id={query}'
            answer = self.ask('GET', path, version='2.10')
            self.assertNotIn('secret', answer.text)

    def test_another_project_in_the_path(self) -> None:
        for method, path in (
            ('GET', '/v2.1/aaaa/os-keypairs'),
            ('DELETE', '/v2.1/aaaa/os-keypairs/secret'),
        ):
            self.assertEqual(400, self.ask(method, path).status_int)


class InjectionTest(AttackTestCase):
    def test_nothing_of_a_request_starts_a_log_line(self) -> None:
        marks = ('\r\nFORGED', '\nFORGED', '\x1b[2JFORGED', '\u2028FORGED')
        for mark in marks:
            escaped = ''.join(f'%{byte:02X}' for byte in mark.encode())
            self.ask('GET', f'/v2.1/os-keypairs/x{escaped}')
            self.ask('GET', f'/v2.1/os-keypairs?x={escaped}', version='2.75')
            self.ask('DELETE', f'/v2/os-keypairs/x{escaped}')
            for fields in (
                {'name': f'x{mark}'},
                {'name': 'x', 'public_key': f'{fixtures.KEY}{mark}'},
                {'name': 'x', 'public_key': f'ssh-rsa{mark}'},
                {'name': 'x', f'key{mark}': 1},
            ):
                self.ask(
                    'POST',
                    '/v2.1/os-keypairs',
                    version='2.91',
                    body={'keypair': fields},
                )
        for line in self.log.getvalue().splitlines():
            self.assertFalse(line.startswith('FORGED'), line)
            self.assertNotIn('\x1b', line)

    def test_nothing_of_a_request_makes_a_header(self) -> None:
        answer = self.ask(
            'GET',
            '/v2.1/os-keypairs',
            headers={
                'OpenStack-API-Version': 'compute 2.999',
                'X-Openstack-Request-Id': 'req-1 Set-Cookie: a=b',
            },
        )
        self.assertEqual(406, answer.status_int)
        self.assertNotIn('Set-Cookie', str(answer.headers))

    def test_sql_is_text(self) -> None:
        self.service.create('k', token=ATTACKER)
        for text in ("' OR '1'='1", "k'; DROP TABLE key_pairs; --", '%', '_'):
            quoted = ''.join(f'%{ord(char):02X}' for char in text)
            answer = self.ask('GET', f'/v2.1/os-keypairs/{quoted}')
            self.assertEqual(404, answer.status_int)
            path = f'/v2.1/os-keypairs?marker={quoted}'
            answer = self.ask('GET', path, version='2.35')
            self.assertEqual(400, answer.status_int)
        self.assertEqual(['k'], self.service.names('attacker'))


class PathTest(AttackTestCase):
    def test_paths_lead_nowhere_else(self) -> None:
        for name in (
            *('%2F', '..%2F..%2Fetc%2Fpasswd', '%2E%2E', '..', '.', '%00'),
            *('%FF', '%C0%AF', '%ED%A0%80', 'x' * 9000, '%', '%zz', ';a', '*'),
        ):
            for prefix in ('/v2.1', '/v2', '/v2.1/bbbb'):
                for method in ('GET', 'DELETE'):
                    path = f'{prefix}/os-keypairs/{name}'
                    answer = self.ask(method, path)
                    self.assertEqual(404, answer.status_int, path)


class BodyTest(AttackTestCase):
    def _post(self, body: bytes, **headers: str) -> webob.Response:
        began = time.perf_counter()
        answer = self.ask(
            'POST',
            '/v2.1/os-keypairs',
            version='2.10',
            body=body,
            headers={key.replace('_', '-'): v for key, v in headers.items()},
        )
        self.assertLess(time.perf_counter() - began, 5)
        return answer

    def test_bodies_that_explode(self) -> None:
        for body in (
            b'[' * 100000,
            b'{"a":' * 20000,
            b'{"keypair": {"name": ' + b'9' * 100000 + b'}}',
            b'{"keypair": {"name": 1e999999999}}',
            b'{"keypair": {' + b'"a":1,' * 15000 + b'"name":"x"}}',
            b'"' + b'\\ud800' * 10000 + b'"',
            b'\xff' * 1000,
            gzip.compress(b'{"keypair": {"name": "x"}}'),
        ):
            self.assertEqual(400, self._post(body).status_int, repr(body[:40]))

    def test_a_gzip_body_is_not_unpacked(self) -> None:
        bomb = gzip.compress(b'0' * 10_000_000)
        answer = self._post(bomb, Content_Encoding='gzip')
        self.assertEqual(400, answer.status_int)

    def test_the_last_of_two_keys_counts_for_all(self) -> None:
        # Authorised and acted on alike: nobody sees the first one.
        body = (
            b'{"keypair":{"name":"x","user_id":"attacker","user_id":"victim"}}'
        )
        self.assertEqual(403, self._post(body).status_int)

    def test_bodies_that_are_too_large(self) -> None:
        body = json.dumps({'keypair': {'name': 'x' * 120000}}).encode()
        answer = self._post(body)
        self.assertEqual(413, answer.status_int)
        self.assertEqual(['overLimit'], list(answer.json))

    def test_a_body_without_a_length_that_does_not_end(self) -> None:
        class Endless(io.RawIOBase):
            given = 0

            def read(self, size: int = -1) -> bytes:
                size = 65536 if size < 0 else size
                self.given += size
                return b' ' * size

        stream = Endless()
        request = webob.Request.blank('/v2.1/os-keypairs', method='POST')
        request.headers['X-Auth-Token'] = ATTACKER
        request.environ.update(
            {
                'REMOTE_ADDR': '127.0.0.1',
                'wsgi.input': stream,
                'wsgi.input_terminated': True,
            }
        )
        request.environ.pop('CONTENT_LENGTH', None)
        answer = request.get_response(self.service.app)
        self.assertEqual(413, answer.status_int)
        self.assertLess(stream.given, 300_000)

    def test_a_private_key_by_mistake(self) -> None:
        for fields in (
            {'name': 'x', 'public_key': PRIVATE_KEY},
            {'name': 'x', 'public_key': f'{fixtures.KEY}\n{PRIVATE_KEY}'},
            {'name': PRIVATE_KEY, 'public_key': 'x'},
            {'name': 'x', 'public_key': [PRIVATE_KEY]},
            {'name': 'x', 'public_key': {PRIVATE_KEY: 1}},
            {'name': 'x', 'type': PRIVATE_KEY},
            {'name': 'x', PRIVATE_KEY: 'x'},
        ):
            body = json.dumps({'keypair': fields}).encode()
            answer = self._post(body)
            self.assertEqual(400, answer.status_int)
            self.assertNotIn(SECRET_LINE[:20], answer.text)
        self.assertNotIn(SECRET_LINE[:20], self.log.getvalue())

    def test_long_names_cost_nothing(self) -> None:
        for name in (' ' * 100000, 'a ' * 50000, '\u00a0' * 30000 + '\x00'):
            body = json.dumps({'keypair': {'name': name}}).encode()[:114000]
            self.assertIn(self._post(body).status_int, (400, 413))


class MethodTest(AttackTestCase):
    def test_a_method_in_a_header_is_not_one(self) -> None:
        self.service.create('k', token=ATTACKER)
        for header in (
            'X-HTTP-Method-Override',
            'X-HTTP-Method',
            'X-Method-Override',
        ):
            path = '/v2.1/os-keypairs/k?_method=DELETE'
            answer = self.ask('GET', path, headers={header: 'DELETE'})
            self.assertEqual(200, answer.status_int)
        self.assertEqual(['k'], self.service.names('attacker'))
