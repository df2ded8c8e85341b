# SPDX-License-Identifier: Apache-2.0

"""The file of differences is read strictly, and the page made from it."""

import sys

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional.conformance import differences
from keypair_ext.tests.functional.nova.environment import ROOT

_ENTRY = """
[[difference]]
id = 'one'
request = 'a'
nova = 'b'
ours = 'c'
reason = 'd'

[[difference.shown]]
requests = ['area: a*', 'area: b']
status = [400, 201]

[[difference.shown]]
requests = ['area: a*']
status = [200, 200]
parts = ['header x']
mounts = ['standalone']

[[difference.shown]]
requests = ['area: d']
status = [400, 201]
releases = ['1', '2']
"""

_TOOL = ROOT / 'tools' / 'differences.py'


def _found(
    request: str,
    *parts: str,
    statuses: tuple[int, int] = (400, 201),
    mount: str = 'filter',
) -> differences.Found:
    return differences.Found(mount, f'area: {request}', statuses, parts)


class FileTestCase(base.TestCase):
    def _load(self, text: str) -> tuple[differences.Difference, ...]:
        path = self.directory / 'file.toml'
        path.write_text(text)
        return differences.load(path)

    def test_covers_what_it_says(self) -> None:
        (entry,) = self._load(_ENTRY)
        for found in (
            _found('a', 'status', 'document'),
            _found('ab', 'status', 'header content-type'),
            _found('b', 'status', mount='standalone'),
            _found('a', 'header x', statuses=(200, 200), mount='standalone'),
        ):
            self.assertTrue(entry.covers(found), found)
            self.assertIs(entry, differences.explain(found, [entry]))

    def test_covers_nothing_else(self) -> None:
        (entry,) = self._load(_ENTRY)
        for found in (
            _found('c', 'status'),
            _found('bb', 'status'),
            # Of another Nova than this one.
            _found('d', 'status'),
            _found('a', 'status', statuses=(400, 200)),
            _found('a', 'status', statuses=(201, 400)),
            _found('a', 'status', 'header vary'),
            _found('a', 'header x', statuses=(200, 200)),
            _found(
                'a',
                'header x',
                'document',
                statuses=(200, 200),
                mount='standalone',
            ),
        ):
            self.assertFalse(entry.covers(found), found)
            self.assertIsNone(differences.explain(found, [entry]))

    def test_every_pattern_has_to_be_seen(self) -> None:
        (entry,) = self._load(_ENTRY)
        self.assertEqual(['area: a*', 'area: b'], entry.unseen([], 'filter'))
        some = [_found('a', 'status'), _found('b', 'status')]
        self.assertEqual([], entry.unseen(some, 'filter'))
        self.assertEqual(['area: b'], entry.unseen(some[:1], 'filter'))
        self.assertEqual(
            ['area: a*', 'area: b', 'area: a*', 'header x'],
            entry.unseen(some, 'standalone'),
        )

    def test_mounts(self) -> None:
        (entry,) = self._load(_ENTRY)
        self.assertEqual(differences.MOUNTS, entry.mounts)

    def test_releases(self) -> None:
        (entry,) = self._load(_ENTRY)
        self.assertEqual((), entry.releases)
        first, _, last = _ENTRY.rpartition('[[difference.shown]]')
        head = first.partition('[[difference.shown]]')[0]
        (entry,) = self._load(f'{head}[[difference.shown]]{last}')
        self.assertEqual(('1', '2'), entry.releases)

    def test_mistakes(self) -> None:
        for text in (
            _ENTRY + _ENTRY,
            _ENTRY.replace("reason = 'd'", ''),
            _ENTRY.replace("reason = 'd'", "reason = 'd'\nx = 1"),
            _ENTRY.replace('status = [400, 201]', ''),
            _ENTRY.replace('parts =', 'part ='),
        ):
            self.assertRaises(ValueError, self._load, text)


class PageTestCase(base.TestCase):
    def test_the_file_is_in_order(self) -> None:
        for difference in differences.load():
            for text in (
                difference.request,
                difference.nova,
                difference.ours,
                difference.reason,
            ):
                self.assertTrue(text, difference.id)

    def test_the_page_is_up_to_date(self) -> None:
        if not _TOOL.exists():
            self.skipTest('not in a source tree')
        done = completed([sys.executable, _TOOL, '--check'])
        self.assertEqual(0, done.returncode, done.stderr)
