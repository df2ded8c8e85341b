# SPDX-License-Identifier: Apache-2.0

"""What a mount is built from, and what of it an operator can get wrong."""

import gc
import logging
import os
import pathlib
import sys
import types
from typing import Any
from unittest import mock

import fixtures as fixtures_library
from microversion_parse import Version

from keypair_ext import deploy, exception, wsgi
from keypair_ext.api import (
    contract,
    dispatch,
    handlers,
    microversions,
)
from keypair_ext.db.store import Store
from keypair_ext.keypairs import Keypairs
from keypair_ext.keytypes import pool
from keypair_ext.policy.enforcer import Enforcer
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.versions import ABOVE, NEWEST


class DeployTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures_library.FakeLogger())
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
        return self.mistake(self.application, **local_conf)


class ApplicationTest(DeployTestCase):
    def test_versions(self) -> None:
        for local_conf, expected in (
            ({}, NEWEST),
            ({'max_version': '2.50'}, '2.50'),
            ({'max_version': '2.999'}, NEWEST),
            ({'profile': 'vietnix'}, '2.72'),
            ({'profile': 'vietnix', 'max_version': '2.10'}, '2.10'),
        ):
            with self.subTest(local_conf=local_conf):
                made = self.application(**local_conf)
                self.assertEqual(
                    microversions.parse(expected), made.contracts.max_version
                )

    def test_versions_that_are_none(self) -> None:
        for text in ('2', 'latest', '', '2.0', '1.1', '3.1'):
            with self.subTest(text=text):
                message = self.refusal(max_version=text)
                self.assertIn('max_version', message)
                # No header of a client's, to which it could be said.
                self.assertNotIn('the word latest', message)

    def test_versions_of_the_configuration(self) -> None:
        self.configure({'api': {'max_version': '2.96'}})
        composed = deploy.Composition()
        for local_conf, expected in (
            ({}, '2.96'),
            ({'max_version': '2.100'}, '2.100'),
            ({'profile': 'vietnix'}, '2.72'),
        ):
            with self.subTest(local_conf=local_conf):
                self.assertEqual(
                    microversions.parse(expected),
                    composed.max_version(self.local_conf(**local_conf)),
                )
        for text in ('2', 'latest', '2.0'):
            self.configure({'api': {'max_version': text}})
            self.assertIn('max_version in [api]', self.refusal())

    def test_a_link_prefix_that_is_no_url(self) -> None:
        for prefix in (
            'http://[::1',
            'cloud.example.org',
            '/compute',
            'http:///compute',
            'ftp://cloud.example.org',
        ):
            self.configure({'api': {'compute_link_prefix': prefix}})
            self.assertIn(
                '[api] compute_link_prefix',
                self.mistake(deploy.Composition().versions, self.local_conf()),
            )
            # Nova starts with it.
            self.filter()

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
            self.assertIn(f'[{group}]', self.mistake(make))

    def test_unknown_keys(self) -> None:
        message = self.refusal(profil='nova', maximum='2.1')

        self.assertIn('maximum, profil', message)
        self.assertIn('max_version', message)

    def test_unknown_profile(self) -> None:
        message = self.refusal(profile='nobodys')

        self.assertIn('nobodys', message)
        self.assertIn('rackspace', message)

    def test_nothing_is_opened(self) -> None:
        self.application()
        self.assertFalse((self.directory / 'keypair_ext.sqlite').exists())


class FilterTest(DeployTestCase):
    def test_profile(self) -> None:
        self.filter(profile='nova')
        self.assertIn('mount an app', self.mistake(self.filter, profile='otc'))

    def assert_newer_goes_through(
        self, made: dispatch.Filter, goes: bool
    ) -> None:
        version = {'HTTP_OPENSTACK_API_VERSION': f'compute {ABOVE}'}
        environ = {
            'PATH_INFO': '/os-keypairs',
            'REQUEST_METHOD': 'GET',
            **version,
        }
        start_response = mock.Mock()
        made(environ, start_response)
        self.assertEqual(goes, not start_response.called)

    def have_nova(self, newest: str) -> None:
        """Put a Nova into the process."""
        version = types.SimpleNamespace(get_string=lambda: newest)
        name = 'nova.api.openstack.api_version_request'
        nova: Any = types.ModuleType(name)
        nova.max_api_version = lambda: version
        sys.modules[name] = nova
        self.addCleanup(sys.modules.pop, name, None)

    def test_nova_in_the_process(self) -> None:
        self.assert_newer_goes_through(self.filter(), False)
        for text, goes in ((NEWEST, False), ('2.110', True)):
            self.have_nova(text)
            with self.subTest(nova=text):
                self.assert_newer_goes_through(self.filter(), goes)

    def test_versions_of_the_configuration(self) -> None:
        self.configure({'api': {'max_version': '2.96'}})
        self.assertEqual(
            Version(2, 96), self.filter()._application.contracts.max_version
        )
        # It is another Nova's, if not the one of this process.
        self.have_nova('2.100')
        self.assertEqual(
            Version(2, 100), self.filter()._application.contracts.max_version
        )


class OthersTest(DeployTestCase):
    def test_unknown_keys(self) -> None:
        self.assertRaises(
            exception.ConfigurationError,
            deploy.Composition().versions,
            self.local_conf(profil='nova'),
        )


class SharedTest(DeployTestCase):
    """What the sections of one paste file have in common."""

    def made(self, *types_made: type) -> dict[str, int]:
        """Return how many of each type a load of the shipped file makes."""
        before = self.alive(types_made)
        service = fixtures.Service()
        self.useFixture(service)
        return {
            name: count - before[name]
            for name, count in self.alive(types_made).items()
        }

    @staticmethod
    def alive(types_made: tuple[type, ...]) -> dict[str, int]:
        gc.collect()
        return {
            wanted.__name__: sum(
                type(alive) is wanted for alive in gc.get_objects()
            )
            for wanted in types_made
        }

    def test_one_of_each(self) -> None:
        types_made = (
            Store,
            Keypairs,
            contract.Contracts,
            dispatch.Application,
            handlers.Handlers,
            Enforcer,
            pool.KeyPool,
        )
        self.assertEqual(
            dict.fromkeys((wanted.__name__ for wanted in types_made), 1),
            self.made(*types_made),
        )

    def test_connections_of_a_thread(self) -> None:
        service = self.useFixture(fixtures.Service())
        service.engine.dispose()
        for path in ('/v2', '/v2.1'):
            service.ask('GET', f'{path}/os-keypairs')
            service.ask('GET', f'{path}/limits')
            service.create(f'of {path[1:3]}', version='2.1')
        self.assertEqual(200, service.ask('GET', '/healthcheck').status_int)

        database = f'{service.directory}/keypair_ext.sqlite'
        held = [
            descriptor
            for descriptor in pathlib.Path('/proc/self/fd').iterdir()
            if os.path.realpath(descriptor) == database
        ]
        self.assertIn(len(held), (1, 2))

    def test_two_configurations(self) -> None:
        composed = deploy.Composition()
        one = composed.application(self.local_conf())
        self.assertIs(one, composed.application(self.local_conf()))
        other = self.directory / 'other.conf'
        other.write_text(pathlib.Path(self.config_file).read_text())
        apart = (
            {'oslo_config_file': str(other)},
            self.local_conf(database_group='api_database'),
            self.local_conf(max_version='2.50'),
            self.local_conf(profile='otc'),
        )
        made = [one, *map(composed.application, apart)]
        self.assertEqual(len(made), len(set(map(id, made))))
        self.assertIs(
            composed.store(self.local_conf()),
            composed.store(self.local_conf(profile='otc')),
        )
        self.assertIsNot(
            composed.store(self.local_conf()), composed.store(apart[0])
        )

    def test_mounts_of_others_are_apart(self) -> None:
        made = [wsgi.app_factory({}, **self.local_conf()) for _ in range(2)]
        self.assertIsNot(made[0], made[1])

    def test_what_is_told_of_a_mount(self) -> None:
        url = f'sqlite:///{self.directory}/d.sqlite?timeout=7'
        self.configure({'api_database': {'connection': url}})
        with fixtures_library.FakeLogger(level=logging.INFO) as log:
            self.filter(max_version='2.50')
        (line,) = log.output.splitlines()
        self.assertRegex(line, r'keypair_ext \S+ serves os-keypairs')
        for word in (
            '2.1 to 2.50',
            f'[api_database] sqlite:///{self.directory}/d.sqlite;',
            'driver local',
            f'{self.directory}/policy.yaml',
        ):
            self.assertIn(word, line)
