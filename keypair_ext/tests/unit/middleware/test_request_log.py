# SPDX-License-Identifier: Apache-2.0

"""Identifiers, and lines that no request can forge."""

import logging
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import fixtures
import webob
from oslo_context import context
from oslo_middleware import request_id as oslo_request_id

from keypair_ext import environ as env
from keypair_ext.middleware import request_log
from keypair_ext.middleware.context import identity
from keypair_ext.tests.functional.fixtures import ROOT
from keypair_ext.tests.unit.middleware import base

PAGE = (ROOT / 'doc/source/reference/logging.rst').read_text()

GLOBAL_ID = 'req-01234567-89ab-cdef-0123-456789abcdef'


class RequestLogTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(
            fixtures.FakeLogger(level=logging.INFO, format='%(message)s')
        )

    def ask(
        self,
        headers: dict[str, str] | None = None,
        below: WSGIApplication | None = None,
        method: str = 'GET',
        environ: Mapping[str, str] | None = None,
    ) -> webob.Response:
        filter_ = request_log.filter_factory({})(below or self.below)
        return self.call(filter_, headers, environ, method)

    def line(self) -> str:
        (line,) = self.log.output.splitlines()
        return re.sub(r'time: \d+\.\d{6}$', 'time: T', line)

    def test_request_id(self) -> None:
        response = self.ask()

        request_id = self.below.environ['openstack.request_id']
        self.assertRegex(request_id, oslo_request_id.ID_FORMAT)
        identifier = uuid.UUID(request_id.removeprefix('req-'))
        self.assertEqual(4, identifier.version)
        for header in ('x-openstack-request-id', 'x-compute-request-id'):
            self.assertEqual([request_id], response.headers.getall(header))
        self.assertEqual('text/plain', response.headers['Content-Type'])
        self.assertEqual(b'below', response.body)
        self.assertNotIn('openstack.global_request_id', self.below.environ)

    def test_the_line_on_the_page(self) -> None:
        told = re.findall(r'^    (\S+ ".+ time: )\d\.\d{6}$', PAGE, re.M)

        def below(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            environ[env.VERSION] = '2.35'
            headers = [('Content-Type', 'text/plain')]
            start_response('200 OK', [*headers, ('Content-Length', '412')])
            return [b' ' * 412]

        path = {
            'SCRIPT_NAME': '/v2.1',
            'PATH_INFO': '/os-keypairs',
            'QUERY_STRING': 'limit=2',
            'REMOTE_ADDR': '127.0.0.1',
        }
        self.ask(below=below, environ=path)
        self.assertEqual(told, [self.line().removesuffix('T')])

    def test_sentences_of_the_page_are_logged(self) -> None:
        sources = [
            path.read_text()
            for path in ROOT.joinpath('keypair_ext').rglob('*.py')
            if 'tests' not in path.parts
        ]
        rows = re.findall(r'\* - (?:INFO|WARNING|ERROR)\n +- ``(.+?)``', PAGE)
        self.assertEqual(PAGE.count('   * - ') - 1, len(rows))
        for words in rows:
            with self.subTest(words=words):
                self.assertTrue(any(words in text for text in sources))

    def test_global_request_id(self) -> None:
        self.ask({'X-Openstack-Request-Id': GLOBAL_ID})

        environ = self.below.environ
        self.assertEqual(GLOBAL_ID, environ['openstack.global_request_id'])
        self.assertNotEqual(GLOBAL_ID, environ['openstack.request_id'])

    def test_malformed_global_request_id(self) -> None:
        for global_id in (
            '',
            GLOBAL_ID[4:],
            GLOBAL_ID.upper(),
            GLOBAL_ID + '0',
            GLOBAL_ID + '\n',
            f'{GLOBAL_ID} {GLOBAL_ID}',
            'req-' + 'x' * 36,
        ):
            with self.subTest(global_id=global_id):
                self.below.environs.clear()
                self.ask(environ={'HTTP_X_OPENSTACK_REQUEST_ID': global_id})
                self.assertNotIn(
                    'openstack.global_request_id', self.below.environ
                )

    def test_answer_of_a_filter_below(self) -> None:
        response = self.ask(
            below=lambda environ, start: identity.refuse_unauthenticated(
                environ, start, None
            )
        )

        self.assertEqual(401, response.status_int)
        self.assertIn('x-compute-request-id', response.headers)
        self.assertIn('status: 401 len: 114 ', self.line())

    def test_shared_list_of_headers_is_left_alone(self) -> None:
        headers = [('Content-Type', 'text/plain'), ('Content-Length', '0')]

        def below(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            start_response('200 OK', headers)
            return [b'']

        self.ask(below=below)

        self.assertEqual(2, len(headers))

    def test_line(self) -> None:
        self.ask(
            method='DELETE',
            environ={
                'SCRIPT_NAME': '/v2.1',
                'PATH_INFO': '/os-keypairs/k',
                'QUERY_STRING': 'user_id=bob&x=a+b%20',
                'keypair_ext.version': '2.92',
            },
        )

        self.assertEqual(
            '127.0.0.1 "DELETE /v2.1/os-keypairs/k?user_id=bob&x=a+b%20" '
            'status: 200 len: 5 microversion: 2.92 time: T',
            self.line(),
        )

    def test_line_with_nothing_known(self) -> None:
        def late(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            start_response('200 OK', [('Content-Type', 'text/plain')])
            yield b'late'

        response = self.ask(below=late, environ={'REMOTE_ADDR': ''})

        self.assertIn('x-compute-request-id', response.headers)
        self.assertEqual(
            '- "GET /os-keypairs" status: - len: - microversion: - time: T',
            self.line(),
        )

    def test_line_cannot_be_forged(self) -> None:
        self.ask(
            environ={
                'PATH_INFO': '/a\r\nb\x1b[2J"\x85 \xe9\\%?#',
                'QUERY_STRING': 'n=\x1b]0;x\x07"\n\xff%0A',
                'REMOTE_ADDR': '1.2.3.4\n"x',
            }
        )

        self.assertEqual(
            '1.2.3.4%0A%22x "GET /a%0D%0Ab%1B%5B2J%22%85%20%E9%5C%25%3F%23'
            '?n=%1B]0;x%07%22%0A%FF%0A" status: 200 len: 5 microversion: - '
            'time: T',
            self.line(),
        )

    def test_method_cannot_forge_a_line(self) -> None:
        environ = webob.Request.blank('/').environ
        environ['REQUEST_METHOD'] = 'GET\n"x'

        request_log.RequestLog(self.below)(environ, lambda *args: print)

        self.assertIn('"GET%0A%22x /" status', self.line())

    def test_path_that_is_no_wsgi_string(self) -> None:
        self.ask(environ={'PATH_INFO': '/\N{KEY}'})

        self.assertIn('"GET /%3F" status', self.line())

    def test_ipv6_address(self) -> None:
        self.ask(environ={'REMOTE_ADDR': 'fe80::1%eth0'})

        self.assertIn('fe80::1%eth0 "GET', self.line())

    def test_neither_headers_nor_bodies(self) -> None:
        self.ask({'X-Auth-Token': 'secret', 'Authorization': 'Basic secret'})

        self.assertNotIn('secret', self.line())
        self.assertNotIn('below', self.line())

    def test_log_level_above_info(self) -> None:
        with fixtures.FakeLogger(level=logging.WARNING) as log:
            response = self.ask()
            self.assertEqual('', log.output)

        self.assertIn('x-compute-request-id', response.headers)

    def test_error_below_is_logged_and_goes_on(self) -> None:
        error = RuntimeError('below')

        def below(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            start_response('200 OK', [('Content-Type', 'text/plain')])
            raise error

        self.assertIs(
            error, self.assertRaises(RuntimeError, self.ask, below=below)
        )
        self.assertEqual(
            '127.0.0.1 "GET /os-keypairs" status: 500 len: - '
            'microversion: - time: T',
            self.line(),
        )

    def test_error_of_the_application_reaches_the_server(self) -> None:
        given: list[object] = []
        information = (None, None, None)

        def below(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            start_response('500 Broken', [], information)
            return []

        def start_response(*args: object) -> Callable[[bytes], object]:
            given.extend(args)
            return given.append

        request_log.RequestLog(below)(
            webob.Request.blank('/').environ, start_response
        )

        self.assertEqual('500 Broken', given[0])
        self.assertIs(information, given[2])

    def test_log_lines_of_the_request(self) -> None:
        context.RequestContext(user_id='bob', request_id='req-last')
        current = []

        def below(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            current.append((context.get_current(), environ))
            return identity.refuse_unauthenticated(
                environ, start_response, None
            )

        self.ask({'X-Openstack-Request-Id': GLOBAL_ID}, below=below)

        ((found, environ),) = current
        assert found is not None
        self.assertEqual(environ['openstack.request_id'], found.request_id)
        self.assertEqual(GLOBAL_ID, found.global_request_id)
        self.assertIsNone(found.user_id)
