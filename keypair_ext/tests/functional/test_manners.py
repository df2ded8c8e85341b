# SPDX-License-Identifier: Apache-2.0

"""A mount touches nothing of the process that it is mounted in.

Each kind of mount is loaded in a process that compares what is the process's
before and after.
"""

import json
import pathlib
import sys
from typing import Any, ClassVar

import fixtures as fixtures_library

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.unit.middleware.context import test_htpasswd

HOST = pathlib.Path(__file__).with_name('manners_host.py')

# The one that reads the host's configuration is last: what it registers
# there is there from then on.
MOUNTS = ('app', 'filter_alone', 'pipeline', 'filter')

PASTE_FILE = """
[app:app]
use = egg:keypair-ext#main
oslo_config_file = {config_file}

[filter:filter_alone]
use = egg:keypair-ext#main
oslo_config_file = {config_file}

[filter:filter]
use = egg:keypair-ext#main

[composite:pipeline]
use = egg:keypair-ext#pipeline
oslo_config_file = {config_file}
noauth = {filters} app
root = versions
"""

OF_THE_PIPELINE = """
[{kind}:{name}]
use = egg:keypair-ext#{name}
oslo_config_file = {config_file}
"""


FILTERS = (
    'cors',
    'http_basic',
    'http_proxy_to_wsgi',
    'keystone_context',
    'legacy_v2_compatible',
    'neighbours',
    'noauth',
    'request_log',
    'token_cache',
)


class Manners(base.TestCase):
    told: ClassVar[dict[str, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        home = cls.use(fixtures_library.TempDir())
        directory = pathlib.Path(home.path)
        users = directory / 'htpasswd'
        users.write_bytes(test_htpasswd.entry(b'alice', b'one'))
        config_file = fixtures.write_config(
            home.path,
            {
                'api': {'http_basic_user_file': users},
                # Each kind of mount has the group that it takes.
                'api_database': {
                    'connection': f'sqlite:///{directory}/nova.sqlite'
                },
            },
        )
        paste_file = directory / 'api-paste.ini'
        paste_file.write_text(cls.paste_sections(config_file))
        done = completed(
            [sys.executable, HOST, config_file, paste_file, *MOUNTS],
            check=True,
        )
        cls.told = json.loads(done.stdout)

    @staticmethod
    def paste_sections(config_file: str) -> str:
        names = [*(('filter', name) for name in FILTERS), ('app', 'versions')]
        return PASTE_FILE.format(
            config_file=config_file, filters=' '.join(FILTERS)
        ) + ''.join(
            OF_THE_PIPELINE.format(
                kind=kind, name=name, config_file=config_file
            )
            for kind, name in names
        )

    def test_process_is_as_it_was(self) -> None:
        for name in MOUNTS:
            with self.subTest(mount=name):
                self.assertEqual({}, self.told[name]['changed'])

    def test_options_of_the_host_are_as_they_were(self) -> None:
        for name in MOUNTS:
            with self.subTest(mount=name):
                self.assertEqual({}, self.told[name]['changed options'])

    def test_configuration_of_its_own(self) -> None:
        for name in ('app', 'filter_alone', 'pipeline'):
            with self.subTest(mount=name):
                self.assertEqual([], self.told[name]['new options'])

    def test_configuration_of_the_host(self) -> None:
        new = self.told['filter']['new options']

        self.assertIn('api_database.connection', new)
        self.assertIn('quota.key_pairs', new)
        self.assertNotIn('database.connection', new)

    def test_what_was_made(self) -> None:
        self.assertEqual(
            {
                'app': 'Application',
                'filter_alone': 'Filter',
                'filter': 'Filter',
                'pipeline': 'function',
            },
            {name: self.told[name]['made'] for name in MOUNTS},
        )
