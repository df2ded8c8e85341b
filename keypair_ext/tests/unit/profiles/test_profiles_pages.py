# SPDX-License-Identifier: Apache-2.0

"""The pages about profiles: what they show is what there is."""

import pathlib
import re
import textwrap

import keypair_ext
from keypair_ext import profiles
from keypair_ext.tests import base

PAGES = (
    pathlib.Path(keypair_ext.__file__).parent.parent
    / 'doc/source/reference/profiles'
)


def block(page: str, language: str) -> str:
    """Return the first code block of a language."""
    text = (PAGES / page).read_text()
    found = re.search(
        rf'\.\. code-block:: {language}\n\n((?: +.*\n|\n)+)', text
    )
    return textwrap.dedent(found[1]) if found else ''


class TestPages(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        if not PAGES.is_dir():
            self.skipTest('the documentation is in a checkout only')

    def test_every_profile_is_shown(self) -> None:
        pages = [page.read_text() for page in PAGES.glob('*.rst')]
        for name in profiles.available():
            shown = f'/keypair_ext/profiles/{name}.toml'
            self.assertTrue(any(shown in page for page in pages), name)

    def test_example(self) -> None:
        path = self.directory / 'a.toml'
        path.write_text(block('own.rst', 'toml'))
        profile = profiles.load(f'file:{path}')
        self.assertEqual('acme', profile.name)
        self.assertEqual('2.60', profile.versions.max)

    def test_complaint(self) -> None:
        path = self.directory / 'a.toml'
        wrong = block('own.rst', 'toml')
        wrong = wrong.replace('max = ', 'maximum = ').replace('63', '256')
        path.write_text(wrong)
        self.assertEqual(
            block('own.rst', 'text').split(),
            self.mistake(profiles.load, f'file:{path}')
            .replace(str(path), '/etc/keypair_ext/acme.toml')
            .split(),
        )
