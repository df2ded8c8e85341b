# SPDX-License-Identifier: Apache-2.0

"""An answer to a request, of success or not, ready to be sent."""

import http.client
import json
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson

Headers = Iterable[tuple[str, str]]


class Answer:
    """A WSGI application that gives one answer.

    :param status: the HTTP status.
    :param body: the whole body; an answer to HEAD keeps it to itself.
    :param content_type: what the body is.
    :param headers: those beside the body's own.
    """

    __slots__ = ('body', 'headers', 'status')

    def __init__(
        self,
        status: int,
        body: bytes,
        content_type: str,
        headers: Headers = (),
    ) -> None:
        self.status = status
        self.body = body
        self.headers = [
            ('Content-Length', str(len(body))),
            ('Content-Type', content_type),
            *headers,
        ]

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Send it."""
        reason = http.client.responses.get(self.status, '')
        start_response(f'{self.status} {reason}', self.headers)
        return [] if environ['REQUEST_METHOD'] == 'HEAD' else [self.body]


def serialize(document: object) -> bytes:
    """Return ``document`` as JSON in ASCII, as Nova's answers are."""
    body = orjson.dumps(document)
    return body if body.isascii() else json.dumps(document).encode('ascii')
