# SPDX-License-Identifier: Apache-2.0

"""What the pages for developers name is there."""

import re

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

_PAGE = fixtures.ROOT / 'doc' / 'source' / 'contributor' / 'adding.rst'
_PAGES = (
    fixtures.ROOT / 'CONTRIBUTING.rst',
    fixtures.ROOT / 'HACKING.rst',
    *_PAGE.parent.glob('*.rst'),
)


class PagesTest(base.TestCase):
    def named(self, pattern: str) -> set[tuple[str, str]]:
        """Return what the pages name, each with a page that does."""
        return {
            (name, page.name)
            for page in _PAGES
            for name in re.findall(pattern, page.read_text())
        }

    def test_modules(self) -> None:
        there = [
            path.as_posix()
            for top in ('keypair_ext', 'tools')
            for path in (fixtures.ROOT / top).rglob('*.py')
        ]
        named = self.named(r'[`/ ](\w[\w/]*\.py)\b')
        self.assertGreater(len(named), 25)
        for name, page in named:
            # A checklist calls so what will be new.
            if 'NAME' not in name:
                with self.subTest(name=name, page=page):
                    self.assertTrue(
                        any(path.endswith(f'/{name}') for path in there)
                    )

    def test_names_in_capitals(self) -> None:
        """Those of tables and limits in the code."""
        code = '\n'.join(
            path.read_text()
            for path in (fixtures.ROOT / 'keypair_ext').rglob('*.py')
        )
        named = self.named(r'``(?!KEYPAIR_EXT|NAME|ENUM)([A-Z][A-Z_]+)``')
        self.assertIn('BOUNDARIES', {name for name, _ in named})
        for name, page in named:
            with self.subTest(name=name, page=page):
                self.assertTrue(re.search(rf'\b{name}\b', code))

    def test_stories(self) -> None:
        gabbits = fixtures.ROOT / 'keypair_ext/tests/functional/gabbits'
        named = self.named(r'stestr run ([\w-]+-[\w-]+)')
        self.assertTrue(named)
        for name, page in named:
            with self.subTest(name=name, page=page):
                self.assertTrue((gabbits / f'{name}.yaml').exists())


class ChecklistsTest(base.TestCase):
    def test_files(self) -> None:
        blocks = re.findall(
            r'code-block:: none\n\n((?:   \S+\n)+)', _PAGE.read_text()
        )
        self.assertEqual(6, len(blocks))
        for name in ''.join(blocks).split():
            # Where one will be new there are others like it.
            pattern = re.sub(r'NAME|\bN\b', '*', name)
            with self.subTest(file=name):
                self.assertTrue(list(fixtures.ROOT.glob(pattern)))
