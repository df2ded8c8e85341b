# SPDX-License-Identifier: Apache-2.0

"""Every link from page to page leads to a file, and to a place in it.

``KEYPAIR_EXT_TEST_PAGES`` is the directory of the pages, ``doc/build/html``.
"""

import html.parser
import os
import pathlib
import unittest
import urllib.parse

import fixtures as library

from keypair_ext.tests import base

_DIRECTORY = os.environ.get('KEYPAIR_EXT_TEST_PAGES', '')


class _Page(html.parser.HTMLParser):
    """What a page links to, and the places in it."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        for name, value in attrs:
            if name == 'id' and value:
                self.places.add(value)
            elif name in ('href', 'src') and value:
                self.links.append(value)


def broken(directory: pathlib.Path) -> list[tuple[str, str]]:
    """Return the links that lead nowhere, each with the page that has it."""
    pages = {path.resolve(): _Page(path) for path in directory.rglob('*.html')}
    return [
        (path.relative_to(directory.resolve()).as_posix(), link)
        for path, page in pages.items()
        for link in page.links
        if not _leads_somewhere(pages, path, link)
    ]


def _leads_somewhere(
    pages: dict[pathlib.Path, _Page], page: pathlib.Path, link: str
) -> bool:
    url = urllib.parse.urlsplit(link)
    if url.scheme or url.netloc:
        return True
    path = urllib.parse.unquote(url.path)
    target = (page.parent / path).resolve() if path else page
    if target not in pages:
        return target.is_file() and not url.fragment
    return not url.fragment or (
        urllib.parse.unquote(url.fragment) in pages[target].places
    )


class LinksTest(base.TestCase):
    @unittest.skipUnless(
        _DIRECTORY, 'KEYPAIR_EXT_TEST_PAGES is not set: tox -e pages'
    )
    def test_pages(self) -> None:
        self.assertEqual([], broken(pathlib.Path(_DIRECTORY)))

    def test_what_is_broken_is_found(self) -> None:
        home = pathlib.Path(self.useFixture(library.TempDir()).path)
        (home / 'in').mkdir()
        (home / 'in' / 'a.html').write_text(
            '<p id="here"><a href="#here"><a href="../b.html#there">'
            '<a href="https://example.org/"><img src="no.svg">'
        )
        (home / 'b.html').write_text(
            '<a href="in/a.html#here"><a href="in/a.html#nowhere"><a href="c">'
        )
        self.assertEqual(
            [
                ('b.html', 'c'),
                ('b.html', 'in/a.html#nowhere'),
                ('in/a.html', '../b.html#there'),
                ('in/a.html', 'no.svg'),
            ],
            sorted(broken(home)),
        )
