# SPDX-License-Identifier: Apache-2.0

"""Names of key pairs: which are taken, and under what they are found."""

from urllib import parse as urlparse

from keypair_ext.tests.functional.conformance.areas.script import (
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.caller import (
    COLLECTION,
    V2,
    V21,
    Caller,
)
from keypair_ext.tests.unit.keytypes import vectors

_KEY = vectors.ED25519.line

_NAMES = {
    'plain': 'ok',
    'one letter': 'a',
    'a digit': '0',
    'blank inside': 'a b',
    'blanks inside': 'a  b',
    'blank in front': ' lead',
    'blank at the end': 'trail ',
    'blanks around': '  around  ',
    'a blank': ' ',
    'blanks': '   ',
    'tab inside': 'a\tb',
    'tab at the end': 'a\t',
    'newline inside': 'a\nb',
    'newline at the end': 'trail\n',
    'newlines at the end': 'trail\n\n',
    'blank and newline at the end': 'trail \n',
    'newline in front': '\nlead',
    'a newline': '\n',
    'CRLF at the end': 'trail\r\n',
    'CR at the end': 'trail\r',
    'vertical tab': 'a\x0bb',
    'NUL': 'a\0b',
    'NUL at the end': 'a\0',
    'delete character': 'a\x7f',
    'escape character': '\x1b[31m',
    'dot inside': 'a.b',
    'dot': '.',
    'two dots': '..',
    'three dots': '...',
    'dot in front': '.hidden',
    'json': 'name.json',
    'at': 'a@b',
    'an at': '@',
    'underscore': '_',
    'hyphen': '-',
    'hyphens': '--',
    'slash inside': 'a/b',
    'slash': '/',
    'slash in front': '/a',
    'slash at the end': 'a/',
    'slashes': 'a//b/c',
    'dots and slashes': '../../etc',
    'backslash': 'a\\b',
    'percent sign': 'a%b',
    'escaped letter': '%41',
    'escaped slash': 'a%2Fb',
    'plus': 'a+b',
    'question mark': 'a?b',
    'hash': 'a#b',
    'semicolon': 'a;b=c',
    'ampersand': 'a&b',
    'equals sign': 'a=b',
    'comma': 'a,b',
    'colon': 'a:b',
    'asterisk': '*',
    'quotes': '"a"',
    'apostrophe': "a'b",
    'markup': '<a>',
    'braces': '{id}',
    'brackets': '[0]',
    'dollar': '$a',
    'tilde': '~',
    'accent': 'caf\xe9',
    'accent that combines': 'cafe\u0301',
    'sharp s': 'stra\xdfe',
    'Japanese': '\u65e5\u672c',
    'Cyrillic': '\u043a\u043b\u044e\u0447',
    'Arabic': '\u0645\u0641\u062a\u0627\u062d',
    'digits of Arabic': '\u0663',
    'no-break space at the end': 'a\xa0',
    'no-break space inside': 'a\xa0b',
    'ideographic space around': '\u3000a\u3000',
    'line separator': 'a\u2028b',
    'zero-width space': '\u200b',
    'zero-width space inside': 'a\u200bb',
    'soft hyphen': 'a\xadb',
    'BOM': '\ufeffa',
    'right-to-left override': 'a\u202eb',
    'private use': '\ue000',
    'unassigned': '\u0378',
    'U+FFFD': '\ufffd',
    'U+FFFE': '\ufffe',
    'U+FFFF': '\uffff',
    'emoji': '\U0001f600',
    'other planes': '\U00020000',
    'lone surrogate': '\ud800',
    '255 letters': 'a' * 255,
    '256 letters': 'a' * 256,
    '255 letters and a newline': 'a' * 255 + '\n',
    '254 letters and a newline': 'a' * 254 + '\n',
    '255 letters and a blank': 'a' * 255 + ' ',
    '254 letters and a blank': 'a' * 254 + ' ',
    '255 accents': '\xe9' * 255,
    '100,000 letters': 'a' * 100000,
    'empty': '',
    'number': 1,
    'fraction': 1.5,
    'true': True,
    'null': None,
    'list': ['a'],
    'object': {'a': 'b'},
}

# Names that are one to a case-insensitive collation and two to another.
_TWINS = (
    ('small', 'twin', 'TWIN'),
    ('blank at the end', 'padded', 'padded%20'),
    ('no blank at the end', 'padded%20', 'padded'),
    ('hyphen', 'tw-in', 'tw_in'),
)

_SORTED = ('b', 'B', 'a', 'A', '_', '-', '0', '9', 'a a', 'a-a', 'aa', 'Z')


def script(settings: Settings) -> Script:
    """Create under each name, in each root, and look for what came of it."""
    for number, (title, name) in enumerate(_NAMES.items()):
        # What Nova cannot delete must not fill the next one's quota.
        user = Caller(f'names-{number}')
        for place, root, version in (
            ('2.1', V21, None),
            ('2.92', V21, '2.92'),
            ('v2', V2, None),
        ):
            yield from _one(user, f'{title} in {place}', name, root, version)
    yield from _twins(Caller('names-twins'))
    yield from _order(Caller('names-sorted'))


def _one(
    user: Caller, title: str, name: object, root: str, version: str | None
) -> Script:
    yield user.create(
        f'{title}: create', version, root, name=name, public_key=_KEY
    )
    yield user.list(f'{title}: list', version, root=root)
    if not isinstance(name, str) or not name or len(name) > 300:
        return
    # As it was sent, and as it may have been stored.
    for how, path in (
        ('', name),
        (', stripped', name.strip()),
    ):
        if (how and path == name) or not path:
            continue
        escaped = urlparse.quote(path, safe='', errors='surrogatepass')
        for verb, method in (
            ('show', 'GET'),
            ('delete', 'DELETE'),
            ('show deleted', 'GET'),
        ):
            yield user.send(
                f'{title}: {verb}{how}',
                method,
                f'{COLLECTION}/{escaped}',
                version,
                root=root,
            )


def _twins(user: Caller) -> Script:
    for title, one, two in _TWINS:
        named = (urlparse.unquote(one), urlparse.unquote(two))
        for number, name in enumerate(named, 1):
            yield user.create(
                f'twins, {title}: create {number}',
                root=V2,
                name=name,
                public_key=_KEY,
            )
        for number, path in enumerate((one, two), 1):
            for verb, method in (('show', 'GET'), ('delete', 'DELETE')):
                yield user.send(
                    f'twins, {title}: {verb} {number}',
                    method,
                    f'{COLLECTION}/{path}',
                    root=V2,
                )
        yield user.list(f'twins, {title}: list', root=V2)


def _order(user: Caller) -> Script:
    for name in _SORTED:
        yield user.create(f'sorted: create {name}', name=name, public_key=_KEY)
    yield user.list('sorted: list')
    yield user.list('sorted: page', '2.35', '?limit=4')
    yield user.list('sorted: page after a', '2.35', '?limit=4&marker=a')
    yield user.list('sorted: page after A', '2.35', '?limit=4&marker=A')
