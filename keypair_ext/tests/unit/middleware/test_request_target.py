# SPDX-License-Identifier: Apache-2.0

"""Paths that end with a dot or two, as servers hand them over."""

import webob
import webob.dec

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

    def test_what_is_not_ascii(self) -> None:
        self.assertEqual('/\xd0\xba/.', _path('/%D0%BA/.', '/\xd0\xba/'))
