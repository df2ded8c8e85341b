# SPDX-License-Identifier: Apache-2.0

"""Write doc/source/reference/differences.rst from the file of differences.

That file is what the conformance suite goes by, so the page says what is
tested, and nothing else. ``--check`` writes nothing and returns 1 where the
page is not up to date.
"""

import pathlib
import sys
import textwrap

from keypair_ext.tests.functional.conformance import differences

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / 'doc' / 'source' / 'reference' / 'differences.rst'

HEAD = """\
.. Made by tools/differences.py from
   keypair_ext/tests/functional/conformance/differences.toml: edit that.

=====================
Differences from Nova
=====================

Answers equal those of Nova 34 in status, document, fault name and version
headers; the English of messages is our own, and begins with Nova's sentence
where Nova has one that repeats nothing of what was sent. The conformance suite
sends some 15,000 requests to a plain Nova and to ours, mounted in a Nova as a
filter and stand-alone, and compares. It fails for a difference that is not on
this page, and for an entry of this page that no request shows any more.

Where answers differ it is on purpose, and in favour of the caller.

.. list-table::
   :header-rows: 1
   :widths: 30 25 25 20

   * - Request
     - Nova
     - keypair_ext
     - Reason
"""

ONLY = {
    ('filter',): ' *(Filter in Nova only.)*',
    ('standalone',): ' *(Stand-alone service only.)*',
}


def page() -> str:
    """Return the text of the page."""
    return HEAD + ''.join(map(row, differences.load()))


def row(difference: differences.Difference) -> str:
    """Return a difference as a row of the table."""
    where = ONLY.get(difference.mounts, '')
    if difference.releases:
        where += f' *(Nova {" and ".join(difference.releases)} only.)*'
    first, *others = (
        cell(text)
        for text in (
            difference.request + where,
            difference.nova,
            difference.ours,
            difference.reason,
        )
    )
    return f'   * - {first}\n' + ''.join(f'     - {o}\n' for o in others)


def cell(text: str) -> str:
    """Return a text wrapped to fit where a cell stands."""
    return f'\n{" " * 7}'.join(
        textwrap.wrap(text, 72, break_on_hyphens=False, break_long_words=False)
    )


def main(arguments: list[str]) -> int:
    """Write the page, or say that it is old."""
    if '--check' not in arguments:
        PAGE.write_text(page(), encoding='utf-8')
        return 0
    if PAGE.read_text(encoding='utf-8') == page():
        return 0
    print(f'{PAGE} is old; run: python tools/differences.py', file=sys.stderr)
    return 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
