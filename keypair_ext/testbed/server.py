# SPDX-License-Identifier: Apache-2.0

"""HTTP/1.1 over threads, one a connection, in this process.

Each connection has a thread of its own, since a request to Compute is not
answered before another one, to Identity, is. And what a well-behaved server
never does can be asked of this one: to cut a connection off, or to send less
than it has announced.
"""

import contextlib
import http.server
import json
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final
from urllib import parse
from wsgiref.types import WSGIApplication

import webob

from keypair_ext import exception

# No request of a key pair is larger; a larger one is not read to its end.
_MAX_BODY: Final = 1 << 20
# How long requests that are under way may take when the server stops.
_GRACE_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Request:
    """A request as it came, with its body.

    :ivar target: the path with the query, as sent.
    """

    method: str
    target: str
    headers: Message
    body: bytes = b''
    client: str = ''

    @property
    def path(self) -> str:
        """The path, decoded."""
        return parse.unquote(self.target.partition('?')[0])

    @property
    def query(self) -> dict[str, list[str]]:
        """The values of each query parameter."""
        return parse.parse_qs(
            self.target.partition('?')[2], keep_blank_values=True
        )


@dataclass(frozen=True)
class Answer:
    """An answer; ``is_whole`` is false for half of its body."""

    status: int
    body: bytes = b''
    headers: Sequence[tuple[str, str]] = ()
    is_whole: bool = True


def document(
    status: int, value: object, headers: Sequence[tuple[str, str]] = ()
) -> Answer:
    """Return an answer with a JSON document."""
    return Answer(
        status,
        json.dumps(value).encode(),
        [('Content-Type', 'application/json'), *headers],
    )


# None cuts the connection off.
Respond = Callable[[Request], Answer | None]


class Server(socketserver.ThreadingTCPServer):
    """Listens at once; serves from :meth:`start` to :meth:`stop`.

    :param host: the address to listen on.
    :param port: 0 for any that is free.
    :raises ConfigurationError: it cannot listen there.
    """

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int) -> None:
        self.respond: Respond
        if ':' in host:
            self.address_family = socket.AF_INET6
        self.is_stopping = False
        self.idle: set[socket.socket] = set()
        self._thread = threading.Thread(
            target=self.serve_forever,
            kwargs={'poll_interval': 0.05},
            name='keypair_ext-testbed',
        )
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            raise exception.ConfigurationError(
                reason=f'Port {port} of {host} cannot be used: '
                f'{getattr(error, "strerror", None) or error}. Stop what '
                f'listens there, or choose another one with --port.'
            ) from error
        self.host = host
        self.port: int = self.server_address[1]

    def start(self, respond: Respond) -> None:
        """Begin to answer; return at once."""
        self.respond = respond
        self._thread.start()

    def stop(self) -> None:
        """Answer what is under way, and end with all connections closed."""
        self.is_stopping = True
        self.shutdown()
        self._thread.join()
        for connection in list(self.idle):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        # Waits for the threads of all connections.
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has gone, or is too slow."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    """Reads requests off one connection and writes the answers."""

    protocol_version = 'HTTP/1.1'
    server: Server
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        # In this order: whoever stops the server looks at who is idle last.
        self.server.idle.add(self.connection)
        if self.server.is_stopping:
            self.close_connection = True
            return
        self.raw_requestline = self.rfile.readline(65537)
        self.server.idle.discard(self.connection)
        self.connection.settimeout(_GRACE_SECONDS)
        if not self.raw_requestline or len(self.raw_requestline) > 65536:
            self.close_connection = True
            return
        if self.parse_request():
            self._answer()
        self.connection.settimeout(None)
        self.close_connection |= self.server.is_stopping

    def finish(self) -> None:
        self.server.idle.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def _answer(self) -> None:
        body = self._read_body()
        if body is None:
            self.close_connection = True
            self._send(Answer(413))
            return
        answer = self.server.respond(
            Request(
                self.command,
                self.path,
                self.headers,
                body,
                self.client_address[0],
            )
        )
        if answer is None:
            self.close_connection = True
            return
        self._send(answer)

    def _read_body(self) -> bytes | None:
        """Return the body, None where it is too large to be read."""
        if self.headers.get('Transfer-Encoding', '').lower() == 'chunked':
            return self._read_chunks()
        length = self.headers.get('Content-Length', '')
        if not (length.isascii() and length.isdecimal()):
            return b''
        if len(length) > 9 or int(length) > _MAX_BODY:
            return None
        return self.rfile.read(int(length))

    def _read_chunks(self) -> bytes | None:
        body = b''
        while len(body) <= _MAX_BODY:
            try:
                size = int(self.rfile.readline(100).split(b';')[0], 16)
            except ValueError:
                return None
            if not 0 < size <= _MAX_BODY:
                # After the last chunk come trailers and an empty line.
                while self.rfile.readline(65537).strip():
                    pass
                return None if size else body
            body += self.rfile.read(size)
            self.rfile.readline(3)
        return None

    def _send(self, answer: Answer) -> None:
        has_body = answer.status not in (204, 304)
        self.send_response_only(answer.status)
        given = {name.lower() for name, _ in answer.headers}
        if 'date' not in given:
            self.send_header('Date', self.date_time_string())
        for name, value in answer.headers:
            self.send_header(name, value)
        if has_body and 'content-length' not in given:
            self.send_header('Content-Length', str(len(answer.body)))
        self.close_connection |= self.server.is_stopping or not answer.is_whole
        if self.close_connection:
            self.send_header('Connection', 'close')
        self.end_headers()
        if has_body and self.command != 'HEAD':
            size = len(answer.body)
            self.wfile.write(
                answer.body if answer.is_whole else answer.body[: size // 2]
            )

    def log_message(self, format: str, *arguments: object) -> None:
        """Print nothing: the requests can be read back."""


def ask_application(
    application: WSGIApplication,
    request: Request,
    mount: str,
    address: tuple[str, int],
) -> Answer:
    """Return what a WSGI application answers.

    :param mount: the part of the path that leads to it.
    :param address: the server's.
    """
    path, _, query = request.target.partition('?')
    environ: Any = {
        'REQUEST_METHOD': request.method,
        'REQUEST_URI': request.target,
        'SCRIPT_NAME': mount,
        # WSGI's strings are bytes in disguise.
        'PATH_INFO': parse.unquote(path, 'latin-1').removeprefix(mount),
        'QUERY_STRING': query,
        'HTTP_HOST': f'{address[0]}:{address[1]}',
        'REMOTE_ADDR': request.client,
        'wsgi.multithread': True,
    }
    asked = webob.Request.blank('/', environ)
    for name in set(map(str.title, request.headers)) - {'Transfer-Encoding'}:
        asked.headers[name] = ','.join(request.headers.get_all(name, ()))
    asked.body = request.body
    answer = asked.send(application)
    return Answer(answer.status_code, answer.body, answer.headerlist)
