# SPDX-License-Identifier: Apache-2.0

"""What the DevStack plugin leaves behind, phase by phase."""

import configparser
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from keypair_ext.cmd.paste import mount
from keypair_ext.tests import base
from keypair_ext.tests.base import completed

_HARNESS = Path(__file__).parent / 'harness.sh'
_CHECKOUT = Path(__file__).parents[4]
_NOVA_PASTE = _CHECKOUT.joinpath(
    'keypair_ext', 'tests', 'unit', 'data', 'nova-api-paste.ini'
)

# Imports the service as uWSGI does, and asks it two things.
_CLIENT = """
import webob
from keypair_ext.wsgi.api import application
for path in '/', '/v2.1/os-keypairs':
    status = webob.Request.blank(path).get_response(application).status
    print('answered:', status, flush=True)
"""


class TestCase(base.TestCase):
    mode: str

    def setUp(self) -> None:
        super().setUp()
        if not (_CHECKOUT / 'devstack').is_dir():
            self.skipTest('the DevStack plugin is in the repository only')
        self.root = Path(tempfile.mkdtemp())
        self.nova_paste = self.root / 'etc' / 'nova' / 'api-paste.ini'
        self.nova_paste.parent.mkdir(parents=True)
        self.nova_paste.write_bytes(_NOVA_PASTE.read_bytes())
        self.directory = self.root / 'etc' / 'keypair_ext'

    def _run(
        self, script: str, **local_conf: str
    ) -> 'subprocess.CompletedProcess[str]':
        """Run one of DevStack's scripts; the names are in local.conf."""
        return completed(
            ['bash', str(_HARNESS), script],
            env={
                'PATH': os.environ['PATH'],
                'LC_ALL': 'C.UTF-8',
                'HARNESS_PLUGIN': str(_CHECKOUT),
                'HARNESS_ROOT': str(self.root),
                'HARNESS_BIN': str(Path(sys.executable).parent),
                'ENABLED_SERVICES': 'n-api,key',
                'KEYPAIR_EXT_MODE': self.mode,
                **local_conf,
            },
            cwd=self.root,
        )

    def run_script(self, script: str, **local_conf: str) -> str:
        done = self._run(script, **local_conf)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def calls(self, name: str) -> list[str]:
        """Return what a function of DevStack was called with."""
        lines = (self.root / 'calls').read_text().splitlines()
        return [
            line.removeprefix(f'{name} ')
            for line in lines
            if line.startswith(f'{name} ')
        ]

    def assert_nova_is_untouched(self) -> None:
        self.assertEqual(
            _NOVA_PASTE.read_bytes(), self.nova_paste.read_bytes()
        )


class TestFilter(TestCase):
    mode = 'filter'

    def test_every_phase(self) -> None:
        output = self.run_script('stack')
        mounted = self.nova_paste.read_text()
        self.assertEqual(mount.enable(_NOVA_PASTE.read_text()), mounted)
        self.assertEqual(4, output.count('  enabled\n'))
        self.run_script('stack')
        self.assertEqual(mounted, self.nova_paste.read_text())
        for script in ('unstack', 'clean'):
            self.run_script(script)
            self.assert_nova_is_untouched()

    def test_nothing_else_is_made(self) -> None:
        self.run_script('stack')
        self.assertFalse(self.directory.exists())
        self.assertEqual([str(_CHECKOUT)], self.calls('setup_develop'))
        for name in (
            'create_service_user',
            'get_or_create_endpoint',
            'get_or_create_service',
            'recreate_database',
            'run_process',
        ):
            self.assertEqual([], self.calls(name))

    def test_nothing_to_take_out(self) -> None:
        self.nova_paste.unlink()
        self.run_script('unstack')
        self.run_script('clean')

    def test_not_installed_yet(self) -> None:
        for script in ('unstack', 'clean'):
            self.run_script(script, HARNESS_BIN='/nonexistent')
            self.assert_nova_is_untouched()

    def test_node_without_api(self) -> None:
        for script in ('stack', 'unstack', 'clean'):
            self.run_script(script, ENABLED_SERVICES='n-cpu')
            self.assert_nova_is_untouched()

    def test_file_that_is_not_understood(self) -> None:
        self.nova_paste.write_text('[app:x]\n')
        done = self._run('stack')
        self.assertNotEqual(0, done.returncode)
        self.assertIn('not the api-paste.ini', done.stderr)
        self.assertEqual('[app:x]\n', self.nova_paste.read_text())


class TestStandalone(TestCase):
    mode = 'standalone'

    def test_every_phase(self) -> None:
        self.run_script('stack')
        self._assert_configuration()
        self._assert_database()
        self._assert_server()
        self._assert_endpoint()
        self.assertEqual(['200 OK', '401 Unauthorized'], self._answers())
        self.run_script('unstack')
        self.assertEqual(['keypair-ext'], self.calls('stop_process'))
        self.run_script('clean')
        self.assertFalse(self.directory.exists())
        self.assertEqual([], list((self.root / 'apache').iterdir()))
        self.assert_nova_is_untouched()

    def test_other_settings(self) -> None:
        self.run_script(
            'stack',
            ENABLED_SERVICES='key,tls-proxy',
            KEYPAIR_EXT_DB='nova_api',
            KEYPAIR_EXT_SERVICE_TYPE='compute',
        )
        conf = self._conf('keypair_ext.conf')
        self.assertEqual(
            'True', conf['oslo_middleware']['enable_proxy_headers_parsing']
        )
        self.assertIn('data/nova_api.sqlite', conf['database']['connection'])
        # That would drop the tables of Nova.
        self.assertEqual([], self.calls('recreate_database'))
        (endpoint,) = self.calls('get_or_create_endpoint')
        self.assertTrue(endpoint.startswith('compute RegionOne '), endpoint)

    def _conf(self, name: str) -> configparser.ConfigParser:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string((self.directory / name).read_text())
        return parser

    def _assert_configuration(self) -> None:
        conf = self._conf('keypair_ext.conf')
        self.assertEqual('keystone', conf['api']['auth_strategy'])
        self.assertEqual('keypair-ext', conf['keystone_authtoken']['username'])
        self.assertEqual('True', conf['DEFAULT']['debug'])
        self.assertNotIn('oslo_middleware', conf)
        self.assertEqual(
            f'sqlite:///{self.root}/data/keypair_ext.sqlite',
            conf['database']['connection'],
        )

    def _assert_database(self) -> None:
        self.assertEqual(['keypair_ext'], self.calls('recreate_database'))
        database = sqlite3.connect(self.root / 'data' / 'keypair_ext.sqlite')
        rows = database.execute('SELECT count(*) FROM key_pairs').fetchall()
        database.close()
        self.assertEqual([(0,)], rows)

    def _assert_server(self) -> None:
        options = self._conf('keypair-ext-uwsgi.ini')['uwsgi']
        self.assertEqual('keypair_ext.wsgi.api:application', options['module'])
        self.assertEqual(
            f'OS_KEYPAIR_EXT_CONFIG_DIR={self.directory}', options['env']
        )
        self.assertEqual(
            [
                'keypair-ext /usr/bin/uwsgi --procname-prefix keypair-ext '
                f'--ini {self.directory}/keypair-ext-uwsgi.ini'
            ],
            self.calls('run_process'),
        )
        self.assertIn(
            'ProxyPass "/keypair-ext" ',
            (self.root / 'apache' / 'keypair-ext.conf').read_text(),
        )

    def _assert_endpoint(self) -> None:
        self.assertEqual(['keypair-ext'], self.calls('create_service_user'))
        self.assertEqual(
            ['keypair-ext compute-keypairs Key pairs of the Compute API'],
            self.calls('get_or_create_service'),
        )
        self.assertEqual(
            ['compute-keypairs RegionOne http://192.0.2.1/keypair-ext/v2.1'],
            self.calls('get_or_create_endpoint'),
        )

    def _answers(self) -> list[str]:
        """Ask the service that the files configure."""
        done = completed(
            [sys.executable, '-c', _CLIENT],
            env={
                'PATH': os.environ['PATH'],
                'HOME': str(self.root),
                'OS_KEYPAIR_EXT_CONFIG_DIR': str(self.directory),
            },
            cwd=_CHECKOUT,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return re.findall('^answered: (.*)$', done.stdout, re.MULTILINE)


class TestWrongMode(TestCase):
    mode = 'both'

    def test_it_stops_before_anything_is_installed(self) -> None:
        done = self._run('stack')
        self.assertEqual(1, done.returncode)
        self.assertIn('filter or standalone, not both', done.stderr)
        self.assertEqual(['stack pre-install'], self.calls('run_phase'))
