# SPDX-License-Identifier: Apache-2.0

"""No page is wider than the window, on a phone or on a desk.

``KEYPAIR_EXT_TEST_PAGES`` is the directory of the pages, ``doc/build/html``.
"""

import os
import pathlib
import unittest

import fixtures as library

from keypair_ext.tests import base
from keypair_ext.tests.functional.pages import browser

_DIRECTORY = os.environ.get('KEYPAIR_EXT_TEST_PAGES', '')

PHONE = 390
DESK = 1280


@unittest.skipUnless(
    _DIRECTORY and browser.PROGRAM,
    'KEYPAIR_EXT_TEST_PAGES is not set or there is no chromium: tox -e pages',
)
class WidthTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(_DIRECTORY)
        self.site = self.useFixture(browser.Site(self.directory))

    def names(self, pattern: str) -> list[str]:
        """Return the files of a kind, from the directory."""
        return [
            path.relative_to(self.directory).as_posix()
            for path in sorted(self.directory.rglob(pattern))
            if '_static' not in path.parts
        ]

    def test_pages(self) -> None:
        pages = self.names('*.html')
        self.assertIn('index.html', pages)
        for width in PHONE, DESK:
            measured = self.site.too_wide(pages, width)
            self.assertEqual(len(pages), len(measured))
            wide = {page: found for page, found in measured.items() if found}
            self.assertEqual({}, wide, f'{width} pixels')

    def test_nothing_is_cut_off_in_a_picture(self) -> None:
        pictures = self.names('*.svg')
        measured = self.site.too_wide(pictures, DESK)
        self.assertEqual({name: [] for name in pictures}, measured)

    def test_what_is_too_wide_is_found(self) -> None:
        text = '<meta charset="utf-8"><article>{}</article>'
        wide = '<div style="width: 500px">wide</div>'
        scrolling = f'<div style="overflow-x: auto">{wide}</div>'
        hidden = f'<div style="overflow-x: hidden">{wide}</div>'
        cell = '<td style="max-width: 60px; overflow-wrap: {}"><code>{}</code>'
        event = 'keypair.import'
        home = pathlib.Path(self.useFixture(library.TempDir()).path)
        for name, inner in (
            ('wide', wide),
            ('scrolling', scrolling),
            ('hidden', hidden),
            ('torn', f'<table>{cell.format("anywhere", event)}</table>'),
            ('whole', f'<table>{cell.format("normal", event)}</table>'),
            ('words', f'<table>{cell.format("normal", "a key-pair")}</table>'),
        ):
            (home / f'{name}.html').write_text(text.format(inner))
        site = self.useFixture(browser.Site(home))
        names = ['wide.html', 'scrolling.html', 'hidden.html']
        names += ['torn.html', 'whole.html', 'words.html']
        self.assertEqual(
            {
                'wide.html': ['div: wide', 'the page'],
                'scrolling.html': [],
                'hidden.html': ['div: wide'],
                'torn.html': ['code: keypair.import'],
                'whole.html': [],
                'words.html': [],
            },
            site.too_wide(names, PHONE),
        )
        names = names[:3]
        self.assertEqual(
            {name: [] for name in names}, site.too_wide(names, DESK)
        )

    def test_a_table_that_scrolls_on_a_desk_is_found(self) -> None:
        home = pathlib.Path(self.useFixture(library.TempDir()).path)
        (home / 'table.html').write_text(
            '<article><div class="table-wrapper" style="overflow-x: auto">'
            '<div style="width: 1500px">wide</div></div></article>'
        )
        site = self.useFixture(browser.Site(home))
        for width, found in (PHONE, []), (DESK, ['div: wide']):
            self.assertEqual(
                {'table.html': found}, site.too_wide(['table.html'], width)
            )
