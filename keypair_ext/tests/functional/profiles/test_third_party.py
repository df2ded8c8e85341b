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

import fixtures

from keypair_ext import profiles
from keypair_ext.cmd import manage
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures as service

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


class TestPackage(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        for module in ('pip', 'setuptools'):
            if importlib.util.find_spec(module) is None:
                self.skipTest(f'{module} is not installed')
        self.useFixture(Installed())

    def manage(self, *arguments: str) -> str:
        """Return what a command prints."""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            self.assertEqual(0, manage.main(['profile', *arguments]))
        return printed.getvalue()

    def test_package(self) -> None:
        self.assertIn('acme', profiles.available())
        self.assertIn('Acme Cloud.', self.manage('list'))
        self.assertIn('"made by Acme"', self.manage('show', 'acme'))
        self.assertIn('429 enough', self.manage('diff', 'nova', 'acme'))

        mounted = self.useFixture(
            service.Service(
                {'quota': {'key_pairs': 1}},
                {'app:keypairs': {'profile': 'acme'}},
            )
        )
        answer = mounted.create('upto.8', type='ssh')
        self.assertEqual(400, answer.status_int)
        answer = mounted.ask(
            'POST',
            '/v2.1/os-keypairs',
            body={'keypair': {'name': 'uptonine'}},
        )
        self.assertEqual(203, answer.status_int)
        self.assertNotIn('OpenStack-API-Version', answer.headers)
        keypair = answer.json['keypair']
        self.assertTrue(keypair['public_key'].endswith(' made by Acme'))
        self.assertEqual('ssh', keypair['type'])
        answer = mounted.create('another')
        self.assertEqual(429, answer.status_int)
        self.assertEqual('60', answer.headers['Retry-After'])
        self.assertEqual({'enough'}, set(answer.json))
