# SPDX-License-Identifier: Apache-2.0

"""The README as part of the first page: what its links mean there.

In the README they lead through the repository. A page of the documentation
becomes a link to that page, any other file one to a copy of it.
"""

import pathlib
import re

from sphinx.application import Sphinx

_README = 'README.rst'
_SOURCE = 'doc/source/'
_LINK = re.compile(r'`([^`<]+?)\s*<([^>`:]+)>`__')


def _rewrite(
    app: Sphinx, path: pathlib.Path, parent: str, content: list[str]
) -> None:
    if path.name == _README:
        text = content[0].replace(f'image:: {_SOURCE}', 'image:: ')
        content[0] = _LINK.sub(_role, text)


def _role(link: re.Match[str]) -> str:
    words = ' '.join(link[1].split())
    # What follows names a test in a file.
    target = link[2].partition('#')[0]
    if target.startswith(_SOURCE) and target.endswith('.rst'):
        page = target.removeprefix(_SOURCE).removesuffix('.rst')
        return f':doc:`{words} </{page}>`'
    return f':download:`{words} </../../{target}>`'


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the README rewritten where it is included."""
    app.connect('include-read', _rewrite)
    return {'parallel_read_safe': True}
