# SPDX-License-Identifier: Apache-2.0

"""keystonemiddleware's own filter, told in a paste section or elsewhere.

What it answers when the Identity service is in trouble is asked of a whole
service, in test_trouble.
"""

import json
import pathlib

import fixtures

from keypair_ext import environ as env
from keypair_ext.middleware.context import authtoken
from keypair_ext.tests.functional.servers import ini
from keypair_ext.tests.unit.middleware import base

_OPTIONS = {
    'auth_type': 'password',
    'auth_url': 'http://127.0.0.1:1/v3',
    'username': 'u',
    'password': 'secret',
    'http_request_max_retries': '0',
}


class AuthTokenTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def configure(self, **options: str) -> str:
        """Return a file whose ``[keystone_authtoken]`` has these."""
        path = self.directory / 'a.conf'
        ini.write(path, {'keystone_authtoken': options})
        return str(path)

    def load(self, file: str, **local_conf: str) -> authtoken.AuthToken:
        return authtoken.filter_factory(
            {'here': '/etc'}, oslo_config_file=file, **local_conf
        )(self.below)

    def refusal(self, file: str, **local_conf: str) -> str:
        return self.mistake(self.load, file, **local_conf)

    def assert_works(self, made: authtoken.AuthToken) -> None:
        refused = self.call(made)
        self.assertEqual(401, refused.status_int)
        self.assertEqual(401, json.loads(refused.text)['error']['code'])
        away = self.call(made, {'X-Auth-Token': 'a'})
        self.assertEqual(503, away.status_int)
        self.assertEqual('1', away.headers['Retry-After'])
        self.assertEqual(503, away.json['serviceUnavailable']['code'])
        self.assertEqual([], self.below.environs)

    def test_options_of_the_configuration(self) -> None:
        self.assert_works(self.load(self.configure(**_OPTIONS)))

    def test_options_of_the_paste_section(self) -> None:
        empty = self.configure()
        self.assertIn('auth_type is not set', self.refusal(empty))
        # Plugins' options are read from the configuration.
        file = self.configure(**_OPTIONS | {'cafile': '/nonexistent/ca.pem'})
        self.assertIn('cafile', self.refusal(file))
        self.assert_works(self.load(file, cafile=''))
        self.assert_works(self.load(file, insecure='true'))
        self.assertIn('cafile', self.refusal(file, insecure='false'))
        self.assertNotIn('not known to keystonemiddleware', self.log.output)

    def test_a_cache_that_nobody_offers(self) -> None:
        for name in ('', env.TOKEN_CACHE):
            self.load(self.configure(**_OPTIONS, cache=name))
        self.assertNotIn('cache is', self.log.output)
        self.load(self.configure(**_OPTIONS), cache='keypair_ext.tokencache')
        self.assertIn("cache is 'keypair_ext.tokencache'", self.log.output)

    def test_another_section(self) -> None:
        path = pathlib.Path(self.configure(auth_section='service'))
        self.assertIn('[service] auth_type', self.refusal(str(path)))
        lines = [f'{name} = {value}' for name, value in _OPTIONS.items()]
        with path.open('a') as file:
            file.write('\n'.join(['', '[service]', *lines]))
        self.load(str(path))
