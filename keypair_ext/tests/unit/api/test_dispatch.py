# SPDX-License-Identifier: Apache-2.0

"""The filter in front of Nova: what is ours, and what goes by untouched.

And the application's last net. The mounts are real ones, with a database.
"""

import copy
from typing import Any, ClassVar

import fixtures as fixtures_library
import webob
from oslo_context import context as oslo_context

from keypair_ext import deploy, environ as env, profiles
from keypair_ext.api import contract, dispatch, faults, microversions, routes
from keypair_ext.api.answer import Answer
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.test_requests import Unread
from keypair_ext.tests.versions import ABOVE, NEWEST

COLLECTION = '/os-keypairs'


class Nova:
    """What is behind the filter: remembers what reaches it."""

    def __init__(self) -> None:
        self.environs: list[dict[str, Any]] = []

    def __call__(
        self, environ: dict[str, Any], start_response: Any
    ) -> list[bytes]:
        self.environs.append(environ)
        start_response('299 Nova', [('X-From', 'nova')])
        return [b'nova']


class FilterTest(base.TestCase):
    home: ClassVar[fixtures_library.TempDir]
    config_file: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.home = cls.use(fixtures_library.TempDir())
        database = {'connection': f'sqlite:///{cls.home.path}/nova.sqlite'}
        cls.config_file = fixtures.write_config(
            cls.home.path, {'database': database, 'api_database': database}
        )
        engine = fixtures.make_database(cls.config_file)
        cls.addClassCleanup(engine.dispose)

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures_library.FakeLogger())
        self.nova = Nova()
        self.filter = self.mount()

    def mount(self, **local_conf: str) -> dispatch.Filter:
        return deploy.Composition().mounted_in_nova(
            self.nova, {'oslo_config_file': self.config_file, **local_conf}
        )

    def request(
        self,
        method: str,
        path: str,
        version: str | None = None,
        **environ: Any,
    ) -> webob.Request:
        request = webob.Request.blank(path, method=method)
        request.environ['nova.context'] = oslo_context.RequestContext(
            user_id='amelia', project_id='aaaa', overwrite=False
        )
        if version is not None:
            request.headers['OpenStack-API-Version'] = version
        request.environ.update(environ)
        return request

    def answer(self, request: webob.Request) -> webob.Response:
        return request.get_response(self.filter)

    def assert_passed_on(self, request: webob.Request) -> None:
        """Hold that Nova got the request as it came, body and all."""
        request.environ['wsgi.input'] = Unread()
        before = copy.copy(request.environ)
        self.nova.environs.clear()

        response = self.answer(request)

        self.assertEqual(299, response.status_int)
        self.assertEqual('nova', response.headers['X-From'])
        (environ,) = self.nova.environs
        self.assertIs(request.environ, environ)
        self.assertEqual(before, environ)
        for name, value in before.items():
            self.assertIs(value, environ[name])

    def assert_answered(self, request: webob.Request, status: int) -> None:
        self.nova.environs.clear()
        self.assertEqual(status, self.answer(request).status_int)
        self.assertEqual([], self.nova.environs)

    def test_ours(self) -> None:
        body = b'{"keypair": {"name": "a"}}'
        for method, path, status in (
            ('GET', COLLECTION, 200),
            ('GET', f'/aaaa{COLLECTION}', 200),
            ('GET', f'{COLLECTION}/none', 404),
            ('DELETE', f'{COLLECTION}/none', 404),
            ('POST', COLLECTION, 400),
            ('GET', f'/bbbb{COLLECTION}', 400),
            # Nova's router goes by what these ask for.
            ('PUT', f'{COLLECTION}?_method=POST', 400),
            ('HEAD', f'{COLLECTION}/none?_method=GET', 400),
            ('POST', f'{COLLECTION}/none?_method=delete', 400),
        ):
            with self.subTest(method=method, path=path):
                request = self.request(method, path, 'compute 2.92')
                if method in ('POST', 'PUT'):
                    request.body = body
                self.assert_answered(request, status)

    def test_theirs(self) -> None:
        for method, path in (
            ('GET', '/'),
            ('GET', ''),
            ('GET', '/servers'),
            ('POST', '/servers'),
            ('GET', '/limits'),
            ('GET', '/os-quota-sets/aaaa'),
            ('GET', '/extensions/os-keypairs'),
            ('PUT', COLLECTION),
            ('HEAD', COLLECTION),
            ('DELETE', COLLECTION),
            ('OPTIONS', COLLECTION),
            ('POST', f'{COLLECTION}/a'),
            ('PATCH', f'{COLLECTION}/a'),
            ('GET', f'{COLLECTION}?_method=PUT'),
            ('GET', f'{COLLECTION}/'),
            ('GET', f'{COLLECTION}/a/b'),
            ('GET', f'/zzzz{COLLECTION}'),
            ('GET', f'{COLLECTION}.json'),
        ):
            with self.subTest(method=method, path=path):
                self.assert_passed_on(self.request(method, path))

    def test_identity_is_looked_at_for_what_is_ours_only(self) -> None:
        for context in (None, oslo_context.RequestContext(overwrite=False)):
            environ: dict[str, Any] = {'nova.context': context}
            refused = self.answer(self.request('GET', COLLECTION, **environ))
            self.assertEqual(401, refused.status_int)
            self.assertNotIn('Vary', refused.headers)
            self.assert_passed_on(self.request('GET', '/servers', **environ))

    def test_same_range(self) -> None:
        for version, status in (
            (None, 200),
            ('compute latest', 200),
            (f'compute {NEWEST}', 200),
            (f'compute {ABOVE}', 406),
            ('compute bad', 400),
        ):
            with self.subTest(version=version):
                self.assert_answered(
                    self.request('GET', COLLECTION, version), status
                )

    def test_nova_is_newer(self) -> None:
        self.filter = self.mount(max_version='2.110')
        for method in ('GET', 'POST'):
            for version in (
                'compute latest',
                f'compute {ABOVE}',
                'compute 2.110',
                'compute 2.999',
                'compute 3.1',
            ):
                with self.subTest(method=method, version=version):
                    self.assert_passed_on(
                        self.request(method, COLLECTION, version)
                    )
        for text, status in (
            (None, 200),
            (f'compute {NEWEST}', 200),
            ('identity latest', 200),
            ('compute 2.0', 406),
            ('compute bad', 400),
            ('compute 2.1x', 400),
        ):
            with self.subTest(version=text):
                self.assert_answered(
                    self.request('GET', COLLECTION, text), status
                )

    def test_nova_is_newer_and_the_request_legacy(self) -> None:
        self.filter = self.mount(max_version='2.110')

        self.assert_answered(
            self.request(
                'GET',
                COLLECTION,
                'compute latest',
                **{'openstack.legacy_v2': True},
            ),
            200,
        )

    def test_nova_is_older(self) -> None:
        self.filter = self.mount(max_version='2.50')
        for version, status, told in (
            ('compute latest', 200, '2.50'),
            ('compute 2.50', 200, '2.50'),
            ('compute 2.51', 406, '2.51'),
        ):
            with self.subTest(version=version):
                response = self.answer(
                    self.request('GET', COLLECTION, version)
                )
                self.assertEqual(status, response.status_int)
                self.assertEqual(
                    told, response.headers['X-OpenStack-Nova-API-Version']
                )
        self.assertEqual([], self.nova.environs)


def fail(*ignored: object) -> Answer:
    """Be a handler with a bug."""
    raise ZeroDivisionError('the secret of the house')


class ApplicationTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures_library.FakeLogger())

    def application(self) -> dispatch.Application:
        mount = contract.Contracts(
            profiles.load(profiles.DEFAULT), microversions.MAX_VERSION
        )
        return dispatch.Application(
            mount,
            routes.Table(routes.KEYPAIRS),
            {'list': fail},
            max_body=100,
            fault_table=faults.Faults(mount.profile.faults, 1),
        )

    def test_bug(self) -> None:
        request = webob.Request.blank(COLLECTION)
        request.environ['nova.context'] = oslo_context.RequestContext(
            user_id='u', overwrite=False
        )
        response = request.get_response(self.application())

        self.assertEqual(500, response.status_int)
        self.assertEqual({'computeFault'}, set(response.json))
        self.assertNotIn('secret', response.text)
        # The version was settled, so it is told.
        self.assertEqual(
            'compute 2.1', response.headers['OpenStack-API-Version']
        )
        self.assertIn('ZeroDivisionError', self.log.output)
        self.assertEqual('2.1', request.environ[env.VERSION])

    def test_no_version_for_the_log(self) -> None:
        environ = {'nova.context': None, 'REQUEST_METHOD': 'GET'}
        self.application().answer(environ, None)
        self.assertNotIn(env.VERSION, environ)
