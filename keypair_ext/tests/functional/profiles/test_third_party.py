# SPDX-License-Identifier: Apache-2.0

"""A profile of somebody else's, from a package and from a file."""

import contextlib
import importlib
import importlib.util
import io
import os
import pathlib
import subprocess
import sys
from typing import Any

import fixtures
import webob
from paste.deploy import loadwsgi

from keypair_ext import profiles
from keypair_ext.cmd import manage
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures as service
from keypair_ext.tests.functional.profiles import mounts, tables

PROFILE = """\
name = "{name}"
summary = "Acme Cloud."

[versions]
negotiated = false
behaves_as = "2.10"

[statuses]
generated = 203
imported = 202

[names]
characters = "[a-z]"
max_length = 8

[keys]
generated_comment = "made by Acme"

[faults.over_quota]
status = 429
name = "enough"
retry_after = 60
"""

PROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "acme-throw-away"
version = "1.0"

[project.entry-points."keypair_ext.profiles"]
acme = "acme_throw_away:acme.toml"

[tool.setuptools]
packages = ["acme_throw_away"]

[tool.setuptools.package-data]
acme_throw_away = ["*.toml"]
"""

PASTE = """\
[pipeline:main]
pipeline = noauth keypairs

[filter:noauth]
use = egg:keypair-ext#noauth
oslo_config_file = {config_file}

[app:keypairs]
use = egg:keypair-ext#main
profile = {profile}
oslo_config_file = {config_file}
"""


class Installed(fixtures.Fixture):
    """A package with a profile, installed where this process finds it."""

    def _setUp(self) -> None:
        directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        source, target = directory / 'source', directory / 'target'
        package = source / 'acme_throw_away'
        package.mkdir(parents=True)
        (package / '__init__.py').touch()
        (package / 'acme.toml').write_text(PROFILE.format(name='acme'))
        (source / 'pyproject.toml').write_text(PROJECT)
        self._install(source, target)
        self.useFixture(
            fixtures.MonkeyPatch('sys.path', [*sys.path, str(target)])
        )
        self.addCleanup(sys.modules.pop, 'acme_throw_away', None)
        self.addCleanup(importlib.invalidate_caches)
        importlib.invalidate_caches()

    @staticmethod
    def _install(source: pathlib.Path, target: pathlib.Path) -> None:
        """Let pip build and install it, without a network."""
        subprocess.run(
            [
                sys.executable,
                *('-m', 'pip', 'install', '--quiet', '--no-index'),
                *('--no-deps', '--no-build-isolation', '--no-cache-dir'),
                *('--disable-pip-version-check', '--target', target, source),
            ],
            env={**os.environ, 'PIP_CONFIG_FILE': os.devnull},
            check=True,
            capture_output=True,
            timeout=300,
        )


class Mounted(base.TestCase):
    """Mounts a profile and asks it."""

    def mount(self, profile: str) -> Any:
        directory = self.useFixture(fixtures.TempDir()).path
        config_file = service.write_config(
            directory, {'quota': {'key_pairs': 1}}
        )
        service.make_database(config_file)
        self.useFixture(mounts.ClosedStores())
        paste_file = pathlib.Path(directory, 'api-paste.ini')
        paste_file.write_text(
            PASTE.format(profile=profile, config_file=config_file)
        )
        self.useFixture(fixtures.FakeLogger())
        return loadwsgi.loadapp(f'config:{paste_file}')

    def ask(self, app: Any, **keypair: str) -> webob.Response:
        request = webob.Request.blank(
            '/os-keypairs', method='POST', json={'keypair': keypair}
        )
        request.environ['REMOTE_ADDR'] = '127.0.0.1'
        request.headers.update(tables.identity('amelia'))
        return request.get_response(app)

    def manage(self, *arguments: str) -> str:
        """Return what a command prints."""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            self.assertEqual(0, manage.main(['profile', *arguments]))
        return printed.getvalue()


class TestPackage(Mounted):
    def setUp(self) -> None:
        super().setUp()
        for module in ('pip', 'setuptools'):
            if importlib.util.find_spec(module) is None:
                self.skipTest(f'{module} is not installed')
        self.useFixture(Installed())

    def test_package(self) -> None:
        self.assertIn('acme', profiles.available())
        self.assertIn('Acme Cloud.', self.manage('list'))
        self.assertIn('"made by Acme"', self.manage('show', 'acme'))
        self.assertIn('429 enough', self.manage('diff', 'nova', 'acme'))

        app = self.mount('acme')
        answer = self.ask(app, name='upto.8', type='ssh')
        self.assertEqual(400, answer.status_int)
        answer = self.ask(app, name='uptonine')
        self.assertEqual(203, answer.status_int)
        self.assertNotIn('OpenStack-API-Version', answer.headers)
        keypair = answer.json['keypair']
        self.assertTrue(keypair['public_key'].endswith(' made by Acme'))
        self.assertEqual('ssh', keypair['type'])
        answer = self.ask(app, name='another', public_key=service.KEY)
        self.assertEqual(429, answer.status_int)
        self.assertEqual('60', answer.headers['Retry-After'])
        self.assertEqual({'enough'}, set(answer.json))
