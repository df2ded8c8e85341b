# SPDX-License-Identifier: Apache-2.0

"""Directive ``way-of-a-request``: the functions that a request goes through.

Its text is what ``tools/way_of_a_request.py`` prints for its arguments, now.
"""

import pathlib
import subprocess
import sys

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

_TOOL = pathlib.Path(__file__).parents[2] / 'tools' / 'way_of_a_request.py'


class WayOfARequest(SphinxDirective):
    """Write a block of what the tool prints."""

    final_argument_whitespace = True
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        options = self.arguments[0].split() if self.arguments else []
        # A process of its own: the service sets up logging for all of one.
        done = subprocess.run(  # noqa: S603
            [sys.executable, _TOOL, *options],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        # Each time anew, whatever has changed.
        self.env.note_reread()
        return [nodes.literal_block(done.stdout, done.stdout, language='none')]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive('way-of-a-request', WayOfARequest)
    return {'parallel_read_safe': True}
