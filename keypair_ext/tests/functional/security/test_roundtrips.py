# SPDX-License-Identifier: Apache-2.0

"""What was put in comes out, for whatever hypothesis thinks of.

``KEYPAIR_EXT_TEST_EXAMPLES=1000`` thinks longer, of so many examples each.
"""

import os
from urllib import parse as urlparse

import hypothesis
from hypothesis import strategies

from keypair_ext.tests.functional import base, fixtures
from keypair_ext.tests.unit.keytypes import vectors

EXAMPLES = int(os.environ.get('KEYPAIR_EXT_TEST_EXAMPLES', '40'))

_EDGE = strategies.sampled_from('abcXYZ019_-@.')
_INNER = strategies.text(strategies.sampled_from('aZ09 _-@.'), max_size=253)
NAMES = strategies.one_of(
    _EDGE,
    strategies.builds('{}{}{}'.format, _EDGE, _INNER, _EDGE),
).filter(lambda name: name not in ('.', '..'))

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


class RoundTripsTest(base.TestCase):
    options = {'quota': {'key_pairs': 1000}, 'api': {'max_limit': 5}}

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(
        keys=strategies.dictionaries(NAMES, KEYS, max_size=12), limit=LIMITS
    )
    def test_keys(
        self, keys: dict[str, tuple[str, str]], limit: int | None
    ) -> None:
        self.service.clear()
        self.service.create('of another user', token='bob:aaaa:member')
        for name, (type_, key) in keys.items():
            made = self.service.create(
                name, version='2.92', type=type_, public_key=key
            ).json['keypair']
            self.assertEqual((name, key), (made['name'], made['public_key']))

        listed = self._follow_links(limit)
        self.assertEqual(
            [(name, *keys[name]) for name in sorted(keys)],
            [(row['name'], row['type'], row['public_key']) for row in listed],
        )
        for row in listed:
            path = '/v2.1/os-keypairs/' + urlparse.quote(row['name'], safe='')
            shown = self.service.ask('GET', path, version='2.35')
            self.assertEqual(row, {n: shown.json['keypair'][n] for n in row})
            for status in (204, 404):
                gone = self.service.ask('DELETE', path, version='2.35')
                self.assertEqual(status, gone.status_int)
        self.assertEqual([], self.service.names('amelia'))

    def _follow_links(self, limit: int | None) -> list[dict[str, str]]:
        """Return the rows of all pages."""
        url = '/v2.1/os-keypairs' + (f'?limit={limit}' if limit else '')
        rows: list[dict[str, str]] = []
        while url:
            answer = self.service.ask('GET', url, version='2.35')
            rows += [row['keypair'] for row in answer.json['keypairs']]
            links = answer.json.get('keypairs_links', [])
            url = ''.join(link['href'] for link in links)
            url = url.removeprefix('http://localhost')
        return rows
