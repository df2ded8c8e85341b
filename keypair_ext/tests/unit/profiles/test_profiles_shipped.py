# SPDX-License-Identifier: Apache-2.0

"""The profiles that come with the package, and who knows of them."""

import ast
import pathlib
import re

import keypair_ext
from keypair_ext import profiles
from keypair_ext.profiles import checks, sources
from keypair_ext.tests import base

PACKAGE = pathlib.Path(keypair_ext.__file__).parent

VENDORS = re.compile('rackspace|open ?telekom|telekom|vietnix', re.IGNORECASE)
OTC = re.compile(r'\botc\b', re.IGNORECASE)

# Where vendors may be named.
HOME = (PACKAGE / 'profiles', PACKAGE / 'api' / 'contract.py')


class TestShipped(base.TestCase):
    def test_valid(self) -> None:
        for name in sources.shipped():
            with self.subTest(name=name):
                document = checks.parse(sources.read(name))
                self.assertEqual([], profiles.check(name, document))

    def test_default(self) -> None:
        self.assertEqual('nova', profiles.DEFAULT)


class TestNobodyElseKnowsVendors(base.TestCase):
    def modules(self) -> list[pathlib.Path]:
        return [
            path
            for path in PACKAGE.rglob('*.py')
            if PACKAGE / 'tests' not in path.parents
            and not any(path == home or home in path.parents for home in HOME)
        ]

    def test_no_module_names_one(self) -> None:
        names = [*profiles.available()]
        names.remove('nova')
        self.assertTrue(all(VENDORS.search(n) or OTC.search(n) for n in names))
        self.assertGreater(len(self.modules()), 40)
        for path in self.modules():
            text = path.read_text()
            for expression in (VENDORS, OTC):
                self.assertIsNone(expression.search(text), str(path))

    def test_no_module_compares_a_profiles_name(self) -> None:
        """Not even ours: what a profile is called decides nothing."""
        for path in self.modules():
            for node in ast.walk(base.parse(path)):
                if isinstance(node, ast.Compare):
                    self.assertNotIn(
                        'profile.name', ast.unparse(node), str(path)
                    )
