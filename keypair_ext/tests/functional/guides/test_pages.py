# SPDX-License-Identifier: Apache-2.0

"""The pages of the guides, as they are read before they are followed."""

import re
from collections.abc import Iterator

from keypair_ext.tests import base
from keypair_ext.tests.functional.guides import (
    page,
    stages,
    stand_ins,
    upgrade,
)
from keypair_ext.tests.functional.servers import shipped

_PAGE = """\
.. stand-ins: pip, systemctl

.. code-block:: console

   $ one \\
       two  # returns 3
   printed ... lines

   more
   # cat <<'EOF'
   # no prompt
   EOF

.. code-block:: ini
   :caption: ~/file

   [section]

     indented

.. code-block:: python

   nothing
"""


class PageTest(base.TestCase):
    def test_steps(self) -> None:
        first, second, file = page.steps(_PAGE)
        marks = ('pip', 'systemctl')
        self.assertEqual(
            page.Command(
                5,
                'one \\\n    two',
                3,
                'printed ... lines\n\nmore',
                marks,
            ),
            first,
        )
        self.assertEqual(
            page.Command(10, "cat <<'EOF'\n# no prompt\nEOF", stand_ins=marks),
            second,
        )
        assert isinstance(file, page.File)
        self.assertEqual(
            ('~/file', '[section]\n\n  indented\n'),
            (str(file.path), file.text),
        )

    def test_what_is_printed(self) -> None:
        for expected, printed in (
            ('OK', 'OK\n'),
            ('a long line', 'a\nlong  line'),
            ('... b ... d', 'a b c d'),
            ('a ...', 'a b'),
            ('...', ''),
        ):
            self.assertTrue(page.says(expected, printed), expected)
        for expected, printed in (
            ('OK', 'NO'),
            ('OK', 'OK OK'),
            ('a ... c', 'a b'),
            ('... c ... b ...', 'b c'),
            ('ab ... ba', 'aba'),
        ):
            self.assertFalse(page.says(expected, printed), expected)


class GuidesTest(base.TestCase):
    """What is said of all guides, without following one."""

    def commands(self) -> Iterator[tuple[str, page.Command]]:
        for guide in stages.GUIDES.values():
            for step in page.steps(guide.path.read_text()):
                if isinstance(step, page.Command):
                    yield f'{guide.page}:{step.line}', step

    def test_what_is_stood_in_for_is_marked(self) -> None:
        used = set()
        for where, command in self.commands():
            needed = set(stand_ins.needed(command))
            used |= needed
            with self.subTest(where=where):
                self.assertEqual(set(), needed - set(command.stand_ins))
                self.assertEqual(
                    set(), set(command.stand_ins) - set(stand_ins.REASONS)
                )
        self.assertEqual(set(stand_ins.REASONS), used)

    def test_where_a_newer_release_comes_out_it_is_installed(self) -> None:
        changes = {
            guide.page: [
                upgrade.installed(step.text)
                for step in page.steps(guide.path.read_text())
                if isinstance(step, page.Command)
            ]
            for guide in stages.GUIDES.values()
        }
        self.assertEqual(
            {
                guide.page
                for guide in stages.GUIDES.values()
                if guide.is_outlived
            },
            {name for name, releases in changes.items() if any(releases)},
        )
        self.assertEqual(
            [upgrade.NEWER, '1.0.0'],
            [name for name in changes['admin/load-balancer.rst'] if name],
        )

    def test_files_that_are_copied_are_shipped(self) -> None:
        names = re.compile(r'[a-z-]+\.(?:ini|cfg|service|conf)\b')
        there = {path.name for path in shipped.DIRECTORY.iterdir()}
        copied = {
            name
            for _, command in self.commands()
            if command.text.startswith('cp ')
            for name in names.findall(command.text.split(' /etc/')[0])
        }
        self.assertEqual(set(), copied - there)
        self.assertIn('uwsgi.ini', copied)
