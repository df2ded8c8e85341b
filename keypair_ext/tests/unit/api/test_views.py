# SPDX-License-Identifier: Apache-2.0

"""The links that answers hold."""

from oslo_context import context as oslo_context

from keypair_ext.api import request, routes, views
from keypair_ext.db.store import ListedKeypair
from keypair_ext.tests import base

LISTED = ListedKeypair('a', 'x509', 'f', 'k')


class LinksTest(base.TestCase):
    def link(
        self,
        query: dict[str, list[str]],
        *,
        name: str = 'a',
        project_id: str | None = None,
        prefix: str | None = None,
        mount: str = '/v2.1',
    ) -> str:
        context = oslo_context.RequestContext(user_id='u', overwrite=False)
        environ = {
            'wsgi.url_scheme': 'http',
            'HTTP_HOST': 'h:1',
            'SCRIPT_NAME': mount,
            'REQUEST_METHOD': 'GET',
        }
        route = routes.Route('list', project_id, None)
        (link,) = views.next_link(
            request.Request(environ, context, route, 0),
            query,
            LISTED._replace(name=name),
            prefix,
        )
        self.assertEqual('next', link.pop('rel'))
        return link['href']

    def test_name_is_quoted(self) -> None:
        for name, quoted in (
            ('a b', 'a+b'),
            ('a&b=c', 'a%26b%3Dc'),
            ('é', '%C3%A9'),
            ('a/b', 'a%2Fb'),
            ('a@b', 'a%40b'),
        ):
            with self.subTest(name=name):
                self.assertEqual(
                    f'http://h:1/v2.1/os-keypairs?marker={quoted}',
                    self.link({}, name=name),
                )

    def test_mounts(self) -> None:
        for mount, path in (
            ('', '/os-keypairs'),
            ('/compute/v2.1', '/compute/v2.1/os-keypairs'),
        ):
            with self.subTest(mount=mount):
                self.assertEqual(
                    f'http://h:1{path}?marker=a', self.link({}, mount=mount)
                )
