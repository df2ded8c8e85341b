# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

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
