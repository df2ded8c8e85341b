# SPDX-License-Identifier: Apache-2.0

"""What answers hold."""

import datetime

from oslo_context import context as oslo_context

from keypair_ext import profiles
from keypair_ext.api import contract, microversions, request, routes, views
from keypair_ext.db.store import Keypair, ListedKeypair
from keypair_ext.tests import base

KEYPAIR = Keypair(
    id=7,
    user_id='u',
    name='a',
    type='x509',
    fingerprint='f',
    public_key='k',
    created_at=datetime.datetime(2026, 1, 2, 3, 4, 5),
    updated_at=None,
)
LISTED = ListedKeypair('a', 'x509', 'f', 'k')


def chosen(version: str, profile: str = 'nova') -> contract.Contract:
    mount = contract.Contracts(
        profiles.load(profile), microversions.MAX_VERSION
    )
    return mount.choose({'HTTP_X_OPENSTACK_NOVA_API_VERSION': version})


class DocumentsTest(base.TestCase):
    def test_listed(self) -> None:
        summary = {'name': 'a', 'public_key': 'k', 'fingerprint': 'f'}
        for version, expected in (
            ('2.1', summary),
            ('2.2', {**summary, 'type': 'x509'}),
        ):
            with self.subTest(version=version):
                self.assertEqual(
                    {'keypairs': [{'keypair': expected}]},
                    views.listed([LISTED], chosen(version)),
                )
        self.assertEqual({'keypairs': []}, views.listed([], chosen('2.1')))

    def test_shown(self) -> None:
        self.assertEqual(
            {
                'keypair': {
                    'name': 'a',
                    'public_key': 'k',
                    'fingerprint': 'f',
                    'type': 'x509',
                    'user_id': 'u',
                    'created_at': '2026-01-02T03:04:05.000000',
                    'updated_at': None,
                    'deleted': False,
                    'deleted_at': None,
                    'id': 7,
                }
            },
            views.shown(KEYPAIR, chosen('2.2')),
        )

    def test_created(self) -> None:
        expected = {
            'name': 'a',
            'public_key': 'k',
            'fingerprint': 'f',
            'user_id': 'u',
        }
        self.assertEqual(
            {'keypair': expected}, views.created(KEYPAIR, chosen('2.1'))
        )
        self.assertEqual(
            {'keypair': {**expected, 'private_key': 'p'}},
            views.created(KEYPAIR, chosen('2.1'), 'p'),
        )

    def test_created_at_of_a_vendor(self) -> None:
        document = views.created(KEYPAIR, chosen('2.72', 'vietnix'))

        self.assertEqual(
            '2026-01-02T03:04:05.000000', document['keypair']['created_at']
        )


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

    def test_query(self) -> None:
        for query, expected in (
            ({}, 'marker=a'),
            ({'limit': ['1']}, 'limit=1&marker=a'),
            ({'limit': ['1', '2']}, 'limit=2&marker=a'),
            ({'marker': ['z']}, 'marker=a'),
            ({'user_id': ['x', 'y']}, 'user_id=x&marker=a'),
            ({'user_id': ['']}, 'user_id=&marker=a'),
        ):
            with self.subTest(query=query):
                self.assertEqual(
                    f'http://h:1/v2.1/os-keypairs?{expected}',
                    self.link(query),
                )

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

    def test_project(self) -> None:
        self.assertEqual(
            'http://h:1/v2.1/aaaa/os-keypairs?marker=a',
            self.link({}, project_id='aaaa'),
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

    def test_prefix(self) -> None:
        for prefix, expected in (
            ('', 'http://h:1/v2.1'),
            (None, 'http://h:1/v2.1'),
            ('https://c.example.org', 'https://c.example.org/v2.1'),
            ('https://c/compute', 'https://c/compute/v2.1'),
        ):
            with self.subTest(prefix=prefix):
                self.assertEqual(
                    expected, views.with_prefix('http://h:1/v2.1', prefix)
                )
