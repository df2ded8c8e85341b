# SPDX-License-Identifier: Apache-2.0

"""What a mount is built from, and what of it an operator can get wrong."""

import pathlib
import sys
import types
from unittest import mock

import fixtures as fixtures_library
from microversion_parse import Version

from keypair_ext import deploy, exception
from keypair_ext.api import discovery, dispatch, microversions
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures


class DeployTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures_library.FakeLogger())
        self.directory = pathlib.Path(
            self.useFixture(fixtures_library.TempDir()).path
        )
        self.configure({})

    def configure(self, options: fixtures.Options) -> None:
        database = {'connection': f'sqlite:///{self.directory}/d.sqlite'}
        self.config_file = fixtures.write_config(
            str(self.directory), {'api_database': database, **options}
        )

    def local_conf(self, **local_conf: str) -> dict[str, str]:
        return {'oslo_config_file': self.config_file, **local_conf}

    def application(self, **local_conf: str) -> dispatch.Application:
        return deploy.Composition().application(self.local_conf(**local_conf))

    def filter(self, **local_conf: str) -> dispatch.Filter:
        return deploy.Composition().mounted_in_nova(
            lambda *ignored: [], self.local_conf(**local_conf)
        )

    def refusal(self, **local_conf: str) -> str:
        error = self.assertRaises(
            exception.ConfigurationError, self.application, **local_conf
        )
        self.assertNotIn('\n', str(error))
        return str(error)


class ApplicationTest(DeployTestCase):
    def test_versions(self) -> None:
        for local_conf, expected in (
            ({}, '2.104'),
            ({'max_version': '2.50'}, '2.50'),
            ({'max_version': '2.999'}, '2.104'),
            ({'profile': 'vietnix'}, '2.72'),
            ({'profile': 'vietnix', 'max_version': '2.10'}, '2.10'),
        ):
            with self.subTest(local_conf=local_conf):
                made = self.application(**local_conf)
                self.assertEqual(
                    microversions.parse(expected), made.contracts.max_version
                )

    def test_versions_that_are_none(self) -> None:
        for text in ('2', 'latest', '', '2.0', '1.1'):
            with self.subTest(text=text):
                message = self.refusal(max_version=text)
                self.assertIn('max_version', message)

    def test_database_group(self) -> None:
        self.configure({'mine': {'connection': 'sqlite:////no/such/x'}})

        self.assertIn('[mine]', self.refusal(database_group='mine'))
        self.assertIn('[other]', self.refusal(database_group='other'))

    def test_never_another_database(self) -> None:
        self.config_file = str(self.directory / 'empty.conf')
        for group, other in (
            ('database', 'api_database'),
            ('api_database', 'database'),
        ):
            pathlib.Path(self.config_file).write_text(
                f'[{other}]\n'
                f'connection = sqlite:///{self.directory}/d.sqlite\n'
            )
            make = self.filter if group == 'api_database' else self.application
            error = self.assertRaises(exception.ConfigurationError, make)
            self.assertIn(f'[{group}]', str(error))

    def test_unknown_keys(self) -> None:
        message = self.refusal(profil='nova', maximum='2.1')

        self.assertIn('maximum, profil', message)
        self.assertIn('max_version', message)

    def test_unknown_profile(self) -> None:
        message = self.refusal(profile='nobodys')

        self.assertIn('nobodys', message)
        self.assertIn('rackspace', message)

    def test_unknown_quota_driver(self) -> None:
        self.configure({'quota': {'driver': 'mine'}})
        self.assertIn('mine', self.refusal())

    def test_broken_policy(self) -> None:
        (self.directory / 'policy.yaml').write_text('a: [')
        self.assertIn('policy.yaml', self.refusal())

    def test_nothing_is_opened(self) -> None:
        self.application()
        self.assertFalse((self.directory / 'keypair_ext.sqlite').exists())


class FilterTest(DeployTestCase):
    def test_profile(self) -> None:
        self.filter(profile='nova')
        error = self.assertRaises(
            exception.ConfigurationError, self.filter, profile='otc'
        )
        self.assertIn('mount an app', str(error))

    def assert_newer_goes_through(
        self, made: dispatch.Filter, goes: bool
    ) -> None:
        version = {'HTTP_OPENSTACK_API_VERSION': 'compute 2.105'}
        environ = {
            'PATH_INFO': '/os-keypairs',
            'REQUEST_METHOD': 'GET',
            **version,
        }
        start_response = mock.Mock()
        made(environ, start_response)
        self.assertEqual(goes, not start_response.called)

    def test_nova_in_the_process(self) -> None:
        self.assert_newer_goes_through(self.filter(), False)
        for text, goes in (('2.104', False), ('2.110', True)):
            version = types.SimpleNamespace(get_string=lambda text=text: text)
            name = 'nova.api.openstack.api_version_request'
            nova = types.ModuleType(name)
            nova.__dict__['max_api_version'] = lambda version=version: version
            sys.modules[name] = nova
            self.addCleanup(sys.modules.pop, name, None)
            with self.subTest(nova=text):
                self.assert_newer_goes_through(self.filter(), goes)

    def test_told_by_the_operator(self) -> None:
        self.assert_newer_goes_through(self.filter(max_version='2.110'), True)

    def test_versions(self) -> None:
        made = self.filter(max_version='2.50')
        self.assertEqual(
            Version(2, 50), made._application.contracts.max_version
        )


class OthersTest(DeployTestCase):
    def test_versions(self) -> None:
        made = deploy.Composition().versions(self.local_conf())
        self.assertIsInstance(made, discovery.Versions)

    def test_unknown_keys(self) -> None:
        self.assertRaises(
            exception.ConfigurationError,
            deploy.Composition().versions,
            self.local_conf(profil='nova'),
        )
