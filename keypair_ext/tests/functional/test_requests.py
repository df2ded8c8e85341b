# SPDX-License-Identifier: Apache-2.0

"""Requests that a gabbi file cannot send, and headers that it cannot see."""

import json
from collections.abc import Mapping
from typing import Any

import webob

from keypair_ext.tests.functional import base, fixtures

COLLECTION = '/v2.1/os-keypairs'
LARGEST = 114688

VARY = ['OpenStack-API-Version', 'X-OpenStack-Nova-API-Version']


def padded(length: int, name: str = 'padded') -> bytes:
    """Return the body of an import, with blanks behind."""
    keypair = {'name': name, 'public_key': fixtures.KEY}
    return json.dumps({'keypair': keypair}).encode().ljust(length)


class Bodies(base.TestCase):
    def send(
        self,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        environ: Mapping[str, Any] | None = None,
        path: str = COLLECTION,
    ) -> webob.Response:
        return self.service.ask(
            'POST',
            path,
            version='2.92',
            body=body,
            headers=headers,
            environ=environ,
        )

    def test_largest(self) -> None:
        self.assertEqual(201, self.send(padded(LARGEST)).status_int)

    def test_too_large(self) -> None:
        response = self.send(padded(LARGEST + 1))

        message = self.assert_fault(response, 413, 'overLimit')
        self.assertIn(str(LARGEST), message)
        self.assertEqual(VARY, response.headers.getall('Vary'))
        self.assertNotIn('Retry-After', response.headers)
        self.assertEqual([], self.service.names('amelia'))

    def test_length_alone_is_enough(self) -> None:
        for method, path in (
            ('GET', COLLECTION),
            ('POST', COLLECTION),
            ('GET', f'{COLLECTION}/a'),
            ('DELETE', f'{COLLECTION}/a'),
        ):
            for length in (LARGEST + 1, 10**30):
                with self.subTest(method=method, length=length):
                    response = self.service.ask(
                        method,
                        path,
                        environ={
                            'CONTENT_LENGTH': str(length),
                            'wsgi.input': Unread(),
                        },
                    )
                    self.assert_fault(response, 413, 'overLimit')

    def test_nested_as_deeply_as_the_parser_can(self) -> None:
        # Where it gives up hangs on how deep the server and the mount are.
        other = f'{{"keypair": {{"name": "a", "public_key": "{fixtures.KEY}"'
        for opens, ends, levels in (
            ('[', ']', 1),
            ('{"a":', '}', 1),
            ('[{"a":', '}]', 2),
        ):
            for before, after, legacy in (
                ('', '', 400),
                ('{"keypair": ', '}', 400),
                ('{"keypair": {"name": ', '}}', 400),
                ('{"keypair": {"name": "a", "public_key": ', '}}', 400),
                # /v2 ignores what it does not know.
                (f'{other}, "other": ', '}}', 200),
                (f'{other}}}, "other": ', '}', 200),
            ):
                for depth in (1, 2, 3, 4, *range(800, 1010, 5)):
                    nest = opens * (depth // levels), ends * (depth // levels)
                    body = f'{before}{nest[0]}1{nest[1]}{after}'.encode()
                    status = self.send(body).status_int
                    self.assertEqual(
                        400, status, f'{before}, {opens}: {depth}'
                    )
                    status = self.send(body, path='/v2/os-keypairs').status_int
                    self.assertIn(status, (400, legacy, 409))


class OverriddenMethods(base.TestCase):
    """What ``_method`` asks for is answered as if it were the method."""

    def ask(
        self,
        method: str,
        query: str,
        path: str = COLLECTION,
        version: str = '2.74',
        **more: Any,
    ) -> webob.Response:
        return self.service.ask(
            method, f'{path}?_method={query}', version=version, **more
        )

    def test_create(self) -> None:
        response = self.ask('PUT', 'post', body={'keypair': {'name': 'made'}})
        self.assertEqual(201, response.status_int)
        self.assertEqual('no-store', response.headers['Cache-Control'])

        response = self.ask('PUT', 'POST', body={'keypair': {'name': 'é'}})
        self.assert_fault(response, 400, 'badRequest')

        # Nova reads the body of no other request, and gives 500.
        for method in ('GET', 'PATCH', 'DELETE'):
            response = self.ask(method, 'POST', body=padded(300))
            self.assert_fault(response, 400, 'badRequest')
        self.assertEqual(['made'], self.service.names('amelia'))

    def test_of_an_item(self) -> None:
        self.service.create('a')
        item = f'{COLLECTION}/a'
        response = self.ask('HEAD', 'GET', item)
        self.assertEqual((200, b''), (response.status_int, response.body))
        for method in ('POST', 'PUT', 'PATCH', 'DELETE'):
            with self.subTest(method=method):
                response = self.ask(method, 'GET', item)
                self.assertEqual('a', response.json['keypair']['name'])
        self.assertEqual(204, self.ask('GET', 'DELETE', item).status_int)

    def test_it_is_a_parameter_as_well(self) -> None:
        response = self.ask('GET', 'GET', version='2.75')
        self.assert_fault(response, 400, 'badRequest')

    def test_forms_are_no_bodies_of_ours(self) -> None:
        self.service.create('a')
        kind = {'Content-Type': 'application/x-www-form-urlencoded'}
        for path, form, status in (
            (COLLECTION, b'a=b', 415),
            (COLLECTION, b'_method=PUT', 404),
            (f'{COLLECTION}/a', b'a=b', 404),
            (f'{COLLECTION}/a', b'_method=DELETE', 415),
        ):
            with self.subTest(path=path, form=form):
                response = self.service.ask(
                    'POST', path, body=form, headers=kind
                )
                self.assertEqual(status, response.status_int)
        self.assertEqual(['a'], self.service.names('amelia'))


class Unread:
    """A body that nobody may read."""

    def read(self, *size: int) -> bytes:
        raise AssertionError('The body was read.')

    readline = readlines = __iter__ = read


class Headers(base.TestCase):
    def test_versions_are_told_once_and_vary_twice(self) -> None:
        self.service.create('a')
        for method, path, body, status in (
            ('GET', COLLECTION, None, 200),
            ('GET', f'{COLLECTION}/a', None, 200),
            ('GET', f'{COLLECTION}/b', None, 404),
            ('POST', COLLECTION, {}, 400),
            ('GET', f'{COLLECTION}?user_id=b', None, 403),
            ('DELETE', f'{COLLECTION}/a', None, 204),
            ('GET', '/v2.1/limits', None, 200),
            ('GET', '/v2.1/', None, 200),
        ):
            with self.subTest(method=method, path=path):
                response = self.service.ask(
                    method, path, version='2.92', body=body
                )
                self.assertEqual(status, response.status_int)
                self.assertEqual(
                    (['compute 2.92'], ['2.92'], VARY),
                    (
                        response.headers.getall('OpenStack-API-Version'),
                        response.headers.getall(
                            'X-OpenStack-Nova-API-Version'
                        ),
                        response.headers.getall('Vary'),
                    ),
                )

    def test_length_is_that_of_the_body(self) -> None:
        for method, path in (
            ('GET', COLLECTION),
            ('GET', f'{COLLECTION}/none'),
            ('GET', '/v2.1/nothing'),
            ('GET', '/'),
        ):
            with self.subTest(path=path):
                response = self.service.ask(method, path)
                self.assertEqual(
                    [str(len(response.body))],
                    response.headers.getall('Content-Length'),
                )
