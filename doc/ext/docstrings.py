# SPDX-License-Identifier: Apache-2.0

"""Directive ``docstrings``: what each module of a folder says that it is for.

A definition list of the folder's modules and packages, with the first
paragraph of their docstrings. The argument is a glob from the root of the
repository; of a package its ``__init__.py`` counts.
"""

import ast
import pathlib

from docutils import nodes, statemachine
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

_ROOT = pathlib.Path(__file__).parents[2]


class Docstrings(SphinxDirective):
    """Write one definition list: the module, what it is for."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        lines = statemachine.StringList()
        for path in sorted(_ROOT.glob(self.arguments[0]), key=_named):
            self.env.note_dependency(str(path))
            docstring = ast.get_docstring(ast.parse(path.read_text())) or ''
            for line in (
                f'``{_named(path)}``',
                *(
                    f'    {line}'
                    for line in docstring.split('\n\n')[0].split('\n')
                ),
                '',
            ):
                lines.append(line, str(path))
        container = nodes.container()
        self.state.nested_parse(lines, self.content_offset, container)
        return container.children


def _named(path: pathlib.Path) -> str:
    return f'{path.parent.name}/' if path.stem == '__init__' else path.name


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive to Sphinx."""
    app.add_directive('docstrings', Docstrings)
    return {'parallel_read_safe': True}
