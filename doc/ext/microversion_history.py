# SPDX-License-Identifier: Apache-2.0

"""Directive ``microversion-history``: the versions that changed os-keypairs.

The text stands in :mod:`keypair_ext.api.microversions`, beside the numbers.
"""

from docutils import nodes, statemachine
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from keypair_ext.api import microversions


class MicroversionHistory(SphinxDirective):
    """Write one definition list: the version, what it changed."""

    def run(self) -> list[nodes.Node]:
        lines = statemachine.StringList()
        source = microversions.__name__
        for version, change in microversions.HISTORY:
            for line in (str(version), f'    {change}', ''):
                lines.append(line, source)
        container = nodes.container()
        self.state.nested_parse(lines, self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive('microversion-history', MicroversionHistory)
    return {'parallel_read_safe': True}
