# SPDX-License-Identifier: Apache-2.0

"""What can be created can be shown and deleted, whatever it is called.

Servers hand over a path twice: unquoted in ``PATH_INFO``, and as it came,
uWSGI and mod_wsgi in ``REQUEST_URI``, gunicorn in ``RAW_URI``.
"""

from urllib import parse as urlparse

import webob

from keypair_ext.tests.functional import base, fixtures


def quote(name: str) -> str:
    return urlparse.quote(name, safe='')


class Addressing(base.TestCase):
    def create(self, path: str, name: str, version: str) -> webob.Response:
        return self.service.ask(
            'POST',
            f'{path}/os-keypairs',
            version=version,
            body={'keypair': {'name': name, 'public_key': fixtures.KEY}},
        )

    def assert_found_and_deleted(self, path: str, name: str) -> None:
        """Show and delete what is called ``name`` at ``path``."""
        response = self.service.ask('GET', path)
        self.assertEqual(200, response.status_int, response.text)
        self.assertEqual(name, response.json['keypair']['name'])
        self.assertEqual(202, self.service.ask('DELETE', path).status_int)
        self.assertEqual(404, self.service.ask('GET', path).status_int)

    def test_dots(self) -> None:
        for name in ('.', '..', '...', '.hidden'):
            for quoted in (name, name.replace('.', '%2E')):
                with self.subTest(name=name, quoted=quoted):
                    self.assertEqual(
                        201, self.create('/v2.1', name, '2.92').status_int
                    )
                    self.assert_found_and_deleted(
                        f'/v2.1/os-keypairs/{quoted}', name
                    )

    def test_legacy_names(self) -> None:
        for name in (
            'café',
            '日本',
            'ÿ',
            'a/b',
            '/',
            'a//b',
            'a b',
            'a%2Fb',
            '100%',
            '?#[]',
            '..',
            '/a',
            'a/',
            'os-keypairs/os-keypairs',
            '../a',
            'a/../b',
            './',
        ):
            with self.subTest(name=name):
                self.assertEqual(
                    200, self.create('/v2', name, '2.1').status_int
                )
                self.assert_found_and_deleted(
                    f'/v2/os-keypairs/{quote(name)}', name
                )

    def test_slash_where_the_server_hides_the_path(self) -> None:
        response = self.service.ask(
            'POST',
            '/v2/os-keypairs',
            body={'keypair': {'name': 'a/b', 'public_key': fixtures.KEY}},
            environ={'REQUEST_URI': ''},
        )

        message = self.assert_fault(response, 400, 'badRequest')
        self.assertIn('slash', message)

    def test_escaped_slash_before_the_collection(self) -> None:
        self.service.create('a')
        for path, key in (
            ('/v2%2Fos-keypairs', 'keypairs'),
            ('/v2%2Faaaa%2Fos-keypairs', 'keypairs'),
            ('/v2/aaaa%2Fos-keypairs%2Fa', 'keypair'),
            ('/v2%2fos-keypairs/a', 'keypair'),
            ('//v2//os-keypairs', 'keypairs'),
            ('/v2/os%2Dkeypairs/a', 'keypair'),
            ('/v2.1%2Fos-keypairs%2Fa', 'keypair'),
        ):
            with self.subTest(path=path):
                response = self.service.ask('GET', path)
                self.assertEqual(200, response.status_int)
                self.assertEqual([key], list(response.json))
        for path in (
            '/v2%252Fos-keypairs',
            '/v2/os-keypairs%252Fa',
            '/v2/os-keypairs;a',
            '/v2/os-keypairs%2Fa%2Fb',
        ):
            with self.subTest(path=path):
                self.assertIn(
                    self.service.ask('GET', path).status_int, (300, 404)
                )

    def test_slash_is_no_name_in_v21(self) -> None:
        self.create('/v2', 'a/b', '2.1')

        response = self.service.ask('GET', '/v2.1/os-keypairs/a%2Fb')

        self.assertEqual(404, response.status_int)
        self.assertEqual('text/plain', response.content_type)

    def test_slash_of_a_name_that_is_not_there(self) -> None:
        """To Nova it is a path that is none, which it tells otherwise."""
        for method in ('GET', 'DELETE'):
            for name, content_type in (
                ('a%2Fb', 'text/plain'),
                ('%2F', 'text/plain'),
                ('a%2F', 'text/plain'),
                # Of several slashes Nova makes one, and finds a name.
                ('%2Fa', 'application/json'),
            ):
                response = self.service.ask(method, f'/v2/os-keypairs/{name}')
                self.assertEqual(404, response.status_int)
                self.assertEqual(content_type, response.content_type, name)

    def test_what_is_not_utf_8_is_latin_1(self) -> None:
        self.create('/v2', 'café', '2.1')

        self.assert_found_and_deleted('/v2/os-keypairs/caf%E9', 'café')

    def test_links_lead_to_names_of_any_kind(self) -> None:
        names = ['a/b', 'café', 'a&b=c', '日本', '..']
        for name in names:
            self.create('/v2', name, '2.1')

        path: str | None = '/v2.1/os-keypairs?limit=1'
        seen = []
        while path:
            page = self.service.ask('GET', path, version='2.35').json
            seen += [row['keypair']['name'] for row in page['keypairs']]
            links = page.get('keypairs_links')
            path = links and links[0]['href'].removeprefix('http://localhost')

        self.assertEqual(sorted(names), seen)
