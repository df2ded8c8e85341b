# SPDX-License-Identifier: Apache-2.0

"""The application in another stack's paste file, under prefixes of its own.

Two mounts in one process, each with a configuration: neither knows of the
other's keys, limits or policy.
"""

import pathlib
from collections.abc import Mapping
from typing import Any

import fixtures as fixtures_library
import webob
from paste.deploy import loadwsgi

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.profiles import mounts

_PASTE = """
[composite:main]
use = egg:Paste#urlmap
/bare/metal/v2.1 = metal
/any/cloud/v2.1 = cloud

[pipeline:metal]
pipeline = proxy noauth metal-app

[pipeline:cloud]
pipeline = proxy noauth cloud-versioned

[composite:cloud-versioned]
use = egg:keypair-ext#pipeline
oslo_config_file = {cloud}
root = cloud-versions
noauth = cloud-app

[app:metal-app]
use = egg:keypair-ext#main
oslo_config_file = {metal}

[app:cloud-app]
use = egg:keypair-ext#main
oslo_config_file = {cloud}

[app:cloud-versions]
use = egg:keypair-ext#versions
oslo_config_file = {cloud}

[filter:proxy]
use = egg:keypair-ext#http_proxy_to_wsgi
oslo_config_file = {metal}

[filter:noauth]
use = egg:keypair-ext#noauth
oslo_config_file = {metal}
"""

_METAL = '/bare/metal/v2.1'
_CLOUD = '/any/cloud/v2.1'

_PROXIED = {
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'cloud.example.org',
    'X-Forwarded-Prefix': '/compute',
}


class AppMountTest(fixtures.Application, base.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        home = cls.use(fixtures_library.TempDir())
        directory = pathlib.Path(home.path)
        paste_file = directory / 'api-paste.ini'
        paste_file.write_text(
            _PASTE.format(
                metal=cls._configure(
                    directory / 'metal',
                    {
                        'api': {'noauth_allow_remote': True},
                        'quota': {'key_pairs': 2},
                        'oslo_middleware': {
                            'enable_proxy_headers_parsing': True
                        },
                    },
                ),
                cloud=cls._configure(
                    directory / 'cloud',
                    {'api': {'max_limit': 3}},
                    policy='"os_compute_api:os-keypairs:delete": "!"\n',
                ),
            )
        )
        cls.use(mounts.ClosedStores())
        with fixtures_library.FakeLogger():
            cls.app = loadwsgi.loadapp(f'config:{paste_file}', name='main')

    @staticmethod
    def _configure(
        directory: pathlib.Path, options: fixtures.Options, policy: str = ''
    ) -> str:
        """Make a configuration and its database; return the file's path."""
        directory.mkdir()
        (directory / 'policy.yaml').write_text(policy)
        config_file = fixtures.write_config(str(directory), options)
        fixtures.make_database(config_file).dispose()
        return config_file

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures_library.FakeLogger())

    def send(self, method: str, path: str, **how: Any) -> webob.Response:
        return self.ask(method, path, version='2.35', **how)

    def create(self, mount: str, name: str) -> int:
        keypair = {'name': name, 'public_key': fixtures.KEY}
        return self.send(
            'POST', f'{mount}/os-keypairs', body={'keypair': keypair}
        ).status_int

    def names(self, mount: str) -> list[str]:
        answer = self.send('GET', f'{mount}/os-keypairs')
        return [row['keypair']['name'] for row in answer.json['keypairs']]

    def test_each_has_its_configuration(self) -> None:
        made = {
            mount: [self.create(mount, name) for name in 'abcd']
            for mount in (_METAL, _CLOUD)
        }

        self.assertEqual([201, 201, 403, 403], made[_METAL])
        self.assertEqual([201] * 4, made[_CLOUD])
        self.assertEqual(['a', 'b'], self.names(_METAL))
        self.assertEqual(['a', 'b', 'c'], self.names(_CLOUD))
        deleted = {
            mount: [
                self.send('DELETE', f'{mount}/os-keypairs/{name}').status_int
                for name in 'ab'
            ]
            for mount in made
        }
        self.assertEqual([204] * 2, deleted[_METAL])
        self.assertEqual([403] * 2, deleted[_CLOUD])
        self.assertEqual([], self.names(_METAL))
        self.assertEqual(['a', 'b', 'c'], self.names(_CLOUD))

    def next_page(self, path: str, headers: Mapping[str, str]) -> str:
        answer = self.send('GET', f'{path}?limit=1', headers=headers)
        href: str = answer.json['keypairs_links'][0]['href']
        return href

    def test_links_of_pages(self) -> None:
        self.create(_METAL, 'paged')
        self.addCleanup(self.send, 'DELETE', f'{_METAL}/os-keypairs/paged')
        for path in ('/os-keypairs', '/aaaa/os-keypairs'):
            end = f'{_METAL}{path}?limit=1&marker=paged'
            self.assertEqual(
                f'http://localhost{end}', self.next_page(_METAL + path, {})
            )
            self.assertEqual(
                f'https://cloud.example.org/compute{end}',
                self.next_page(_METAL + path, _PROXIED),
            )

    def test_links_of_versions(self) -> None:
        for headers, address in (
            ({}, 'http://localhost'),
            (_PROXIED, 'https://cloud.example.org/compute'),
        ):
            answer = self.send('GET', f'{_CLOUD}/', headers=headers)
            links = [
                link['href']
                for link in answer.json['version']['links']
                if link['rel'] == 'self'
            ]
            self.assertEqual([f'{address}{_CLOUD}/'], links)
