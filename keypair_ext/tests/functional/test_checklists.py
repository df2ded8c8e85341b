# SPDX-License-Identifier: Apache-2.0

"""The files that the checklists for developers name are there."""

import re

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

_PAGE = fixtures.ROOT / 'doc' / 'source' / 'contributor' / 'adding.rst'


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
