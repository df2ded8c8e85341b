# SPDX-License-Identifier: Apache-2.0

"""What is refused of what a browser sends with a password that it knows."""

import webob

from keypair_ext import config_files
from keypair_ext.middleware.context import http_basic
from keypair_ext.tests.unit.middleware import base
from keypair_ext.tests.unit.middleware.context import test_htpasswd
from keypair_ext.tests.unit.middleware.context.test_http_basic import basic

JSON = 'application/json'
EVIL = 'https://evil.example.org'


class CrossSiteTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        users = self.file(test_htpasswd.entry(b'alice', b'one'))
        path = self.file(
            f'[api]\nhttp_basic_user_file = {users}\n'
            f'compute_link_prefix = https://Cloud.example.org/compute\n'
            f'[cors]\n'
            f'allowed_origin = https://dashboard.example.org,*\n'.encode()
        )
        self.filter = http_basic.load(config_files.parse([path]))(self.below)

    def ask(
        self,
        method: str = 'POST',
        query: str = '',
        content_type: str | None = JSON,
        password: str = 'one',
        **headers: str,
    ) -> webob.Response:
        environ = {'QUERY_STRING': query}
        if content_type is not None:
            environ['CONTENT_TYPE'] = content_type
        sent = {
            'Host': 'api.example.org',
            **{name.replace('_', '-'): text for name, text in headers.items()},
            **basic('alice', password),
        }
        return self.call(self.filter, sent, environ, method)

    def test_clients_that_are_no_browsers(self) -> None:
        for method, content_type in (
            ('POST', JSON),
            ('POST', f'{JSON}; charset=UTF-8'),
            ('POST', 'application/vnd.openstack.compute+json'),
            ('PUT', JSON),
            ('GET', None),
            ('GET', JSON),
            ('HEAD', None),
            ('DELETE', None),
            ('DELETE', JSON),
        ):
            with self.subTest(method=method, content_type=content_type):
                answer = self.ask(method, content_type=content_type)
                self.assertEqual(200, answer.status_int)

    def test_types_that_a_form_can_send(self) -> None:
        for content_type in (
            None,
            '',
            ' ',
            'text/plain',
            'text/plain;charset=UTF-8',
            'TEXT/PLAIN',
            f'text/plain; {JSON}',
            f'{JSON}, text/plain',
            f'text/plain, {JSON}',
            'application/x-www-form-urlencoded',
            'multipart/form-data; boundary=x',
            'application/jsonp',
            'application/octet-stream',
            'json',
            '*/*',
            ';',
            '\0',
            '\xe9',
        ):
            with self.subTest(content_type=content_type):
                answer = self.ask(content_type=content_type)
                self.assertEqual(415, answer.status_int)
                self.assertEqual(415, answer.json['badMediaType']['code'])
        self.assertEqual([], self.below.environs)

    def test_methods_by_the_query(self) -> None:
        for method in ('GET', 'HEAD', 'OPTIONS', 'POST'):
            for query in (
                '_method=POST',
                '_method=DELETE',
                'a=b&_method=DELETE',
                'a=b;_method=DELETE',
                '_method',
                '%5Fmethod=POST',
                '_metho%64=POST',
                '_method=GET&_method=POST',
            ):
                with self.subTest(method=method, query=query):
                    answer = self.ask(method, query, 'text/plain')
                    known = method == 'OPTIONS'
                    self.assertEqual(200 if known else 415, answer.status_int)
                    answer = self.ask(method, query, Origin=EVIL)
                    self.assertEqual(403, answer.status_int)

    def test_queries_that_name_no_method(self) -> None:
        for query in (
            'marker=_method',
            'my_method=1',
            'marker=a%26_method%3DPOST',
            '%FF=%FF',
            '%',
        ):
            with self.subTest(query=query):
                answer = self.ask('GET', query, None)
                self.assertEqual(200, answer.status_int)

    def test_origins_of_others(self) -> None:
        for origin in (
            EVIL,
            'null',
            '',
            '*',
            'api.example.org',
            'https://',
            '://api.example.org',
            'http://[',
            'https://api.example.org.evil.example.org',
            'https://evil.api.example.org',
            'https://api.example.org:8443',
            'http://api.example.org:443',
            'ftp://api.example.org',
            'chrome-extension://api.example.org',
            'http://dashboard.example.org',
            'https://api.example.org, https://evil.example.org',
            '\0',
            '\xe9',
        ):
            for method in ('POST', 'PUT', 'DELETE', 'PATCH'):
                with self.subTest(origin=origin, method=method):
                    answer = self.ask(method, Origin=origin)
                    self.assertEqual(403, answer.status_int)
                    self.assertEqual(403, answer.json['forbidden']['code'])
        self.assertEqual([], self.below.environs)

    def test_own_and_allowed_origins(self) -> None:
        for origin in (
            'https://api.example.org',
            'https://api.example.org:443',
            'http://api.example.org',
            'http://api.example.org:80',
            'https://dashboard.example.org',
            'https://cloud.example.org',
        ):
            with self.subTest(origin=origin):
                self.assertEqual(200, self.ask(Origin=origin).status_int)
                answer = self.ask(content_type='text/plain', Origin=origin)
                self.assertEqual(415, answer.status_int)

    def test_a_page_that_came_in_the_clear_is_not_ours(self) -> None:
        environ = {'wsgi.url_scheme': 'https', 'CONTENT_TYPE': JSON}
        for scheme, status in (('http', 403), ('https', 200)):
            headers = {
                'Host': 'api.example.org:443',
                'Origin': f'{scheme}://api.example.org',
                **basic('alice', 'one'),
            }
            answer = self.call(self.filter, headers, environ, 'POST')
            self.assertEqual(status, answer.status_int)

    def test_sites_as_the_browser_knows_them(self) -> None:
        for site, status in (
            ('cross-site', 403),
            ('same-site', 403),
            ('Cross-Site', 403),
            ('same-origin, cross-site', 403),
            ('', 403),
            ('same-origin', 200),
            ('none', 200),
        ):
            with self.subTest(site=site):
                answer = self.ask(Sec_Fetch_Site=site)
                self.assertEqual(status, answer.status_int)

    def test_an_allowed_origin_is_of_another_site(self) -> None:
        answer = self.ask(
            Origin='https://dashboard.example.org', Sec_Fetch_Site='cross-site'
        )
        self.assertEqual(200, answer.status_int)

    def test_both_have_to_be_from_here(self) -> None:
        answer = self.ask(Origin=EVIL, Sec_Fetch_Site='same-origin')
        self.assertEqual(403, answer.status_int)

    def test_headers_of_a_page_tell_no_other_host(self) -> None:
        answer = self.ask(
            Origin=EVIL,
            X_Forwarded_Host='evil.example.org',
            Forwarded='host=evil.example.org',
        )
        self.assertEqual(403, answer.status_int)

    def test_reading_is_no_change(self) -> None:
        for method in ('GET', 'HEAD'):
            answer = self.ask(
                method, '', None, Origin=EVIL, Sec_Fetch_Site='cross-site'
            )
            self.assertEqual(200, answer.status_int)

    def test_a_wrong_password_comes_first(self) -> None:
        answer = self.ask(content_type='text/plain', password='two')
        self.assertEqual(401, answer.status_int)
