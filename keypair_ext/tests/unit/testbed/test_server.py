# SPDX-License-Identifier: Apache-2.0

"""HTTP as clients speak it: connections that stay, and bodies of all kinds."""

import http.client
import socket
import threading
import time

from keypair_ext.testbed import server
from keypair_ext.tests import base


class ServerTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.server = server.Server('127.0.0.1', 0)
        self.server.start(self._respond)
        self.addCleanup(self.server.stop)

    def _respond(self, request: server.Request) -> server.Answer | None:
        match request.path:
            case '/cut':
                return None
            case '/half':
                return server.Answer(200, b'1234', is_whole=False)
            case '/empty':
                return server.Answer(204)
            case '/slow':
                self.begun.set()
                self.go_on.wait(60)
        text = f'{request.method} {len(request.body)}'
        return server.Answer(200, text.encode())

    def _connect(self) -> http.client.HTTPConnection:
        made = http.client.HTTPConnection(
            '127.0.0.1', self.server.port, timeout=60
        )
        self.addCleanup(made.close)
        return made

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str = '/',
        body: object = None,
    ) -> tuple[int, bytes]:
        connection.request(method, path, body)  # type: ignore[arg-type]
        answer = connection.getresponse()
        return answer.status, answer.read()

    def test_a_connection_stays(self) -> None:
        connection = self._connect()
        connection.connect()
        kept = connection.sock
        for method, body, status, told in (
            ('GET', None, 200, b'GET 0'),
            ('POST', b'123', 200, b'POST 3'),
            ('HEAD', None, 200, b''),
            ('GET', None, 200, b'GET 0'),
            ('PUT', iter([b'12', b'3456']), 200, b'PUT 6'),
            ('DELETE', None, 200, b'DELETE 0'),
        ):
            answer = self._ask(connection, method, '/', body)
            self.assertEqual((status, told), answer)
        self.assertEqual((204, b''), self._ask(connection, 'GET', '/empty'))
        self.assertIs(kept, connection.sock)

    def test_too_large(self) -> None:
        for body in b'x' * (2 << 20), iter([b'x' * (2 << 20)]):
            connection = self._connect()
            try:
                status, _ = self._ask(connection, 'POST', '/', body)
            except ConnectionError:
                # It had no patience with what was still to come.
                continue
            self.assertEqual(413, status)

    def test_a_body_that_waits_to_be_wanted(self) -> None:
        with socket.create_connection(
            ('127.0.0.1', self.server.port), timeout=60
        ) as client:
            client.sendall(
                b'POST / HTTP/1.1\r\nExpect: 100-continue\r\n'
                b'Content-Length: 3\r\nConnection: close\r\n\r\n'
            )
            with client.makefile('rb') as stream:
                self.assertEqual(
                    b'HTTP/1.1 100 Continue\r\n', stream.readline()
                )
                client.sendall(b'123')
                self.assertTrue(stream.read().endswith(b'POST 3'))

    def test_cut_and_half(self) -> None:
        connection = self._connect()
        self.assertRaises(
            http.client.RemoteDisconnected,
            self._ask,
            connection,
            'GET',
            '/cut',
        )
        connection.close()
        error = self.assertRaises(
            http.client.IncompleteRead, self._ask, connection, 'GET', '/half'
        )
        self.assertEqual((b'12', 2), (error.partial, error.expected))

    def test_what_is_under_way_is_answered(self) -> None:
        idle, busy = self._connect(), self._connect()
        self._ask(idle, 'GET')
        busy.request('GET', '/slow')
        self.assertTrue(self.begun.wait(60))
        stopping = threading.Thread(target=self.server.stop)
        stopping.start()
        self.addCleanup(stopping.join)
        while not self.server.is_stopping:
            time.sleep(0.01)
        self.go_on.set()
        answer = busy.getresponse()
        self.assertEqual(
            (200, 'close'), (answer.status, answer.headers['Connection'])
        )
        stopping.join(60)
        self.assertFalse(stopping.is_alive())
        self.assertRaises(
            OSError, socket.create_connection, ('127.0.0.1', self.server.port)
        )
