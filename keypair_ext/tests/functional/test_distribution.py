# SPDX-License-Identifier: Apache-2.0

"""What is in the distributions: the source, and what is installed of it.

``KEYPAIR_EXT_TEST_WHEEL=1`` has the wheel serve from an empty environment.
"""

import configparser
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from typing import ClassVar

import fixtures as library

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.servers import process, rest


class DistributionTest(base.TestCase):
    """A wheel that is built of the source distribution, both of this tree."""

    source: ClassVar[set[str]]
    wheel: ClassVar[set[str]]
    archive: ClassVar[pathlib.Path]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, home)
        cls._make_repository(home / 'tree')
        build = 'from pbr import build; print(build.build_sdist("..", None))'
        cls._run(home / 'tree', sys.executable, '-c', build)
        (archive,) = home.glob('*.tar.gz')
        with tarfile.open(archive) as file:
            names = file.getnames()
            file.extractall(home, filter='data')
        root = archive.name.removesuffix('.tar.gz')
        cls.source = {name.removeprefix(f'{root}/') for name in names}
        # As in a tree from which gunicorn has been started.
        (home / root / 'etc' / 'keypair_ext' / '__pycache__').mkdir()
        pip = (sys.executable, '-m', 'pip', 'wheel', '--no-deps', '.')
        cls._run(home / root, *pip, '--no-build-isolation', '--wheel-dir=..')
        (cls.archive,) = home.glob('*.whl')
        with zipfile.ZipFile(cls.archive) as file:
            cls.wheel = set(file.namelist())

    @classmethod
    def _make_repository(cls, tree: pathlib.Path) -> None:
        """Copy what git would, with what is not committed yet."""
        git = ['git', '-C', str(fixtures.ROOT), 'ls-files', '-z', '--cached']
        listing = completed([*git, '--others', '--exclude-standard'])
        if listing.returncode:
            raise cls.skipException('this is no checkout of git')
        for name in listing.stdout.split('\0'):
            path = fixtures.ROOT / name
            if path.is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, tree / name)
        cls._run(tree, 'git', 'init', '--quiet')
        cls._run(tree, 'git', 'add', '--all')
        nobody = ('-c', 'user.name=nobody', '-c', 'user.email=nobody')
        cls._run(tree, 'git', *nobody, 'commit', '--quiet', '--message=all')

    @staticmethod
    def _run(directory: pathlib.Path, *command: str) -> None:
        done = completed(
            command,
            cwd=directory,
            env={'PATH': '/usr/bin:/bin', 'PBR_VERSION': '1.0.0'},
            stderr=subprocess.STDOUT,
        )
        if done.returncode:
            raise AssertionError(done.stdout)

    def _ours(self, *parts: str) -> set[str]:
        """Return the files of the package below a folder, as in the tree."""
        package = fixtures.ROOT / 'keypair_ext'
        return {
            str(path.relative_to(fixtures.ROOT))
            for path in package.joinpath(*parts).rglob('*.py')
        }

    def test_source_has_all(self) -> None:
        self.assertEqual(set(), self._ours() - self.source)

    def test_of_the_tests_the_plugin_is_installed(self) -> None:
        plugin = self._ours('tests', 'tempest')
        self.assertEqual(
            plugin, {name for name in self.wheel if '/tests/' in name}
        )
        package = self._ours() - self._ours('tests')
        self.assertEqual(set(), package - self.wheel)

    def test_what_is_no_module(self) -> None:
        names = {name.removeprefix('keypair_ext/') for name in self.wheel}
        for name in (
            'py.typed',
            'db/alembic/script.py.mako',
            'profiles/nova.toml',
            'profiles/profile.schema.json',
        ):
            self.assertIn(name, names)

    def test_what_operators_copy(self) -> None:
        shipped = fixtures.ROOT / 'etc' / 'keypair_ext'
        installed = {
            name.rpartition('/data/')[2]
            for name in self.wheel
            if '/data/' in name
        }
        for path in shipped.rglob('*.*'):
            if '__pycache__' not in path.parts:
                name = path.relative_to(fixtures.ROOT).as_posix()
                self.assertIn(name, installed)

    @unittest.skipUnless(
        os.environ.get('KEYPAIR_EXT_TEST_WHEEL'),
        'KEYPAIR_EXT_TEST_WHEEL is not set: tox -e wheel',
    )
    def test_alone(self) -> None:
        home = self.useFixture(process.Directory('wheel')).path
        python = home / 'venv' / 'bin' / 'python'
        constraints = fixtures.ROOT / 'tools' / 'constraints.txt'
        pip = (python, '-m', 'pip', 'install', '--quiet')
        for command in (
            (sys.executable, '-m', 'venv', home / 'venv'),
            (*pip, '--constraint', constraints, f'{self.archive}[serve]'),
        ):
            process.run(command, env=os.environ)

        etc = home / 'venv' / 'etc' / 'keypair_ext'
        port = process.free_port()
        configuration = home / 'keypair_ext.conf'
        database = f'sqlite:///{home}/keypair_ext.sqlite'
        configuration.write_text(
            f'[api]\nauth_strategy = noauth\n'
            f'[database]\nconnection = {database}\n'
        )
        shutil.copy(etc / 'api-paste.ini', home)
        environment = process.clean_environment(
            home,
            OS_KEYPAIR_EXT_CONFIG_DIR=str(home),
            KEYPAIR_EXT_LISTEN=f'{process.LOOPBACK}:{port}',
        )

        def run(program: str, *arguments: str) -> str:
            path = python.with_name(program)
            return process.run([path, *arguments], env=environment)

        run('keypair-ext-manage', 'db', 'sync')
        self.assertIn(
            'database: success', run('keypair-ext-status', 'upgrade', 'check')
        )
        self.assertEqual(
            'keypair-ext-manage 1.0.0',
            run('keypair-ext-manage', '--version').strip(),
        )
        url = f'http://{process.LOOPBACK}:{port}'
        self.useFixture(
            process.Process(
                [
                    python.with_name('gunicorn'),
                    '--config',
                    etc / 'gunicorn.conf.py',
                ],
                log=home / 'log',
                port=port,
                ready=lambda: process.answers_http(url),
                env=environment,
                cwd=home,
            )
        )
        answer = rest.call(
            'GET',
            f'{url}/v2.1/os-keypairs',
            headers={'X-Auth-Token': 'amelia:aaaa'},
        )
        self.assertEqual({'keypairs': []}, answer.expect(200).json())


class VersionTest(base.TestCase):
    """What a build is called, by the tree that it is made of."""

    def setUp(self) -> None:
        super().setUp()
        self.tree = pathlib.Path(self.useFixture(library.TempDir()).path)
        for name in 'setup.py', 'setup.cfg', 'README.rst', 'requirements.txt':
            shutil.copy(fixtures.ROOT / name, self.tree)
        described = configparser.RawConfigParser()
        described.read(self.tree / 'setup.cfg')
        self.release = described['metadata']['version']

    def _version(self) -> str:
        return self._run(sys.executable, 'setup.py', '--version').split()[-1]

    def _git(self, *arguments: str) -> None:
        nobody = ('-c', 'user.name=nobody', '-c', 'user.email=nobody')
        self._run('git', *nobody, *arguments)

    def _run(self, *command: str) -> str:
        environment = {'PATH': os.environ['PATH'], 'HOME': str(self.tree)}
        return completed(
            command, check=True, cwd=self.tree, env=environment
        ).stdout

    def test_without_git(self) -> None:
        self.assertEqual(self.release, self._version())

    def test_without_a_tag(self) -> None:
        self._git('init', '--quiet')
        for development in '', '', '.dev1', '.dev2':
            self.assertEqual(self.release + development, self._version())
            self._git('commit', '--quiet', '--allow-empty', '--message=change')

    def test_with_a_tag(self) -> None:
        self._git('init', '--quiet')
        self._git('commit', '--quiet', '--allow-empty', '--message=release')
        self._git('tag', '--annotate', '--message=it', self.release)
        self.assertEqual(self.release, self._version())
