# SPDX-License-Identifier: Apache-2.0

"""What of a request is read, and what is refused."""

import io
from typing import Any

from oslo_context import context as oslo_context

from keypair_ext import exception
from keypair_ext.api import request, routes
from keypair_ext.tests import base


def make(
    environ: dict[str, Any] | None = None, max_body: int = 100
) -> request.Request:
    context = oslo_context.RequestContext(user_id='u', overwrite=False)
    environ = {'REQUEST_METHOD': 'POST', 'wsgi.input': io.BytesIO()} | (
        environ or {}
    )
    route = routes.Route('create', None, None)
    return request.Request(environ, context, route, max_body)


class IdentityTest(base.TestCase):
    def test_nobody(self) -> None:
        for environ in (
            {},
            {'nova.context': None},
            {'nova.context': oslo_context.RequestContext(overwrite=False)},
            {
                'nova.context': oslo_context.RequestContext(
                    user_id='', overwrite=False
                )
            },
            # Only a context counts, whatever the client's headers say.
            {'HTTP_X_USER_ID': 'u'},
        ):
            with self.subTest(environ=environ):
                self.assertRaises(
                    exception.NotAuthenticated, request.identity, environ
                )


class ContentTypeTest(base.TestCase):
    def test_something_else(self) -> None:
        for content_type in (
            'text/xml',
            'APPLICATION/JSON',
            'application',
            'application/json, text/plain',
            'text/html; charset=utf-8',
        ):
            with self.subTest(content_type=content_type):
                self.assertRaises(
                    exception.UnsupportedContentType,
                    request.check_content_type,
                    {'CONTENT_TYPE': content_type},
                )


class QueryTest(base.TestCase):
    def test_values(self) -> None:
        for text, expected in (
            ('', {}),
            ('a=1', {'a': ['1']}),
            ('a=1&a=2&b=', {'a': ['1', '2'], 'b': ['']}),
            ('a=1;b=2', {'a': ['1'], 'b': ['2']}),
            ('a', {'a': ['']}),
            ('a=x+y%20z', {'a': ['x y z']}),
            ('a=%C3%A9', {'a': ['é']}),
        ):
            with self.subTest(query=text):
                environ = {'QUERY_STRING': text, 'REQUEST_METHOD': 'GET'}
                self.assertEqual(expected, request.parse_query(environ))
        self.assertEqual({}, request.parse_query({}))

    def test_not_utf_8(self) -> None:
        for text in ('a=%FF', '%FF=1', 'a=%ED%A0%80'):
            with self.subTest(query=text):
                error = self.assertRaises(
                    exception.MalformedQuery,
                    request.parse_query,
                    {'QUERY_STRING': text, 'REQUEST_METHOD': 'GET'},
                )
                self.assertIsNone(error.__cause__)


class BodyTest(base.TestCase):
    def parse(self, body: bytes, **environ: Any) -> object:
        made = make(
            {
                'wsgi.input': io.BytesIO(body),
                'CONTENT_LENGTH': str(len(body)),
                **environ,
            }
        )
        made.check()
        return made.body

    def test_json(self) -> None:
        for body, document in (
            (b'', None),
            (b'null', None),
            (b' {"a": 1} ', {'a': 1}),
            (b'{"a": 1, "a": 2}', {'a': 2}),
            ('"é"'.encode(), 'é'),
            (b'"\\ud800"', '\ud800'),
        ):
            with self.subTest(body=body):
                self.assertEqual(document, self.parse(body))

    def test_malformed(self) -> None:
        for body, reason in (
            (b'{', 'line 1, column 2'),
            (b'{}\n{}', 'line 2, column 1'),
            (b'\xff', 'UTF-8'),
            ('{}'.encode('utf-16'), 'UTF-8'),
            (b'\xef\xbb\xbf{}', 'not JSON'),
            (b'[' * 99, 'not JSON'),
        ):
            with self.subTest(body=body):
                error = self.assertRaises(
                    exception.MalformedBody, self.parse, body
                )
                self.assertIn(reason, str(error))
                self.assertIsNone(error.__cause__)

    def test_what_python_refuses(self) -> None:
        for body, reason in (
            (b'[' * 100_000, 'nested too deeply'),
            (b'1' * 5000, 'too many digits'),
        ):
            with self.subTest(reason=reason):
                made = make(
                    {
                        'wsgi.input': io.BytesIO(body),
                        'CONTENT_LENGTH': str(len(body)),
                    },
                    max_body=10**6,
                )
                error = self.assertRaises(exception.MalformedBody, made.check)
                self.assertIn(reason, str(error))

    def test_length(self) -> None:
        for length, error in (
            ('101', exception.BodyTooLarge),
            ('9' * 50, exception.BodyTooLarge),
            ('-1', exception.MalformedBody),
            ('ten', exception.MalformedBody),
            ('50', exception.MalformedBody),
        ):
            with self.subTest(length=length):
                self.assertRaises(
                    error, self.parse, b'{}', CONTENT_LENGTH=length
                )

    def test_no_length(self) -> None:
        for terminated, body, document in (
            (True, b'{"a": 1}', {'a': 1}),
            (True, b'', None),
            (False, b'{"a": 1}', None),
        ):
            with self.subTest(terminated=terminated, body=body):
                environ: dict[str, Any] = {
                    'CONTENT_LENGTH': '',
                    'wsgi.input_terminated': terminated,
                }
                self.assertEqual(document, self.parse(body, **environ))

    def test_no_length_and_too_much(self) -> None:
        self.assertRaises(
            exception.BodyTooLarge,
            self.parse,
            b' ' * 101,
            **{'CONTENT_LENGTH': '', 'wsgi.input_terminated': True},
        )


class AcceptTest(base.TestCase):
    json = 'application/json'
    compute = 'application/vnd.openstack.compute+json'

    def test_accepted(self) -> None:
        for accept, expected in (
            (None, self.json),
            ('', self.json),
            ('*/*', self.json),
            ('text/html', self.json),
            (self.compute, self.compute),
            (f'text/html, {self.compute}', self.compute),
            (f'{self.json}, {self.compute}', self.json),
            (f'{self.json};q=0.1, {self.compute}', self.compute),
            (f'{self.compute};q=0', self.json),
            ('nonsense', self.json),
        ):
            with self.subTest(accept=accept):
                environ = {} if accept is None else {'HTTP_ACCEPT': accept}
                self.assertEqual(expected, request.accepted(environ))

    def test_host_has_decided(self) -> None:
        for best, expected in (
            (self.compute, self.compute),
            (self.json, self.json),
            ('text/html', self.json),
        ):
            with self.subTest(best=best):
                environ = {'nova.best_content_type': best}
                self.assertEqual(expected, request.accepted(environ))
