# SPDX-License-Identifier: Apache-2.0

"""HTTP without a client library, which would tidy requests and answers.

Paths keep their dots, slashes and escapes, headers their case and order,
and a body is whatever bytes a test wants it to be.
"""

import json
import socket
from dataclasses import dataclass
from typing import Any

from keypair_ext.tests.functional.servers import process

_TIMEOUT = 120


@dataclass(frozen=True)
class Request:
    """A request, byte for byte as it is sent.

    ``name`` says what is tried; no two in one area have the same.
    """

    name: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b''
    protocol: str = 'HTTP/1.1'

    def encode(self) -> bytes:
        """Return what goes over the wire."""
        lines = [
            f'{self.method} {self.path} {self.protocol}',
            *(f'{name}: {value}' for name, value in self.headers),
            'Connection: close',
        ]
        head = '\r\n'.join(lines) + '\r\n\r\n'
        return head.encode('latin-1') + self.body

    def __str__(self) -> str:
        """Return what somebody needs who wants to send it by hand."""
        headers = ''.join(f'\n    {n}: {v[:200]}' for n, v in self.headers)
        body = f'\n    {self.body[:400]!r}' if self.body else ''
        return f'{self.method} {self.path[:400]}{headers}{body}'


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> tuple[str, ...]:
        """Return the values of all headers of a name."""
        return tuple(v for n, v in self.headers if n.lower() == name.lower())

    def json(self) -> Any:
        """Return the body's document."""
        return json.loads(self.body)


# The server, before any application, did not like the request.
CLOSED = Answer(0, 'closed without an answer', (), b'')


class WireError(Exception):
    """What came back is not an HTTP answer."""


def send(port: int, request: Request) -> Answer:
    """Send a request to a port of the loopback address."""
    with socket.create_connection(
        (process.LOOPBACK, port), timeout=_TIMEOUT
    ) as connection:
        connection.sendall(request.encode())
        return _parse(_read(connection))


def _read(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    received = bytearray()
    while True:
        try:
            part = connection.recv(65536)
        except ConnectionResetError:
            # The server answered without reading all of a large body.
            return bytes(received)
        if not part:
            return bytes(received)
        received += part


def _parse(received: bytes) -> Answer:
    head, separator, body = received.partition(b'\r\n\r\n')
    if not received:
        return CLOSED
    if not separator:
        raise WireError(f'no HTTP answer: {received[:200]!r}')
    first, *lines = head.decode('latin-1').split('\r\n')
    _, status, reason = first.split(' ', 2)
    headers = tuple(
        (name, value.strip())
        for name, _, value in (line.partition(':') for line in lines)
    )
    return Answer(int(status), reason, headers, body)
