# SPDX-License-Identifier: Apache-2.0

"""Which paths are ours, and what they name."""

import io
from typing import Any

from keypair_ext.api import routes
from keypair_ext.tests import base

TABLE = routes.Table(routes.SERVICE)


def match(
    path: str, method: str = 'GET', **environ: Any
) -> routes.Route | None:
    return TABLE.match(
        {'PATH_INFO': path, 'REQUEST_METHOD': method, **environ}
    )


class MatchTest(base.TestCase):
    def test_operations(self) -> None:
        for method, path, operation in (
            ('GET', '/os-keypairs', 'list'),
            ('POST', '/os-keypairs', 'create'),
            ('GET', '/os-keypairs/a', 'show'),
            ('DELETE', '/os-keypairs/a', 'delete'),
            ('DELETE', '/os-keypairs', None),
            ('PUT', '/os-keypairs', None),
            ('HEAD', '/os-keypairs', None),
            ('OPTIONS', '/os-keypairs', None),
            ('get', '/os-keypairs', None),
            ('POST', '/os-keypairs/a', None),
            ('PATCH', '/os-keypairs/a', None),
        ):
            with self.subTest(method=method, path=path):
                route = match(path, method)
                assert route is not None
                self.assertEqual(operation, route.operation)
                self.assertEqual(
                    ('GET', 'DELETE' if path.endswith('/a') else 'POST'),
                    tuple(route.methods),
                )

    def test_what_is_no_path(self) -> None:
        for target in (
            '',
            '*',
            'h:443',
            'os-keypairs',
            'http://h/os-keypairs',
        ):
            with self.subTest(target=target):
                self.assertIsNone(match(target))

    def test_project_and_name(self) -> None:
        for path, project_id, name in (
            ('/os-keypairs', None, None),
            ('/aaaa/os-keypairs', 'aaaa', None),
            ('/0-9af/os-keypairs/x', '0-9af', 'x'),
            ('/-/os-keypairs', '-', None),
            ('//os-keypairs', None, None),
            ('///aaaa///os-keypairs///x', 'aaaa', 'x'),
            ('/os-keypairs\n', None, None),
            ('/os-keypairs/x\n', None, 'x'),
            ('/os-keypairs/x\ny', None, 'x\ny'),
            ('/os-keypairs/\n', None, '\n'),
            ('/os-keypairs/os-keypairs', None, 'os-keypairs'),
            ('/os-keypairs/new', None, 'new'),
            ('/os-keypairs/x.json', None, 'x.json'),
            ('/os-keypairs/.', None, '.'),
            ('/os-keypairs/..', None, '..'),
            ('/os-keypairs/ ', None, ' '),
            ('/os-keypairs/x;y', None, 'x;y'),
            ('/os-keypairs/caf\xc3\xa9', None, 'café'),
            ('/os-keypairs/caf\xe9', None, 'café'),
            ('/os-keypairs/\u65e5', None, '\u65e5'),
        ):
            with self.subTest(path=path):
                route = match(path)
                assert route is not None
                self.assertEqual(
                    (project_id, name), (route.project_id, route.name)
                )

    def test_not_ours(self) -> None:
        for path in (
            '',
            '/servers',
            'os-keypairs',
            '/os-keypairs/',
            '/os-keypairs//',
            '/os-keypairs/a/',
            '/os-keypairs/a/b',
            '/os-keypairs.json',
            '/os-keypairs;x',
            '/os-keypair',
            '/os-keypairsx',
            '/xos-keypairs',
            '/AAAA/os-keypairs',
            '/zzzz/os-keypairs',
            '/a/b/os-keypairs',
            '/a b/os-keypairs',
            '/os-keypairs\n\n',
            '/OS-KEYPAIRS',
        ):
            with self.subTest(path=path):
                self.assertIsNone(match(path))

    def test_no_path(self) -> None:
        self.assertIsNone(TABLE.match({'REQUEST_METHOD': 'GET'}))


class OverriddenMethodTest(base.TestCase):
    """Routes, and so Nova, goes by ``_method`` where a request has one."""

    def operation(self, method: str, query: str, **environ: Any) -> str | None:
        route = match('/os-keypairs', method, QUERY_STRING=query, **environ)
        assert route is not None
        return route.operation

    def test_in_a_query(self) -> None:
        for query, operation in (
            ('_method=POST', 'create'),
            ('_method=post', 'create'),
            ('a=b&_method=POST', 'create'),
            ('_method=POST;a=b', 'create'),
            ('_method=GET&_method=POST', 'create'),
            ('_method=POST&_method=GET', 'list'),
            ('_method=PUT', None),
            ('_method=%20POST', None),
            # These ask for nothing, and the method is GET.
            ('_method=', 'list'),
            ('_method', 'list'),
            ('a=_method', 'list'),
            ('a_method=POST', 'list'),
            ('_METHOD=POST', 'list'),
            ('%5Fmethod=POST', 'list'),
            ('_method=%FF', 'list'),
            ('a=%FF&_method=POST', 'list'),
        ):
            with self.subTest(query=query):
                self.assertEqual(operation, self.operation('GET', query))

    def test_of_any_request(self) -> None:
        for method in ('HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'get'):
            with self.subTest(method=method):
                self.assertEqual('list', self.operation(method, '_method=GET'))

    def posted(self, form: bytes, **environ: Any) -> str | None:
        given: dict[str, Any] = {
            'CONTENT_TYPE': 'application/x-www-form-urlencoded',
            'CONTENT_LENGTH': str(len(form)),
            'wsgi.input': io.BytesIO(form),
            **environ,
        }
        return self.operation('POST', given.pop('QUERY_STRING', ''), **given)

    def test_in_a_form(self) -> None:
        for form, operation in (
            (b'_method=GET', 'list'),
            (b'_method=get', 'list'),
            (b'_method=PUT', None),
            (b'_method=', 'create'),
            (b'', 'create'),
        ):
            with self.subTest(form=form):
                self.assertEqual(operation, self.posted(form))
        self.assertEqual(
            'create', self.posted(b'_method=GET', CONTENT_TYPE='text/plain')
        )
        self.assertEqual(
            'create', self.posted(b'_method=GET', QUERY_STRING='a=_method')
        )

    def test_in_a_form_of_parts(self) -> None:
        part = b'--b\r\nContent-Disposition: form-data; name="_method"%s'
        end = b'\r\n\r\nGET\r\n--b--\r\n'
        kind = 'multipart/form-data; boundary=b'
        for form, content_type, operation in (
            (part % b'' + end, kind, 'list'),
            (part % b'; filename="f"' + end, kind, 'create'),
            (b'rubbish', kind, 'create'),
            (part % b'' + end, f'{kind}; charset=latin-1', 'create'),
            (
                part % b'\r\nContent-Type: text/plain; charset=none' + end,
                kind,
                'create',
            ),
            (b'rubbish', 'multipart/form-data', 'create'),
        ):
            with self.subTest(form=form, content_type=content_type):
                self.assertEqual(
                    operation, self.posted(form, CONTENT_TYPE=content_type)
                )

    def test_a_form_is_left_to_be_read(self) -> None:
        environ: dict[str, Any] = {
            'PATH_INFO': '/os-keypairs',
            'REQUEST_METHOD': 'POST',
            'CONTENT_TYPE': 'application/x-www-form-urlencoded',
            'CONTENT_LENGTH': '11',
            'wsgi.input': io.BytesIO(b'_method=PUT'),
        }
        TABLE.match(environ)
        self.assertEqual(b'_method=PUT', environ['wsgi.input'].read())

    def test_a_form_that_is_too_large_is_not_looked_into(self) -> None:
        for length in (str(10**6), '-1', '', 'ten', '\xb2'):
            with self.subTest(length=length):
                self.assertEqual(
                    'create',
                    self.posted(b'_method=PUT', CONTENT_LENGTH=length),
                )


class EscapedSlashTest(base.TestCase):
    """``/v2`` names with a slash, as the server shows the path."""

    def match(self, raw: str, path: str, **environ: Any) -> str | None:
        given: dict[str, Any] = {
            'openstack.legacy_v2': True,
            'REQUEST_URI': raw,
            **environ,
        }
        route = match(path, **given)
        return route and route.name

    def test_name(self) -> None:
        for quoted, path, name in (
            ('a%2Fb', '/os-keypairs/a/b', 'a/b'),
            ('a%2fb', '/os-keypairs/a/b', 'a/b'),
            ('%2Fa', '/os-keypairs//a', '/a'),
            ('%2Fa', '/os-keypairs/a', '/a'),
            ('a%2F', '/os-keypairs/a/', 'a/'),
            ('%2F', '/os-keypairs//', '/'),
            ('%2F', '/os-keypairs/', '/'),
            ('a%2F%2Fb', '/os-keypairs/a/b', 'a//b'),
            ('a%2Fos-keypairs', '/os-keypairs/a/os-keypairs', 'a/os-keypairs'),
            ('%C3%A9%2Fb', '/os-keypairs/\xc3\xa9/b', 'é/b'),
            ('a%252Fb%2Fc', '/os-keypairs/a%2Fb/c', 'a%2Fb/c'),
        ):
            with self.subTest(quoted=quoted, path=path):
                raw = f'/v2/os-keypairs/{quoted}'
                self.assertEqual(name, self.match(raw, path))
                self.assertEqual(name, self.match(f'{raw}?x=%2F', path))

    def test_project(self) -> None:
        given: dict[str, Any] = {
            'openstack.legacy_v2': True,
            'RAW_URI': '/v2/aaaa/os-keypairs/a%2Fb',
        }
        route = match('/aaaa/os-keypairs/a/b', **given)

        assert route is not None
        self.assertEqual(('aaaa', 'a/b'), (route.project_id, route.name))

    def test_nothing_escaped(self) -> None:
        self.assertEqual(
            'a', self.match('/v2/os-keypairs/a', '/os-keypairs/a')
        )
        self.assertIsNone(
            self.match('/v2/os-keypairs/a/b', '/os-keypairs/a/b')
        )

    def test_not_v21(self) -> None:
        path = '/os-keypairs/a/b'
        self.assertIsNone(match(path, REQUEST_URI='/v2.1/os-keypairs/a%2Fb'))

    def test_server_hides_the_path(self) -> None:
        self.assertIsNone(self.match('', '/os-keypairs/a/b'))

    def test_path_of_something_else(self) -> None:
        self.assertIsNone(
            self.match('/v2/servers/os-keypairs%2Fb', '/servers/os-keypairs/b')
        )
        self.assertEqual(
            'x', self.match('/v2/os-keypairs/a%2Fb', '/os-keypairs/x')
        )


class RawPathTest(base.TestCase):
    def test_without_query(self) -> None:
        for environ, path in (
            ({'REQUEST_URI': '/a%2Fb?c'}, '/a%2Fb'),
            ({'RAW_URI': '/a'}, '/a'),
            ({'REQUEST_URI': '/a', 'RAW_URI': '/b'}, '/a'),
            ({'REQUEST_URI': ''}, None),
            ({}, None),
        ):
            with self.subTest(environ=environ):
                self.assertEqual(path, routes.raw_path(environ))
