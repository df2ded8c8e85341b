# SPDX-License-Identifier: Apache-2.0

"""The README, which is the first page of the documentation, too, is true.

Its links lead to files and to tests in them, its picture is that of the text
beside it, its examples and figures are what the code and the results say.
"""

import ast
import importlib.util
import re
import types

from benchmarks import goals, page
from keypair_ext import exception
from keypair_ext.keytypes import rsa, ssh
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.nova import test_install


def words(text: str) -> str:
    """Return a text on one line."""
    return ' '.join(text.split())


def tool(name: str) -> types.ModuleType:
    """Return a script of tools/ as a module."""
    path = fixtures.ROOT / 'tools' / f'{name}.py'
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class FrontPageTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.text = (fixtures.ROOT / 'README.rst').read_text()
        # A path and, after a #, the class and the name of a test.
        self.links = re.findall(r'<([^>:#]+)#?([\w.]*)>`__', self.text)

    def test_links_lead_to_files(self) -> None:
        self.assertGreater(len(self.links), 20)
        pictures = re.findall(r'^\.\. image:: (.+)$', self.text, re.M)
        for path in (*(path for path, _ in self.links), *pictures):
            with self.subTest(path=path):
                self.assertTrue((fixtures.ROOT / path).exists())

    def test_tests_are_there(self) -> None:
        tests = [link for link in self.links if link[1]]
        self.assertGreater(len(tests), 9)
        for path, name in tests:
            tree = base.parse(fixtures.ROOT / path)
            known = {
                f'{cls.name}.{function.name}'
                for cls in tree.body
                if isinstance(cls, ast.ClassDef)
                for function in cls.body
                if isinstance(function, ast.FunctionDef)
            }
            with self.subTest(test=name):
                self.assertIn(name, known)

    def test_whatever_is_promised_is_shown(self) -> None:
        table = self.text.split('list-table::')[1].split('\nHow fast')[0]
        _, _, *rows = table.split('   * - ')
        self.assertGreater(len(rows), 6)
        for row in rows:
            with self.subTest(row=row.splitlines()[0]):
                self.assertRegex(row, r'#\w+\.test_\w+>`__')

    def test_picture(self) -> None:
        drawing = tool('draw_mounts')
        self.assertEqual(
            drawing.draw(drawing.TEXT.read_text()),
            drawing.PICTURE.read_text(),
        )

    def test_errors(self) -> None:
        key_type = ssh.SshKeyType(rsa.make_rsa)
        told = re.findall(
            r'``(\S+)`` (?:is told )?"([^"]+\.)"', words(self.text)
        )
        self.assertEqual(2, len(told))
        for key, reason in told:
            error = self.assertRaises(
                exception.InvalidKey, key_type.fingerprint, key
            )
            self.assertEqual(reason, error.fields['reason'])

    def test_packages(self) -> None:
        *names, last = sorted(test_install.NEW - {'keypair-ext'})
        self.assertIn(f'{", ".join(names)} and {last}', words(self.text))

    def test_figures(self) -> None:
        runs = page.results()
        picture = (page.PAGE.parent / 'performance-mounts.svg').read_text()
        text = words(self.text)
        mounts = text.replace(' as fast as Nova', '')
        for section, server, mounted in (
            ('load-balancer', 'service', 'at the load balancer'),
            ('filter', 'filter', 'as a filter'),
            ('keystone', 'service', 'as a service'),
        ):
            ratios = goals.ratios(runs, section, server).values()
            for ratio in ratios:
                self.assertIn(f'>{ratio:.3g}<', picture)
            if ratios:
                self.assertIn(
                    f'{min(ratios):.0f} to {max(ratios):.0f} times {mounted}',
                    mounts,
                )
        ours, novas = (
            max(run['footprint'][server]['megabytes'] for run in runs)
            for server in ('service', 'nova')
        )
        self.assertIn(f'has {ours:.0f} MB of memory', text)
        self.assertIn(f'nova-api has {novas:.0f} MB', text)
        self.assertIn('passes the filter in less than a microsecond', text)
        self.assertLess(max(run['passing'] for run in runs), 1)
