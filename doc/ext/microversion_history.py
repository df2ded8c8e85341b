# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


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
