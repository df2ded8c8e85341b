# SPDX-License-Identifier: Apache-2.0

"""What people send in the place of a key, whatever its type.

A sentence names what it is and what to do; none repeats a part of the text.
"""

import base64
import functools
import html
import re
from collections.abc import Callable, Iterable
from urllib import parse as urlparse

_SIGNS = (
    (
        r'\A(?:\ufeff|\xef\xbb\xbf|\xff\xfe|\xfe\xff|\ufffe)',
        'it begins with a byte order mark: save the file as UTF-8 '
        'without one.',
    ),
    (
        r'\A\s*(?:\\?["\'`]|[\u2018-\u201f\u00ab\u2039\u300c])',
        'it stands in quotes: send it without them.',
    ),
    (
        r'\A\s*(?:\{\s*["\']|\[\s*["\'{[])',
        'it is JSON: send only the text of the key that is in it.',
    ),
    (
        r'\A\s*(?:---\s|-\s+|[\w-]{1,40}:\s)',
        'it is YAML, or a name and a colon stand before the key: send '
        'only the text of the key.',
    ),
    (
        r'\A\s*(?:\$[({\w]|\{[{%]|<%|%\w+%|cat\s|<[\w ./-]+>)',
        'it is an expression that some shell or template was to replace '
        'by a key, and did not.',
    ),
    (
        r'\A\s*[a-z][a-z0-9+.-]*://\S*\s*\Z',
        'it is the address of a key, not the key: send what is there.',
    ),
    (
        r'\A\s*(?:[@~.]?[\\/]|~|[A-Za-z]:[\\/])[^\n]*\Z'
        r'|\A\s*[^\s:]{1,255}\.(?:pub|pem|crt|cer)\s*\Z',
        'it is the path of a file, not what the file holds: send that.',
    ),
    (
        r'\A\s*(?:\d+ )?(?:SHA256:|MD5:|(?:[0-9a-fA-F]{2}:){15})',
        'it is a fingerprint, not the key: send the key itself.',
    ),
)


def _undo_base64(text: str) -> str:
    try:
        return base64.b64decode(text).decode()
    except (ValueError, UnicodeDecodeError):
        return text


_ENCODINGS: tuple[tuple[Callable[[str], str], str], ...] = (
    (urlparse.unquote, 'it is URL-encoded: send it decoded.'),
    (urlparse.unquote_plus, 'it is URL-encoded: send it decoded.'),
    (html.unescape, 'it has HTML entities such as &amp;: send it decoded.'),
    *(
        (
            functools.partial(re.sub, r'(?:\\r)?\\n', instead),
            'its line breaks are written as a backslash and a letter: send it '
            'as plain text.',
        )
        for instead in ('\n', '')
    ),
    (_undo_base64, 'all of it is in base64 once more: send it decoded.'),
)


def explain(text: str, is_key: Callable[[str], bool]) -> str | None:
    """Return what is wrong with a text that is refused; None: nothing here.

    :param is_key: whether a text is a key of the type that was asked for.
    """
    encodings = (
        reason
        for undo, reason in _ENCODINGS
        if (undone := undo(text)) != text and is_key(undone)
    )
    return first(text, _SIGNS) or next(encodings, None)


def first(text: str, signs: Iterable[tuple[str, str]]) -> str | None:
    """Return the reason beside the first pattern that a text has."""
    reasons = (reason for mark, reason in signs if re.search(mark, text))
    return next(reasons, None)
