# SPDX-License-Identifier: Apache-2.0

"""What was put in comes out, for whatever hypothesis thinks of.

``KEYPAIR_EXT_TEST_EXAMPLES=1000`` thinks longer, of so many examples each.
"""

import os
from collections.abc import Callable
from typing import Any
from urllib import parse as urlparse

import hypothesis
from hypothesis import strategies

from keypair_ext.tests.functional import base, fixtures
from keypair_ext.tests.unit.keytypes import vectors

EXAMPLES = int(os.environ.get('KEYPAIR_EXT_TEST_EXAMPLES', '40'))

USERS = ('amelia', 'bruno', 'user with blanks')

_EDGE = strategies.sampled_from('abcXYZ019_-@.')
_INNER = strategies.text(strategies.sampled_from('aZ09 _-@.'), max_size=253)
NAMES = strategies.one_of(
    _EDGE,
    strategies.builds('{}{}{}'.format, _EDGE, _INNER, _EDGE),
).filter(lambda name: name not in ('.', '..'))
OLD_NAMES = NAMES.map(lambda name: name.replace('@', '_').replace('.', '-'))

# A comment may hold whatever UTF-8 can, but what cannot be stored.
_COMMENTS = strategies.text(
    strategies.characters(exclude_categories=['Cs'], exclude_characters='\0'),
    max_size=200,
).filter(lambda text: 'PRIVATE KEY' not in text)
SSH_KEYS = strategies.builds(
    '{} {}'.format,
    strategies.sampled_from([key.line for key in vectors.ALL.values()]),
    _COMMENTS,
)
CERTIFICATES = strategies.builds(
    '{}{}{}'.format,
    strategies.sampled_from(['', 'subject=amelia\n', '\r\n']),
    strategies.just(fixtures.CERTIFICATE),
    strategies.sampled_from(['', '\n', fixtures.CERTIFICATE]),
)
KEYS = strategies.one_of(
    strategies.tuples(strategies.just('ssh'), SSH_KEYS),
    strategies.tuples(strategies.just('x509'), CERTIFICATES),
)
LIMITS = strategies.one_of(
    strategies.none(), strategies.integers(min_value=1, max_value=12)
)


def examples(**given: Any) -> Callable[[Any], Any]:
    """Return a decorator that calls a test with examples."""

    def decorate(test: Any) -> Any:
        return hypothesis.settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )(hypothesis.given(**given)(test))

    return decorate


class RoundTripsTest(base.TestCase):
    options = {'quota': {'key_pairs': 1000}, 'api': {'max_limit': 5}}

    def _path(self, name: str) -> str:
        return f'/v2.1/os-keypairs/{urlparse.quote(name, safe="")}'

    def _import(
        self, user: str, name: str, key: tuple[str, str], version: str
    ) -> Any:
        fields = {'name': name, 'public_key': key[1]}
        if version != '2.1':
            fields['type'] = key[0]
        answer = self.service.ask(
            'POST',
            '/v2.1/os-keypairs',
            token=f'{user}:aaaa:member',
            version=version,
            body={'keypair': fields},
        )
        self.assertIn(answer.status_int, (200, 201), answer.text)
        return answer.json['keypair']

    @examples(name=OLD_NAMES, key=KEYS)
    def test_imports_are_echoed(self, name: str, key: tuple[str, str]) -> None:
        self.service.clear()
        made = self._import('amelia', name, key, '2.10')
        self.assertEqual((name, key[1]), (made['name'], made['public_key']))

        shown = self.service.ask('GET', self._path(name), version='2.10')
        for field, value in made.items():
            self.assertEqual(value, shown.json['keypair'][field], field)
        self.assertEqual(key[0], shown.json['keypair']['type'])

    @examples(names=strategies.sets(NAMES, max_size=8), key=KEYS)
    def test_what_is_listed_is_shown_and_deleted(
        self, names: set[str], key: tuple[str, str]
    ) -> None:
        self.service.clear()
        for name in names:
            self._import('amelia', name, key, '2.92')
        listed = self.service.ask('GET', '/v2.1/os-keypairs', version='2.34')
        rows = [row['keypair'] for row in listed.json['keypairs']]
        self.assertEqual(sorted(names), sorted(row['name'] for row in rows))
        for row in rows:
            path = self._path(row['name'])
            shown = self.service.ask('GET', path, version='2.34')
            for field, value in row.items():
                self.assertEqual(value, shown.json['keypair'][field], field)
            for status in (204, 404):
                gone = self.service.ask('DELETE', path, version='2.34')
                self.assertEqual(status, gone.status_int)
        self.assertEqual([], self.service.names('amelia'))

    @examples(
        owned=strategies.lists(
            strategies.tuples(strategies.sampled_from(USERS), NAMES),
            max_size=14,
            unique=True,
        ),
        limits=strategies.lists(LIMITS, min_size=1, max_size=4),
        admin=strategies.booleans(),
    )
    def test_pages_are_the_list(
        self,
        owned: list[tuple[str, str]],
        limits: list[int | None],
        admin: bool,
    ) -> None:
        self.service.clear()
        for user, name in owned:
            self._import(user, name, ('ssh', fixtures.KEY), '2.92')
        for user in USERS:
            names = sorted(name for owner, name in owned if owner == user)
            self.assertEqual(names, self._pages(user, limits, admin))

    def _pages(
        self, user: str, limits: list[int | None], admin: bool
    ) -> list[str]:
        """Return the names on all pages, each of the next limit's size."""
        query = {'user_id': user} if admin else {}
        token = fixtures.ADMIN_TOKEN if admin else f'{user}:aaaa:member'
        names: list[str] = []
        for number in range(100):
            limit = limits[number % len(limits)]
            page = {'limit': str(limit)} if limit else {}
            marker = {'marker': names[-1]} if names else {}
            answer = self.service.ask(
                'GET',
                '/v2.1/os-keypairs?'
                + urlparse.urlencode({**query, **page, **marker}),
                token=token,
                version='2.35',
            )
            self.assertEqual(200, answer.status_int, answer.text)
            found = [row['keypair'] for row in answer.json['keypairs']]
            self.assertLessEqual(len(found), min(limit or 5, 5))
            self.assertEqual(
                len(found) == min(limit or 5, 5),
                'keypairs_links' in answer.json,
            )
            if not found:
                return names
            names += [row['name'] for row in found]
        raise AssertionError(f'no end: {names}')

    @examples(
        names=strategies.sets(NAMES, min_size=1, max_size=12),
        limit=LIMITS,
    )
    def test_links_lead_through_the_list(
        self, names: set[str], limit: int | None
    ) -> None:
        self.service.clear()
        for name in names:
            self._import('amelia', name, ('ssh', fixtures.KEY), '2.92')
        url = '/v2.1/os-keypairs' + (f'?limit={limit}' if limit else '')
        found: list[str] = []
        while url:
            answer = self.service.ask('GET', url, version='2.35')
            found += [
                row['keypair']['name'] for row in answer.json['keypairs']
            ]
            links = answer.json.get('keypairs_links', [])
            url = ''.join(link['href'] for link in links)
            url = url.removeprefix('http://localhost')
        self.assertEqual(sorted(names), found)
