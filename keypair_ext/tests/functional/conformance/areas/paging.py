# SPDX-License-Identifier: Apache-2.0

"""Queries of lists: limit, marker, links, and what else may stand there."""

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
from keypair_ext.tests.functional.conformance.wire import Answer
from keypair_ext.tests.unit.keytypes import vectors
from keypair_ext.tests.versions import NEWEST

_KEY = vectors.ED25519.line

_NAMES = ('a', 'b', 'c c', 'd@d', 'e.e', 'f_f', 'g-g')

_QUERIES = (
    '',
    '?',
    '?&',
    '?limit',
    '?limit=',
    '?limit=0',
    '?limit=00',
    '?limit=1',
    '?limit=01',
    '?limit=2',
    '?limit=4',
    '?limit=5',
    '?limit=6',
    '?limit=1000',
    '?limit=9223372036854775807',
    '?limit=9223372036854775808',
    '?limit=99999999999999999999999999',
    '?limit=' + '9' * 5000,
    '?limit=' + '0' * 5000 + '1',
    '?limit=-1',
    '?limit=-0',
    '?limit=+1',
    '?limit=%2B1',
    '?limit=%201',
    '?limit=1%20',
    '?limit=1%0A',
    '?limit=1.0',
    '?limit=1e1',
    '?limit=0x1',
    '?limit=1_0',
    '?limit=a',
    '?limit=%D9%A3',
    '?limit=%C2%B2',
    '?limit=1%00',
    '?LIMIT=1',
    '?limit[]=1',
    '?limit=1&limit=2',
    '?limit=2&limit=1',
    '?limit=1&limit=bad',
    '?limit=bad&limit=1',
    '?limit=1&limit=0',
    '?%6Cimit=1',
    '?marker',
    '?marker=',
    '?marker=a',
    '?marker=A',
    '?marker=b',
    '?marker=c%20c',
    '?marker=c+c',
    '?marker=d@d',
    '?marker=d%40d',
    '?marker=g-g',
    '?marker=nobody',
    '?marker=a%20',
    '?marker=a%0A',
    '?marker=%00',
    '?marker=a%00',
    '?marker=%C3%A9',
    '?marker=%E9',
    '?marker=%F0%9F%98%80',
    '?marker=%ED%A0%80',
    '?marker=' + 'x' * 300,
    '?marker=a&marker=c%20c',
    '?marker=nobody&marker=a',
    '?marker=a&marker=nobody',
    '?limit=2&marker=a',
    '?marker=a&limit=2',
    '?limit=2&marker=f_f',
    '?limit=2&marker=e.e',
    '?limit=0&marker=a',
    '?limit=0&marker=nobody',
    '?limit=2;marker=a',
    '?limit=2&amp;marker=a',
    '?limit=2&&marker=a',
    '?limit=2&marker=a&',
    '?limit=2&user_id=',
    '?user_id=&user_id=other&limit=2',
    '?user_id=other&user_id=&limit=2',
    '?limit=2&x=1',
    '?x=1&limit=2&y=2',
    '?x=1',
    '?x',
    '?=1',
    '?=',
    '?x=%FF',
    '?%FF',
    '?%FF=1',
    '?limit=%FF',
    '?user_id=%FF',
    '?limit=2&%C3%A9=1',
    '?limit=2&x=%C3%A9',
    '?limit=2&x=%ED%A0%80',
    '?a=%zz',
    '?%',
    '?' + '&'.join(f'x{i}=1' for i in range(50)),
    '?' + 'x' * 4000,
    '?user_id%00=1',
    '?__class__=1',
    '?limit=2&user_id',
    '?sort_key=name',
    '?limit=1?limit=2',
    "?limit=1'",
    '?\xe9=1',
)


def script(settings: Settings) -> Script:
    """Send every query to every range of versions; follow every link."""
    user = Caller('paging')
    for name in _NAMES:
        yield user.create(f'create {name}', '2.92', name=name, public_key=_KEY)
    for version in ('2.1', '2.10', '2.34', '2.35', '2.74', '2.75', NEWEST):
        for query in _QUERIES:
            shown = query[:60]
            yield user.list(f'list {version} {shown}', version, query)
    for version in ('2.1', '2.35', '2.75'):
        for query in _QUERIES:
            shown = query[:60]
            yield user.show(f'show {version} {shown}', 'a', version, query)
            yield user.delete(
                f'delete {version} {shown}', 'none', version, query
            )
    for query in _QUERIES:
        yield user.list(f'list v2 {query[:60]}', query=query, root=V2)
        yield user.send(
            f'create {query[:60]}',
            'POST',
            COLLECTION + query,
            body=b'{"keypair": {"name": " "}}',
        )
    yield from _repeated_user(user)
    yield from _links(user, settings)
    yield from _bases(user)


def _repeated_user(user: Caller) -> Script:
    """Name several users, of whom one is oneself."""
    me = user.user
    for who, caller in (('member', user), ('admin', user.admin())):
        for query in (
            f'?user_id={me}&limit=2',
            f'?user_id={me}&user_id=other&limit=2',
            f'?user_id=other&user_id={me}&limit=2',
            f'?user_id={me}&user_id={me}&limit=2',
            f'?limit=2&user_id={me}&user_id=',
            f'?limit=2&user_id=&user_id={me}',
        ):
            yield caller.list(f'{who} {query}', '2.35', query)
            yield caller.show(f'{who} shows {query}', 'a', '2.35', query)


def _links(user: Caller, settings: Settings) -> Script:
    """Follow the links from page to page, as they are given."""
    for title, path in (
        ('by one', f'{COLLECTION}?limit=1'),
        ('by two', f'{COLLECTION}?limit=2'),
        ('by two in a project', f'/aaaa{COLLECTION}?limit=2'),
        ('by two with slashes', f'//aaaa//{COLLECTION}?limit=2'),
        ('by the largest page', COLLECTION),
        ('by more than that', f'{COLLECTION}?limit={settings.max_limit + 1}'),
        ('with user_id', f'{COLLECTION}?user_id={user.user}&limit=3'),
        ('with more', f'{COLLECTION}?limit=3&x=1&name=b'),
    ):
        url = V21 + path
        for number in range(len(_NAMES) + 1):
            answer: Answer = yield user.send(
                f'links {title}: page {number}',
                'GET',
                url.partition(V21)[2],
                '2.35',
            )
            following = _next(answer)
            if following is None:
                break
            url = following


def _next(answer: Answer) -> str | None:
    links = answer.json().get('keypairs_links')
    if not links:
        return None
    href: str = links[0]['href']
    return href


def _bases(user: Caller) -> Script:
    """Ask under all kinds of addresses, to see them in the link."""
    for host in (
        'compute.example.org',
        'compute.example.org:80',
        'compute.example.org:443',
        '192.0.2.1:8774',
        '[2001:db8::1]:8774',
        'COMPUTE.example.org',
        'a b',
        '',
        ':80',
        'x"y',
        '\xe9.example.org',
    ):
        yield user.send(
            f'host {host!r}',
            'GET',
            f'{COLLECTION}?limit=1',
            '2.35',
            host=host,
        )
