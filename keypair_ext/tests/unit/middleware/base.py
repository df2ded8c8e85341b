# SPDX-License-Identifier: Apache-2.0

"""Ways to call a filter as a server does."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any
from wsgiref import validate
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
from oslo_context import context, fixture as context_fixture

from keypair_ext.tests import base


class Recorder:
    """The application below the filter: remembers what reaches it."""

    def __init__(self) -> None:
        self.environs: list[WSGIEnvironment] = []

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        self.environs.append(environ)
        body = b'below'
        start_response(
            '200 OK',
            [
                ('Content-Type', 'text/plain'),
                ('Content-Length', str(len(body))),
            ],
        )
        return [body]

    @property
    def environ(self) -> WSGIEnvironment:
        (environ,) = self.environs
        return environ

    @property
    def context(self) -> context.RequestContext:
        found = self.environ['nova.context']
        assert isinstance(found, context.RequestContext)
        return found


class TestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(context_fixture.ClearRequestContext())
        self.below = Recorder()

    def call(
        self,
        application: WSGIApplication,
        headers: Mapping[str, str] | None = None,
        environ: Mapping[str, Any] | None = None,
        method: str = 'GET',
    ) -> webob.Response:
        """Send a request from loopback, with both sides held to PEP 3333."""
        request = webob.Request.blank(
            '/os-keypairs', headers=headers, method=method
        )
        request.environ.update({'REMOTE_ADDR': '127.0.0.1', **(environ or {})})
        response = request.get_response(validate.validator(application))
        # Reading the answer to its end closes it, as a server does.
        assert response.body is not None
        return response

    def config(self, **api: object) -> str:
        """Return a configuration file with these options of ``[api]``."""
        lines = [f'{name} = {value}\n' for name, value in api.items()]
        return self.file(''.join(['[api]\n', *lines]).encode())

    def file(self, content: bytes) -> str:
        descriptor, path = tempfile.mkstemp()
        with os.fdopen(descriptor, 'wb') as file:
            file.write(content)
        return path

    def assert_unauthenticated(
        self, response: webob.Response, challenges: list[str]
    ) -> None:
        self.assertEqual(401, response.status_int)
        self.assertEqual('application/json', response.headers['Content-Type'])
        self.assertEqual(
            {
                'error': {
                    'code': 401,
                    'title': 'Unauthorized',
                    'message': 'The request you have made requires '
                    'authentication.',
                }
            },
            response.json,
        )
        self.assertEqual(
            challenges, response.headers.getall('WWW-Authenticate')
        )
        self.assertEqual([], self.below.environs)
