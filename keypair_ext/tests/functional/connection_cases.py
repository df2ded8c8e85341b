# SPDX-License-Identifier: Apache-2.0

"""What clients' connections meet under every server, by HTTP/1.1.

What is sent here no library would send: bytes on a socket, as they are.
"""

import contextlib
import http.client
import itertools
import json
import signal
import socket
import struct
import time
from collections import Counter
from typing import Literal

import requests

from keypair_ext.tests.functional import service_cases
from keypair_ext.tests.functional.load import client, users
from keypair_ext.tests.functional.servers import process

_CHUNKED = b'Transfer-Encoding: chunked\r\n'


def chunks(*pieces: bytes, trailer: bytes = b'') -> bytes:
    """Return a chunked body."""
    whole = b''.join(b'%x\r\n%b\r\n' % (len(p), p) for p in pieces)
    return whole + b'0\r\n' + trailer + b'\r\n'


class _Unbuffered:
    """A socket of which http.client reads one answer, and no more."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def makefile(self, mode: Literal['rb']) -> socket.SocketIO:
        return self._connection.makefile(mode, buffering=0)


class ConnectionCases(service_cases.ServiceCases):
    """Each test is a user of its own, as in the other cases."""

    def load_again(self) -> None:
        """Have the server load the application and its configuration."""
        self.daemon.send_signal(signal.SIGHUP)

    def workers(self) -> set[int]:
        """Return the ids of the processes that serve."""
        return set(process.children(self.daemon.pid))

    def request(self, method: str, headers: bytes = b'') -> bytes:
        """Return a request up to its body."""
        token = self.headers['X-Auth-Token'].encode()
        return (
            b'%b /v2.1/os-keypairs HTTP/1.1\r\nHost: localhost\r\n'
            b'X-Auth-Token: %b\r\nContent-Type: application/json\r\n%b\r\n'
        ) % (method.encode(), token, headers)

    def send(self, sent: bytes, then: bytes = b'') -> socket.socket:
        """Send bytes to the end, whatever comes meanwhile.

        :param then: more of them, a moment later.
        """
        connection = socket.create_connection(
            (process.LOOPBACK, self.server.port), timeout=10
        )
        self.addCleanup(connection.close)
        # Who refuses a body need not read it to its end.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
            if then:
                self.names()
                connection.sendall(then)
        return connection

    def answer(self, connection: socket.socket) -> http.client.HTTPResponse:
        """Return the next answer of a connection, read to its end."""
        response = http.client.HTTPResponse(
            _Unbuffered(connection)  # type: ignore[arg-type]
        )
        self.addCleanup(response.close)
        response.begin()
        response.read()
        return response

    def status(self, sent: bytes, then: bytes = b'') -> int:
        """Return the status of what is answered to these bytes."""
        with self.send(sent, then) as connection:
            return self.answer(connection).status

    def test_a_session_is_answered_each_time(self) -> None:
        self.import_key('mine').expect(200)
        url = f'{self.server.url}/v2.1/os-keypairs'
        document = json.loads(service_cases.import_body('again'))
        with requests.Session() as session:
            session.trust_env = False
            session.headers.update(self.headers)
            statuses = Counter(
                session.get(url, timeout=60).status_code for _ in range(200)
            )
            self.assertEqual({200: 200}, statuses)
            for _ in range(20):
                made = session.post(url, json=document, timeout=60)
                self.assertEqual(200, made.status_code)
                gone = session.delete(f'{url}/again', timeout=60)
                self.assertEqual(202, gone.status_code)

    def test_a_refusal_reaches_who_sends_all_first(self) -> None:
        body = b' ' * 3_000_000
        length = b'Content-Length: %d\r\n' % len(body)
        for _ in range(5):
            sent = self.request('POST', length) + body
            self.assertEqual(413, self.status(sent))
            whole = self.request('POST', _CHUNKED) + chunks(body)
            self.assertEqual(413, self.status(whole))
            pieces = itertools.repeat(body[:50_000], 60)
            cut = self.request('POST', _CHUNKED) + chunks(*pieces)
            self.assertEqual(413, self.status(cut))
        # And a token that is missing is told before that.
        head = b'POST /v2.1/os-keypairs HTTP/1.1\r\nHost: localhost\r\n'
        self.assertEqual(401, self.status(head + length + b'\r\n' + body))

    def test_a_chunked_body(self) -> None:
        head = self.request('POST', _CHUNKED)
        for name, trailer in (('plain', b''), ('trailer', b'X-End: yes\r\n')):
            body = service_cases.import_body(name)
            sent = chunks(body[:20], body[20:21], body[21:], trailer=trailer)
            self.assertEqual(200, self.status(head + sent))
        body = service_cases.import_body('slow')
        sent = chunks(body[:20], body[20:])
        for at, name in ((3, 'slow-1'), (30, 'slow-2')):
            sent = chunks(service_cases.import_body(name))
            self.assertEqual(200, self.status(head + sent[:at], sent[at:]))
        self.assertEqual(
            ['plain', 'slow-1', 'slow-2', 'trailer'], self.names()
        )

    def test_a_chunked_body_that_is_broken(self) -> None:
        head = self.request('POST', _CHUNKED)
        for body in (b'zz\r\n{}\r\n0\r\n\r\n', chunks(), chunks(b'{')):
            self.assertEqual(400, self.status(head + body))

    def test_a_chunked_body_with_a_length(self) -> None:
        body = chunks(service_cases.import_body('one'))
        head = self.request('POST', _CHUNKED + b'Content-Length: 5\r\n')
        connection = self.send(head + body + self.request('DELETE'))
        # Chunks go before a length, or both are too much (RFC 9112, 6.3).
        # No later request is found within the body.
        response = self.answer(connection)
        self.assertIn(response.status, (200, 400))
        self.assertEqual('close', response.headers['Connection'])
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(b'', connection.recv(1))

    def test_a_client_that_waits_for_100(self) -> None:
        body = service_cases.import_body('expected')
        connection = self.send(
            self.request(
                'POST',
                b'Expect: 100-continue\r\nContent-Length: %d\r\n' % len(body),
            )
        )
        received = b''
        while not received.endswith(b'\r\n\r\n'):
            received += connection.recv(1)
        self.assertIn(b' 100 ', received)
        connection.sendall(body)
        self.assertEqual(200, self.answer(connection).status)

    def test_requests_in_a_pipeline(self) -> None:
        connection = self.send(self.request('GET') * 3)
        for _ in range(3):
            response = self.answer(connection)
            self.assertEqual(200, response.status)
            # Who does not go on tells, and the client sends the rest again.
            if response.headers['Connection'] == 'close':
                break

    def test_clients_that_go_away(self) -> None:
        before = len(self.daemon.log)
        for sent in (
            self.request('POST', b'Content-Length: 100\r\n') + b'{',
            self.request('POST', _CHUNKED),
            self.request('GET'),
        ):
            for _ in range(8):
                connection = self.send(sent)
                # Closed with all that is on its way.
                connection.setsockopt(
                    socket.SOL_SOCKET,
                    socket.SO_LINGER,
                    struct.pack('ii', 1, 0),
                )
                connection.close()
        for _ in range(8):
            self.assertEqual([], self.names())
        # Their requests have a line each, if they have come so far. Of a body
        # that broke off some servers have one of their own.
        log = self.daemon.log[before:]
        self.assertNotRegex(log, 'CRITICAL|ERROR|Traceback|write|pipe')

    def test_what_is_no_request(self) -> None:
        answer = self.answer(self.send(b'HELP\r\n\r\n'))
        self.assertEqual(400, answer.status)
        self.assertNotIn('Traceback', self.daemon.log)

    def test_long_headers(self) -> None:
        for length in (8_000, 16_000, 30_000):
            header = b'X-Service-Catalog: %b\r\n' % (b'c' * length)
            self.assertEqual(200, self.status(self.request('GET', header)))

    def test_no_part_of_a_long_query_is_lost(self) -> None:
        self.import_key('mine').expect(200)
        for length in (8_000, 31_000, 40_000, 60_000):
            connection = self.connection()
            target = f'/v2.1/os-keypairs?limit=0&x={"x" * length}'
            headers = {**self.headers, 'OpenStack-API-Version': 'compute 2.35'}
            connection.request('GET', target, headers=headers)
            response = connection.getresponse()
            answer = response.status, response.read()
            if response.status not in (400, 414):
                self.assertEqual((200, b'{"keypairs":[]}'), answer)

    def test_idle_connections_hold_nobody(self) -> None:
        for _ in range(8):
            idle = self.send(self.request('GET'))
            self.assertEqual(200, self.answer(idle).status)
        began = time.monotonic()
        self.assertEqual([], self.names())
        self.assertLess(time.monotonic() - began, 5)

    def test_one_line_for_a_request(self) -> None:
        before = len(self.daemon.log.splitlines())
        for _ in range(10):
            self.names()
        lines = self.daemon.log.splitlines()[before:]
        # What other tests of the class have left may be told meanwhile.
        ours = [line for line in lines if 'os-keypairs' in line]
        self.assertEqual(10, len(ours), '\n'.join(lines))

    def test_loading_again_under_load(self) -> None:
        load = users.Users(
            self.server.port, self.user, 4, client.Kept, service_cases.QUOTA
        )
        with load:
            # Apache loads the application with a process's first request.
            load.wait_for_all(20)
            before = self.workers()
            self.load_again()
            process.wait_until(
                lambda: not before <= self.workers(), 'new workers'
            )
            load.wait_for_all(20)
        for user in load.users:
            user.list(user.name)
        known = load.compare({})
        self.assertEqual([], known.faults)
        self.assertEqual(0, known.refused + known.unanswered)
