# SPDX-License-Identifier: Apache-2.0

"""What uWSGI's HTTP socket leaves to the application of a request's body.

It hands over no chunked body, sends no 100 Continue, and closes a connection
on which the client still sends: the client's system then throws the answer
away, unread (RFC 9112, section 9.6).
"""

import contextlib
import functools
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# Seconds that a client may go on with a body which was refused, and pause.
_LINGER: Final = 4.0
_PAUSE: Final = 0.5
_PIECE: Final = 65536


class _Body:
    """A body, taken piece by piece.

    :param receive: returns the next piece, none after the last.
    :param length: how much there is; infinite where the last piece tells.
    :param waits: the connection of a client who sends when asked to.
    """

    def __init__(
        self, receive: Callable[[], bytes], length: float, waits: int | None
    ) -> None:
        self._receive = receive
        self._left = length
        self._waits = waits
        self._buffer = b''

    @property
    def is_read(self) -> bool:
        return self._left <= 0

    def read(self, size: int = -1) -> bytes:
        if self._waits is not None:
            os.write(self._waits, b'HTTP/1.1 100 Continue\r\n\r\n')
            self._waits = None
        while not self.is_read and (size < 0 or len(self._buffer) < size):
            piece = self._receive()
            self._buffer += piece
            self._left = self._left - len(piece) if piece else 0
        end = len(self._buffer) if size < 0 else size
        data, self._buffer = self._buffer[:end], self._buffer[end:]
        return data


class _Answer:
    """An answer that reaches a client who still sends."""

    def __init__(
        self, answer: Iterable[bytes], body: _Body, connection: int
    ) -> None:
        self._answer = answer
        self._body = body
        self._connection = connection
        self._is_sent = False

    def __iter__(self) -> Iterator[bytes]:
        for data in self._answer:
            yield data
            self._is_sent = self._is_sent or bool(data)

    def close(self) -> None:
        """Let the client read the answer before the connection ends."""
        close = getattr(self._answer, 'close', None)
        if close is not None:
            close()
        # Without a body uWSGI sends the headers after this.
        if self._is_sent and not self._body.is_read:
            with contextlib.suppress(OSError):
                _linger(self._connection)


class Bodies:
    """Serve an application behind uWSGI's HTTP socket.

    :param server: the module ``uwsgi``, which is there inside of uWSGI only.
    """

    def __init__(self, application: WSGIApplication, server: Any) -> None:
        self._application = application
        self._server = server

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Go on with a body that can be read, if there is one."""
        length = environ.get('CONTENT_LENGTH', '')
        # Not a number: uWSGI has read none, and the application refuses it.
        is_sized = length.isascii() and length.isdecimal()
        if not is_sized and 'HTTP_TRANSFER_ENCODING' not in environ:
            return self._application(environ, start_response)
        connection = self._server.connection_fd()
        body = environ['wsgi.input'] = self._body(environ, connection)
        answer = self._application(environ, start_response)
        return _Answer(answer, body, connection)

    def _body(self, environ: WSGIEnvironment, connection: int) -> _Body:
        expects = environ.get('HTTP_EXPECT', '').lower() == '100-continue'
        waits = connection if expects else None
        if 'HTTP_TRANSFER_ENCODING' in environ:
            # It goes before a length (RFC 9112, section 6.3).
            environ.pop('CONTENT_LENGTH', None)
            environ['wsgi.input_terminated'] = True
            # Returns the next chunk, b'' after the last; OSError for none.
            return _Body(self._server.chunked_read, float('inf'), waits)
        read = functools.partial(environ['wsgi.input'].read, _PIECE)
        # No request is larger, and Python refuses some longer numbers.
        return _Body(read, int(environ['CONTENT_LENGTH'][:19]), waits)


def _linger(connection: int) -> None:
    """Say that this was all, and take what comes until the client ends."""
    with socket.socket(fileno=os.dup(connection)) as client:
        client.shutdown(socket.SHUT_WR)
        client.settimeout(_PAUSE)
        deadline = time.monotonic() + _LINGER
        while client.recv(_PIECE) and time.monotonic() < deadline:
            pass


def served(application: WSGIApplication) -> WSGIApplication:
    """Return the application as the server of this process needs it."""
    try:
        import uwsgi
    except ImportError:
        return application
    # The uWSGI protocol, of a web server in front, has only whole bodies.
    if 'http-socket' in uwsgi.opt:
        return Bodies(application, uwsgi)
    return application
