# SPDX-License-Identifier: Apache-2.0

"""The operations of ``os_api_ref``, without the theme that it is made for.

Its pages fold operations by Bootstrap and jQuery, which only that theme has.
Here an operation is a section like any other, with method and path under its
title, and what folds is left out.
"""

from typing import Any

import os_api_ref
from docutils import nodes
from sphinx.application import Sphinx

_FOLDING = 'api-site'


def _as_paragraph(app: Sphinx, doctree: nodes.document) -> None:
    """Make a section of each operation anew, before os_api_ref folds it."""
    for node in list(doctree.findall(os_api_ref.rest_method)):
        text = f'{node["method"]} {node["url"]}'
        line = nodes.paragraph('', '', nodes.literal('', text))
        line['classes'].append('operation')
        holder = node.parent
        # The directive wraps what it writes into a section of its own.
        holder.replace_self([line, *(c for c in holder if c is not node)])


def _without_folding(
    app: Sphinx, page: str, template: str, context: Any, doctree: object
) -> None:
    for files in ('css_files', 'script_files'):
        context[files] = [
            name for name in context[files] if _FOLDING not in str(name)
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Come before os_api_ref, which comes at the usual 500."""
    app.connect('doctree-read', _as_paragraph, priority=400)
    app.connect('html-page-context', _without_folding)
    return {'parallel_read_safe': True}
