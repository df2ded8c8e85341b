# SPDX-License-Identifier: Apache-2.0

"""What paste calls: the composite that chooses a pipeline."""

from typing import Any

import fixtures as fixtures_library
from paste.deploy import loadwsgi

from keypair_ext import exception, wsgi
from keypair_ext.api import discovery, dispatch
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures


class WSGITestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures_library.FakeLogger())
        self.config_file = fixtures.write_config(
            str(self.directory),
            {
                'api_database': {
                    'connection': f'sqlite:///{self.directory}/n.sqlite'
                }
            },
        )


class FactoriesTest(WSGITestCase):
    def test_made(self) -> None:
        local_conf = {'oslo_config_file': self.config_file}
        self.assertIsInstance(
            wsgi.app_factory({}, **local_conf), dispatch.Application
        )
        self.assertIsInstance(
            wsgi.versions_factory({}, **local_conf), discovery.Versions
        )
        made = wsgi.filter_factory({}, **local_conf)(lambda *ignored: [])
        self.assertIsInstance(made, dispatch.Filter)

    def test_a_filter_of_older_paste_files_does_nothing(self) -> None:
        app = object()
        mount = wsgi.neighbours_factory({}, profile='nova')
        self.assertIs(app, mount(app))  # type: ignore[arg-type]

    def test_global_keys_are_not_ours(self) -> None:
        self.assertRaises(
            exception.ConfigurationError,
            wsgi.app_factory,
            {'profile': 'nova'},
            oslo_config_file=self.config_file,
            here='x',
        )


class PipelineTest(WSGITestCase):
    def load(self, *lines: str) -> Any:
        """Load a composite of these lines over three that say who they are."""
        path = self.directory / 'paste.ini'
        path.write_text(
            '\n'.join(
                (
                    '[composite:main]',
                    'use = egg:keypair-ext#pipeline',
                    f'oslo_config_file = {self.config_file}',
                    *lines,
                    *(
                        f'[filter:{name}]\n'
                        f'paste.filter_factory = {__name__}:filter_factory\n'
                        f'name = {name}'
                        for name in ('a', 'b')
                    ),
                    f'[app:end]\npaste.app_factory = {__name__}:app_factory',
                    '[app:bare]\nname = bare',
                    f'paste.app_factory = {__name__}:app_factory',
                )
            )
        )
        return loadwsgi.loadapp(f'config:{path}', name='main')

    def ask(self, app: Any, path: str = '/x') -> str:
        return str(app({'PATH_INFO': path}, None)[0])

    def test_order(self) -> None:
        app = self.load('noauth = a b end', 'keystone = b end')
        self.assertEqual('a b end', self.ask(app))

    def test_application_alone(self) -> None:
        self.assertEqual('end', self.ask(self.load('noauth = end')))

    def test_only_the_chosen_one_is_loaded(self) -> None:
        self.load('noauth = end', 'keystone = no_such_filter end')

    def test_root(self) -> None:
        app = self.load('noauth = a end', 'root = bare')
        for path, told in (
            ('', 'bare'),
            ('/', 'bare'),
            ('/x', 'a end'),
            ('//', 'a end'),
        ):
            with self.subTest(path=path):
                self.assertEqual(told, self.ask(app, path))

    def test_no_pipeline_for_the_strategy(self) -> None:
        self.assertIn('noauth', self.mistake(self.load, 'keystone = end'))


def filter_factory(global_conf: object, name: str) -> Any:
    def mount(app: Any) -> Any:
        return lambda environ, start: [f'{name} {app(environ, start)[0]}']

    return mount


def app_factory(global_conf: object, name: str = 'end') -> Any:
    return lambda environ, start: [name]
