# SPDX-License-Identifier: Apache-2.0

"""What servers hand over of a path, and what they were sent."""

import webob
import webob.dec

from keypair_ext import exception
from keypair_ext.middleware import request_target
from keypair_ext.tests import base


def _path(sent: str | None, handed_over: str, mount: str = '') -> str:
    """Return the path that the application below sees."""
    request = webob.Request.blank('/')
    request.environ.update(PATH_INFO=handed_over, SCRIPT_NAME=mount)
    if sent is not None:
        request.environ['REQUEST_URI'] = sent
    seen: list[str] = []

    @webob.dec.wsgify
    def application(request: webob.Request) -> webob.Response:
        seen.append(request.environ['PATH_INFO'])
        return webob.Response()

    request.get_response(request_target.RequestTarget(application))
    return seen[0]


class RequestTargetTest(base.TestCase):
    def test_a_resolved_path_is_restored(self) -> None:
        for sent, handed_over in (
            ('/v2.1/os-keypairs/.', '/v2.1/os-keypairs/'),
            ('/v2.1/os-keypairs/..', '/v2.1/'),
            ('/v2.1/os-keypairs/..?user_id=a/b', '/v2.1/'),
        ):
            self.assertEqual(sent.partition('?')[0], _path(sent, handed_over))
        self.assertEqual('/a/..', _path('/a/%2e%2E', '/'))

    def test_below_a_mount(self) -> None:
        self.assertEqual('/a/..', _path('/compute/a/..', '/', '/compute'))
        # Another server's idea of where it is mounted.
        self.assertEqual('/', _path('/a/..', '/', '/compute'))

    def test_other_paths_are_as_handed_over(self) -> None:
        for sent in ('/a/b', '/a/...', '/a/../b', '/a/', '', '/a?x=/..', None):
            self.assertEqual('/handed', _path(sent, '/handed'))

    def test_a_whole_url(self) -> None:
        for url, path in (
            ('http://h:1/v2.1/os-keypairs', '/v2.1/os-keypairs'),
            ('HTTPS://u@[::1]:1/a', '/a'),
            ('http://h', '/'),
            ('http:///a', '/a'),
        ):
            self.assertEqual(path, _path(url, url))
        url = 'http://h/os-keypairs/..'
        self.assertEqual('/os-keypairs/..', _path(url, '/'))

    def test_no_path(self) -> None:
        self.assertEqual('/', _path('', ''))
        # What is left below a mount may be nothing.
        self.assertEqual('', _path('/compute', '', '/compute'))
        for target in ('*', 'h:443', 'os-keypairs', 'ftp://h/', 'a/http://h/'):
            with self.subTest(target=target):
                self.assertRaises(
                    exception.InvalidInput, _path, target, target
                )

    def test_no_line_of_a_request(self) -> None:
        environ = webob.Request.blank('/').environ
        del environ['REQUEST_METHOD']
        filtered = request_target.RequestTarget(webob.Response())
        self.assertRaises(
            exception.InvalidInput, filtered, environ, lambda *_: None
        )
        # Who answers asks for it, too.
        self.assertEqual('', environ['REQUEST_METHOD'])

    def test_a_query_that_is_lost(self) -> None:
        filtered = request_target.RequestTarget(webob.Response())
        environ = webob.Request.blank('/').environ
        del environ['QUERY_STRING']
        request = webob.Request({**environ, 'REQUEST_URI': '/'})
        self.assertEqual(200, request.get_response(filtered).status_int)
        environ['REQUEST_URI'] = '/?user_id=bob'
        self.assertRaises(
            exception.InvalidInput, filtered, environ, lambda *_: None
        )

    def test_what_is_not_ascii(self) -> None:
        self.assertEqual('/\xd0\xba/.', _path('/%D0%BA/.', '/\xd0\xba/'))
