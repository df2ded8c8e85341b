# SPDX-License-Identifier: Apache-2.0

"""Attacks by what a request's body holds, or by how it comes."""

import gzip
import io
import json
import socket
import time
from typing import Any

import webob

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.security import attacks
from keypair_ext.tests.functional.servers import process

PRIVATE_KEY = (
    '-----BEGIN OPENSSH PRIVATE KEY-----\n'
    'bm90LWEtcmVhbC1rZXktYnV0LXNlY3JldC1lbm91Z2g=\n'
    '-----END OPENSSH PRIVATE KEY-----\n'
)
SECRET_LINE = PRIVATE_KEY.split('\n')[1]
# PKCS#8 without its lines, and with the characters of a name only.
BARE_KEY = 'MC4CAQAwBQYDK2VwBCIEIHeQt9yyloOaW8WkpoFWADYSvETOxMLNxJabNwgqqqy'


class BodyCases(attacks.AttackTestCase):
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
        # In Nova a filter in front of us refuses it, in plain text.
        if answer.content_type == 'application/json':
            self.assertEqual(['overLimit'], list(answer.json))

    def test_a_private_key_by_mistake(self) -> None:
        for fields in (
            {'name': 'x', 'public_key': PRIVATE_KEY},
            {'name': 'x', 'public_key': f'{fixtures.KEY}\n{PRIVATE_KEY}'},
            {'name': 'x', 'public_key': f'{fixtures.KEY} {BARE_KEY}'},
            {'name': PRIVATE_KEY, 'public_key': 'x'},
            {'name': BARE_KEY, 'public_key': fixtures.KEY},
            {'name': 'x', 'public_key': [PRIVATE_KEY]},
            {'name': 'x', 'public_key': {PRIVATE_KEY: 1}},
            {'name': 'x', 'type': PRIVATE_KEY},
            {'name': 'x', PRIVATE_KEY: 'x'},
        ):
            body = json.dumps({'keypair': fields}).encode()
            answer = self._post(body)
            self.assertEqual(400, answer.status_int)
            for secret in (SECRET_LINE, BARE_KEY):
                self.assertNotIn(secret[:20], answer.text)
        for secret in (SECRET_LINE, BARE_KEY):
            self.assertNotIn(secret[:20], self.logged())
        self.assertEqual([], self.mount.names('attacker'))

    def test_long_names_cost_nothing(self) -> None:
        for name in (' ' * 100000, 'a ' * 50000, '\u00a0' * 30000 + '\x00'):
            body = json.dumps({'keypair': {'name': name}}).encode()[:114000]
            self.assertIn(self._post(body).status_int, (400, 413))

    def test_a_length_that_is_a_lie(self) -> None:
        body = b'{"keypair": {"name": "x"}}'
        for length in (
            *('-1', 'x', '1e3', '+5', '0x10', '9' * 30, '1, 2', '\xb2'),
            *('9' * 5000, '0' * 5000 + '9' * 9, '\xb92', '1_0', ' '),
        ):
            answer = self._post(body, Content_Length=length)
            self.assertIn(answer.status_int, (400, 413), length)
        self.assertEqual([], self.mount.names('attacker'))

    def test_expressions_under_long_input(self) -> None:
        # What makes an expression of ours look again and again, if any does.
        for text in (
            *('ssh-rsa ' + 'A' * 60000, 'ssh-rsa' + ' ' * 60000 + 'A'),
            *('\nssh-rsa \t' * 6000, 'ssh-rsa AAAA' + '=' * 60000),
            *('BEGIN ' * 10000, 'BEGIN ' + 'A ' * 30000, '-----BEGIN ' * 5000),
            *('PuTTY-User' * 6000, 'PRIVATE KEY' * 5000, ' \t\n' * 20000),
            '-----BEGIN CERTIFICATE-----\n' + 'MIIB\n' * 12000,
        ):
            for key_type in ('ssh', 'x509'):
                fields = {'name': 'x', 'type': key_type, 'public_key': text}
                body = json.dumps({'keypair': fields}).encode()
                self.assertEqual(400, self._post(body).status_int)
        for name in ('a' * 60000 + '!', ' a' * 30000, '-' * 60000 + '\n\n'):
            body = json.dumps({'keypair': {'name': name}}).encode()
            self.assertEqual(400, self._post(body).status_int)


class AnyMountCases(
    attacks.OtherUsersCases,
    attacks.InjectionCases,
    attacks.PathCases,
    attacks.MethodCases,
    BodyCases,
):
    """The attacks that any mount can be asked for, however it is reached."""


class Endless(io.RawIOBase):
    """A body that goes on for ever."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        size = 65536 if size < 0 else size
        self.given += size
        return b' ' * size


class Broken(io.RawIOBase):
    """A body whose sender is gone, or too slow for the server."""

    def read(self, size: int = -1) -> bytes:
        raise OSError('timeout during read(64) on wsgi.input')


class StreamCases(attacks.AttackTestCase):
    """How the body comes, as servers of different makes hand it over."""

    def _stream(self, stream: Any, length: str | None) -> webob.Response:
        request = webob.Request.blank('/v2.1/os-keypairs', method='POST')
        request.headers['X-Auth-Token'] = attacks.ATTACKER
        request.environ.update(
            {
                'REMOTE_ADDR': '127.0.0.1',
                'wsgi.input': stream,
                'wsgi.input_terminated': True,
            }
        )
        request.environ.pop('CONTENT_LENGTH', None)
        if length is not None:
            request.environ['CONTENT_LENGTH'] = length
        return request.get_response(self.mount.app)

    def test_a_body_without_a_length_that_does_not_end(self) -> None:
        stream = Endless()
        self.assertEqual(413, self._stream(stream, None).status_int)
        self.assertLess(stream.given, 300_000)

    def test_a_length_beyond_the_limit_is_not_read(self) -> None:
        stream = Endless()
        self.assertEqual(413, self._stream(stream, '9' * 30).status_int)
        self.assertEqual(0, stream.given)

    def test_a_body_that_breaks_off(self) -> None:
        for length in ('64', None):
            answer = self._stream(Broken(), length)
            self.assertEqual(400, answer.status_int)
        answer = self._stream(io.BytesIO(b'{"keypair"'), '64')
        self.assertEqual(400, answer.status_int)


class SlowCases(attacks.AttackTestCase):
    """Clients that dawdle, over HTTP: uWSGI waits four seconds."""

    def test_a_body_that_does_not_come(self) -> None:
        answer = self._send(b'Content-Length: 64', b'{"keypair"')
        self.assertIn(answer, (b'', b'400'))

    def test_a_chunked_body_that_does_not_end(self) -> None:
        answer = self._send(b'Transfer-Encoding: chunked', b'5\r\n{"key\r\n')
        self.assertIn(answer, (b'', b'400'))

    def _send(self, header: bytes, body: bytes) -> bytes:
        """Send a part of a request, and return the status of the answer."""
        head = b'POST /v2.1/os-keypairs HTTP/1.1\r\nHost: localhost\r\n'
        token = b'X-Auth-Token: ' + attacks.ATTACKER.encode() + b'\r\n'
        began = time.monotonic()
        with socket.create_connection(
            (process.LOOPBACK, self.mount.port), timeout=60
        ) as connection:
            connection.sendall(head + token + header + b'\r\n\r\n' + body)
            answer = connection.recv(65536)
        self.assertLess(time.monotonic() - began, 30)
        # Others are served as before.
        path = '/v2.1/os-keypairs'
        self.assertEqual(200, self.ask('GET', path).status_int)
        return answer[9:12]
