# SPDX-License-Identifier: Apache-2.0

"""The page about security names tests that are there."""

import re

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

PAGE = fixtures.ROOT / 'doc' / 'source' / 'reference' / 'security.rst'
TESTS = fixtures.ROOT / 'keypair_ext' / 'tests'


class PromisesTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.page = PAGE.read_text()

    def test_files_are_there(self) -> None:
        names = re.findall(r'``([\w/]+\.py)``', self.page)
        self.assertGreater(len(names), 10)
        for name in names:
            with self.subTest(name=name):
                self.assertNotEqual([], list(TESTS.rglob(name)))

    def test_classes_are_there(self) -> None:
        code = '\n'.join(path.read_text() for path in TESTS.rglob('*.py'))
        names = re.findall(r'``(\w+(?:Test|Cases|Callers))``', self.page)
        self.assertGreater(len(names), 5)
        for name in names:
            with self.subTest(name=name):
                self.assertRegex(code, rf'(?m)^class {name}\(')

    def test_every_promise_names_who_shows_it(self) -> None:
        promises = self.page.split('Promises\n=')[1].split('\nNot promised')[0]
        terms = re.split(r'\n\n(?=\S)', promises)[1:]
        self.assertGreater(len(terms), 8)
        for term in terms:
            with self.subTest(promise=term.split('\n')[0]):
                self.assertRegex(term, r'``[\w/]+\.py``')
