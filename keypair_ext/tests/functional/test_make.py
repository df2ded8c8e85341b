# SPDX-License-Identifier: Apache-2.0

"""The Makefile: which environment it makes, once, and what it says if not.

And what its tests end with.
"""

import os
import shutil
import subprocess
import sys
import unittest

import fixtures as fixtures_library

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures

# Writes down what it is asked to do, and how far it is with that.
_PYTHON = """\
#!/bin/sh
case "$1 $2" in
'-c '*base_prefix*) echo "(3, {minor}) {prefix}" ;;
'-c '*%d.%d*) echo 3.{minor} ;;
'-c '*) ;;
'-m venv')
    echo "begin $3" >> log
    sleep {seconds}
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/real"
    ln -sf real "$3/bin/python"
    echo "end $3" >> log
    exit {venv} ;;
*) echo "$2 $3" >> log ;;
esac
"""


# Make's own, and the interpreter that stestr is told to run with coverage.
_OF_THE_RUN = ('MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'PYTHON')


@unittest.skipUnless(shutil.which('make'), 'no make')
class MakeTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        for name in (
            'Makefile',
            'requirements.txt',
            'setup.cfg',
            'setup.py',
            'test-requirements.txt',
            'tools/constraints.txt',
        ):
            copy = self.directory / name
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(fixtures.ROOT / name, copy)

    def _python(
        self, prefix: str, minor: int = 12, venv: int = 0, seconds: float = 0
    ) -> str:
        """Make what the Makefile takes for an interpreter."""
        path = self.directory / prefix / 'bin' / 'python3'
        path.parent.mkdir(parents=True)
        path.write_text(
            _PYTHON.format(
                prefix=prefix, minor=minor, venv=venv, seconds=seconds
            )
        )
        path.chmod(0o755)
        return f'{prefix}/bin/python3'

    def _start(
        self, *arguments: str, target: str = 'serve'
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ['make', target, *arguments],
            cwd=self.directory,
            # Not the child of the make that runs the tests.
            env={
                name: value
                for name, value in os.environ.items()
                if name not in _OF_THE_RUN
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _make(self, *arguments: str) -> tuple[int, str]:
        """Make; return the status, and what was said last but by make."""
        with self._start(*arguments) as child:
            _, told = child.communicate(timeout=120)
        lines = [
            line
            for line in told.splitlines()
            if not line.startswith(('make:', 'make[1]:'))
        ]
        return child.returncode, lines[-1] if lines else ''

    def _log(self) -> list[str]:
        return (self.directory / 'log').read_text().splitlines()

    def test_two_at_once_make_it_once(self) -> None:
        python = self._python('a', seconds=0.5)
        children = [self._start(f'PYTHON={python}') for _ in range(2)]
        for child in children:
            with child:
                told = child.communicate(timeout=60)
                self.assertEqual(0, child.returncode, str(told))
        venv = '.venv-python3.12'
        self.assertEqual(
            [
                f'begin {venv}',
                f'end {venv}',
                *['pip install'] * 2,
                *['keypair_ext.testbed serve'] * 2,
            ],
            self._log(),
        )

    def test_each_version_has_its_own(self) -> None:
        for prefix, minor in ('a', 12), ('b', 13):
            status, told = self._make(f'PYTHON={self._python(prefix, minor)}')
            self.assertEqual((0, ''), (status, told))
            self.assertIn(f'begin .venv-python3.{minor}', self._log())

    def test_another_interpreter_of_the_version(self) -> None:
        self.assertEqual(0, self._make(f'PYTHON={self._python("a")}')[0])
        self.assertEqual(
            (
                2,
                '.venv-python3.12 was made with another Python than '
                'b/bin/python3; remove it, and it is made anew: rm -rf '
                '.venv-python3.12',
            ),
            self._make(f'PYTHON={self._python("b")}'),
        )

    def test_no_interpreter(self) -> None:
        status, told = self._make('PYTHON=python2.0')
        self.assertEqual(2, status)
        self.assertIn('needs Python 3.11 or newer, which python2.0', told)
        self.assertIn('for example: make serve PYTHON=python3.12', told)

    def test_no_venv_module(self) -> None:
        status, told = self._make(f'PYTHON={self._python("a", venv=1)}')
        self.assertEqual(2, status)
        self.assertIn('cannot make a virtual environment', told)
        self.assertFalse((self.directory / '.venv-python3.12').exists())

    def test_no_index(self) -> None:
        self.useFixture(
            fixtures_library.EnvironmentVariable(
                'PIP_INDEX_URL', 'http://127.0.0.1:9/'
            )
        )
        for name, value in ('RETRIES', '0'), ('FIND_LINKS', ''):
            self.useFixture(
                fixtures_library.EnvironmentVariable(f'PIP_{name}', value)
            )
        status, told = self._make(f'PYTHON={sys.executable}')
        self.assertEqual(2, status)
        self.assertEqual(
            'pip could not install what is needed; where the package index '
            'cannot be reached, name another one in PIP_INDEX_URL or a proxy '
            'in PIP_PROXY.',
            told,
        )

    def test_clean_leaves_nothing(self) -> None:
        before = list(self.directory.rglob('*'))
        text = (fixtures.ROOT / '.gitignore').read_text()
        for pattern in text.split('# Editors')[0].splitlines():
            if pattern and not pattern.startswith(('#', '*.pyc')):
                name = pattern.strip('/').replace('.venv*', '.venv-*')
                name = name.replace('*', 'x')
                path = self.directory / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.mkdir() if pattern.endswith('/') else path.touch()
        nested = self.directory / 'tools' / '__pycache__'
        nested.mkdir()
        (nested / 'a.pyc').touch()
        with self._start(target='clean') as child:
            child.communicate(timeout=120)
        self.assertEqual(0, child.returncode)
        static = self.directory / 'doc' / 'source' / '_static'
        left = {*self.directory.rglob('*')} - {*before}
        self.assertEqual(set(), left - {static, *static.parents})

    def test_tests_by_name(self) -> None:
        python = self._python('a')
        arguments = (f'PYTHON={python}', 'TEST=unit.keytypes|unit.db b')
        with self._start(*arguments, target='test') as child:
            child.communicate(timeout=120)
        self.assertEqual(0, child.returncode)
        self.assertEqual('unit.keytypes|unit.db b', self._log()[-1])


_TESTS = """\
import unittest

class SampleTest(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self): self.fail()
    @unittest.skip('not here')
    def test_elsewhere(self): pass
"""


class RunTestsTest(base.TestCase):
    """tools/run_tests.py, in a tree that has three tests."""

    def setUp(self) -> None:
        super().setUp()
        (self.directory / '.stestr.conf').write_text(
            '[DEFAULT]\ntest_path=./sample\ntop_dir=./\n'
        )
        package = self.directory / 'sample'
        package.mkdir()
        (package / '__init__.py').touch()
        (package / 'test_sample.py').write_text(_TESTS)

    def _run(self, *arguments: str) -> tuple[int, list[str]]:
        done = completed(
            [sys.executable, fixtures.ROOT / 'tools/run_tests.py', *arguments],
            cwd=self.directory,
            stderr=subprocess.STDOUT,
        )
        return done.returncode, done.stdout.splitlines()[-2:]

    def test_it_ends_with_names_and_counts(self) -> None:
        self.assertEqual(
            (
                1,
                [
                    'Failed: sample.test_sample.SampleTest.test_bad',
                    '1 passed, 1 failed, 1 skipped',
                ],
            ),
            self._run(),
        )

    def test_by_a_name_that_nobody_has(self) -> None:
        status, lines = self._run('test_god')
        self.assertEqual(1, status)
        self.assertIn('No test has test_god in its name;', lines[0])

    def test_by_name(self) -> None:
        status, lines = self._run('test_good')
        self.assertEqual(
            (0, '1 passed, 0 failed, 0 skipped'), (status, lines[-1])
        )
        # Of what a test does not cover nobody has asked.
        self.assertNotIn('TOTAL', lines[0])

    def test_no_such_test(self) -> None:
        status, lines = self._run('test_nothing')
        self.assertEqual(
            (1, '0 passed, 0 failed, 0 skipped'), (status, lines[-1])
        )
