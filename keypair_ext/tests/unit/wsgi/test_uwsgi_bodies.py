# SPDX-License-Identifier: Apache-2.0

"""What the application makes of a body behind uWSGI's socket.

The server here is a module with uWSGI's functions and a pair of sockets;
test_servers has the real one.
"""

import io
import socket
import threading
import types
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from keypair_ext.tests import base
from keypair_ext.wsgi import uwsgi_bodies


class BodiesTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ours, self.clients = socket.socketpair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.clients.close)
        self.chunks = [b'one', b'two', b'three', b'']
        self.server = types.SimpleNamespace(
            opt={},
            chunked_read=lambda: self.chunks.pop(0),
            connection_fd=self.ours.fileno,
        )
        self.reads: list[int] = []
        self.read: list[bytes] = []

    def application(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        self.environ = environ
        self.read = [environ['wsgi.input'].read(n) for n in self.reads]
        return [b'answer']

    def ask(self, *reads: int, **environ: Any) -> Iterable[bytes]:
        """Answer a request as uWSGI does, up to the end of the answer."""
        self.reads = list(reads)
        bodies = uwsgi_bodies.Bodies(self.application, self.server)
        answer = bodies(environ, lambda *arguments: lambda data: None)
        self.assertEqual([b'answer'], list(answer))
        return answer

    def test_chunks_are_read_as_one_body(self) -> None:
        self.ask(4, 4, -1, 1, HTTP_TRANSFER_ENCODING='chunked')
        self.assertEqual([b'onet', b'woth', b'ree', b''], self.read)
        self.assertTrue(self.environ['wsgi.input_terminated'])

    def test_chunks_go_before_a_length(self) -> None:
        self.ask(HTTP_TRANSFER_ENCODING='chunked', CONTENT_LENGTH='5')
        self.assertNotIn('CONTENT_LENGTH', self.environ)

    def test_no_body(self) -> None:
        for length in ('', 'many', '²'):
            answer = self.ask(CONTENT_LENGTH=length)
            self.assertIsInstance(answer, list)

    def test_a_client_that_waits_is_told_once_to_go_on(self) -> None:
        self.ask(
            1,
            1,
            HTTP_EXPECT='100-Continue',
            CONTENT_LENGTH='2',
            **{'wsgi.input': io.BytesIO(b'{}')},
        )
        self.assertEqual([b'{', b'}'], self.read)
        self.assertEqual(
            b'HTTP/1.1 100 Continue\r\n\r\n', self.clients.recv(100)
        )

    def test_who_still_sends_is_listened_to(self) -> None:
        answer = self.ask(
            CONTENT_LENGTH='3000000', **{'wsgi.input': io.BytesIO()}
        )
        closing = threading.Thread(
            target=answer.close  # type: ignore[attr-defined]
        )
        closing.start()
        # It says that it has ended, and takes all.
        self.assertEqual(b'', self.clients.recv(1))
        self.clients.sendall(b' ' * 3_000_000)
        self.clients.close()
        closing.join()

    def test_who_has_sent_all_is_not_waited_for(self) -> None:
        answer = self.ask(
            2, CONTENT_LENGTH='2', **{'wsgi.input': io.BytesIO(b'{}')}
        )
        answer.close()  # type: ignore[attr-defined]
        self.clients.setblocking(False)
        self.assertRaises(BlockingIOError, self.clients.recv, 1)
