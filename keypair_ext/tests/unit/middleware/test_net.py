# SPDX-License-Identifier: Apache-2.0

"""What is raised below the net, at any moment, under a server of Python's."""

import io
import json
from collections.abc import Callable, Iterable
from email import message_from_bytes
from typing import Any
from wsgiref import handlers, util
from wsgiref.types import StartResponse, WSGIEnvironment

import fixtures
from oslo_context import context

from keypair_ext import exception, profiles
from keypair_ext.api import faults
from keypair_ext.middleware import net
from keypair_ext.tests import base

_Below = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

_HEADERS = [('Content-Type', 'text/html'), ('Content-Length', '7')]


class _Answer:
    """An answer made while it is sent, which breaks after some parts."""

    def __init__(self, error: Exception, *parts: bytes) -> None:
        self._parts = parts
        self._error = error
        self.closed = False

    def __iter__(self) -> Any:
        yield from self._parts
        raise self._error

    def close(self) -> None:
        self.closed = True


class NetTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(
            fixtures.FakeLogger(format='%(levelname)s %(message)s')
        )

    def ask(
        self, below: _Below, method: str = 'GET'
    ) -> tuple[str, Any, bytes]:
        """Return status line, headers and body as they go over the wire."""
        environ: WSGIEnvironment = {'REQUEST_METHOD': method}
        util.setup_testing_defaults(environ)
        wire, errors = io.BytesIO(), io.StringIO()
        server = handlers.SimpleHandler(io.BytesIO(), wire, errors, environ)
        server.run(
            net.Net(below, faults.Faults(profiles.Faults(), retry_after=7))
        )
        self.server_errors = errors.getvalue()
        status, _, rest = wire.getvalue().partition(b'\r\n')
        head, _, body = rest.partition(b'\r\n\r\n')
        return status.decode(), message_from_bytes(head), body

    def assert_fault(self, below: _Below, status: int, name: str) -> Any:
        line, headers, body = self.ask(below)
        self.assertIn(f' {status} ', line)
        self.assertEqual(status, json.loads(body)[name]['code'])
        self.assertEqual(
            ['application/json; charset=UTF-8'],
            headers.get_all('Content-Type'),
        )
        self.assertEqual([str(len(body))], headers.get_all('Content-Length'))
        request_id = headers['x-openstack-request-id']
        self.assertRegex(request_id, '^req-')
        self.assertEqual(request_id, headers['x-compute-request-id'])
        self.assertEqual('', self.server_errors)
        return headers

    def test_what_is_written_goes_first(self) -> None:
        def below(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            write = start_response('200 OK', _HEADERS)
            write(b'one')
            return [b'two', b'3']

        self.assertEqual(b'onetwo3', self.ask(below)[2])

    def test_what_is_raised_before_anything_is_sent(self) -> None:
        def at_once(*ignored: object) -> Iterable[bytes]:
            raise error

        def after_starting(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            start_response('200 OK', _HEADERS)
            raise error

        def with_the_first_part(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            start_response('200 OK', _HEADERS)
            return answer

        def without_starting(*ignored: object) -> Iterable[bytes]:
            return [b'a body']

        self.assert_fault(without_starting, 500, 'computeFault')
        for error in (KeyError('x'), ConnectionResetError('x'), OSError(32)):
            answer = _Answer(error)
            for below in (at_once, after_starting, with_the_first_part):
                with self.subTest(error=error, below=below):
                    self.assert_fault(below, 500, 'computeFault')
            self.assertTrue(answer.closed)

    def test_one_line_in_the_log(self) -> None:
        def below(*ignored: object) -> Iterable[bytes]:
            raise OSError('no such thing')

        self.ask(below)

        lines = self.log.output.splitlines()
        self.assertEqual(1, sum(line.startswith('ERROR') for line in lines))
        self.assertIn('OSError: no such thing', lines[-1])

    def test_an_error_of_ours(self) -> None:
        def below(*ignored: object) -> Iterable[bytes]:
            raise exception.DatabaseUnavailable()

        headers = self.assert_fault(below, 503, 'serviceUnavailable')

        self.assertEqual('7', headers['Retry-After'])
        self.assertEqual('', self.log.output)

    def test_what_is_raised_when_half_is_sent(self) -> None:
        error = RuntimeError('half way')
        answer = _Answer(error, b'hal')

        def below(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            start_response('200 OK', _HEADERS)
            return answer

        line, _, body = self.ask(below)

        # Nothing is added to it, and the server learns of it.
        self.assertIn('200 OK', line)
        self.assertEqual(b'hal', body)
        self.assertIn('half way', self.server_errors)
        self.assertIn('half way', self.log.output)
        self.assertTrue(answer.closed)

    def test_head(self) -> None:
        def below(*ignored: object) -> Iterable[bytes]:
            raise RuntimeError

        line, headers, body = self.ask(below, 'HEAD')

        self.assertIn('500', line)
        self.assertNotEqual('0', headers['Content-Length'])
        self.assertEqual(b'', body)

    def test_answers_go_by(self) -> None:
        def late(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            start_response('200 OK', _HEADERS)
            yield b'answers'

        def returning(answer: Iterable[bytes]) -> _Below:
            def below(
                environ: WSGIEnvironment, start_response: StartResponse
            ) -> Iterable[bytes]:
                start_response('200 OK', _HEADERS)
                return answer

            return below

        for below in (
            late,
            returning([b'an', b'swers']),
            returning((b'answers',)),
            returning(iter([b'', b'answers'])),
        ):
            line, headers, body = self.ask(below)
            self.assertIn('200 OK', line)
            self.assertEqual(b'answers', body)
            # Whether to tell the identifier is for the pipeline.
            self.assertNotIn('x-openstack-request-id', headers)

    def test_whoever_was_there_before_is_forgotten(self) -> None:
        context.RequestContext(user_id='amelia', request_id='req-last')
        seen: list[object] = []

        def below(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            current = context.get_current()
            assert current is not None
            seen.extend((current.user_id, current.request_id))
            seen.append(environ['openstack.request_id'])
            start_response('200 OK', [])
            return []

        self.ask(below)

        user_id, request_id, named = seen
        self.assertIsNone(user_id)
        self.assertEqual(named, request_id)
        self.assertNotEqual('req-last', request_id)
