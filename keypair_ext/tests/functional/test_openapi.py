# SPDX-License-Identifier: Apache-2.0

"""The OpenAPI description: true of real answers, and kept in doc/."""

import json
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import fixtures as fixtures_library
import jsonschema

from keypair_ext import profiles
from keypair_ext.api import contract, microversions, openapi, views
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

KEPT = fixtures.ROOT / 'doc' / 'source' / 'reference' / 'openapi.json'

COLLECTION, ITEM = '/os-keypairs', '/os-keypairs/{keypair_name}'
QUOTA = 2

OTHER = """
name = "other"
summary = "Somebody else's."

[versions]
max = "2.40"

[answers]
created_at_in_lists = true
sha256_fingerprint = "header"

[faults.over_quota]
status = 403
name = "enough"

[faults.wrong_method]
status = 404
name = "noSuchMethod"
"""


def describe(profile: str, version: str) -> Any:
    """Return the description of a mount with a profile."""
    return openapi.describe(
        contract.Contracts(profiles.load(profile), microversions.MAX_VERSION),
        version,
    )


class RealAnswers(base.TestCase):
    """A mount gives the answers that are described, and all of them."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures_library.FakeLogger())

    def serve(self, profile: str, version: str) -> None:
        """Serve a profile; what is asked is checked against its description.

        ``seen`` has the statuses of each operation.
        """
        self.service = self.useFixture(
            fixtures.Service(
                {'quota': {'key_pairs': str(QUOTA)}},
                {'app:keypairs': {'profile': profile}},
            )
        )
        self.version = version
        self.document = describe(profile, version)
        self.seen: dict[tuple[str, str], set[str]] = {}

    def ask(
        self, method: str, name: str | None = None, **request: Any
    ) -> None:
        path, place = COLLECTION, COLLECTION
        if name is not None:
            path, place = ITEM, f'{COLLECTION}/{name}'
        request = {'version': self.version, **request}
        answer = self.service.ask(method, f'/v2.1{place}', **request)
        status = str(answer.status_int)
        self.seen.setdefault((path, method.lower()), set()).add(status)
        described = self.document['paths'][path][method.lower()]
        response = described['responses'][status]
        if '$ref' in response:
            response = self.document['components']['responses'][status]
        if 'Retry-After' in answer.headers:
            self.assertIn('Retry-After', response['headers'])
        self.assertEqual(
            views.FINGERPRINT_HEADER in answer.headers,
            views.FINGERPRINT_HEADER in response.get('headers', {}),
        )
        if 'content' in response and method != 'HEAD':
            schema = response['content']['application/json']['schema']
            jsonschema.Draft202012Validator(schema).validate(answer.json)

    def ask_everything(self) -> None:
        keypair = {'name': 'a', 'public_key': fixtures.KEY}
        self.ask('POST', body={'keypair': keypair})
        self.ask('POST', body={'keypair': keypair})
        self.ask('POST', body={'keypair': {'name': ''}})
        for number in range(QUOTA):
            more = {'name': f'b{number}', 'public_key': fixtures.KEY}
            self.ask('POST', body={'keypair': more})
        for method, name in (
            ('GET', None),
            ('POST', None),
            ('GET', 'a'),
            ('GET', 'none'),
            ('DELETE', 'b0'),
            ('DELETE', 'none'),
        ):
            for request in self.refused():
                self.ask(method, name, **request)
            self.ask(method, name)
        self.ask('POST', body={'keypair': {'name': 'made'}})

    def refused(self) -> Iterator[dict[str, Any]]:
        """Yield what makes any request wrong."""
        yield {'token': None}
        system = {'OpenStack-System-Scope': 'all'}
        keypair = {'name': 'c', 'public_key': fixtures.KEY}
        yield {
            'token': 'root::admin',
            'headers': {'Content-Type': 'application/json', **system},
            'body': {'keypair': keypair},
        }
        yield {'headers': {'Content-Type': 'text/xml'}}
        yield {'environ': {'CONTENT_LENGTH': '999999'}}
        if self.document['info']['version'] != 'unversioned':
            yield {'version': '2.999'}

    def test_each_version(self) -> None:
        for version, _ in microversions.HISTORY:
            with self.subTest(version=version):
                self.serve('nova', str(version))
                self.ask_everything()

    def test_each_profile(self) -> None:
        path = self.directory / 'other.toml'
        path.write_text(OTHER)
        for profile in (*profiles.available(), f'file:{path}'):
            with self.subTest(profile=profile):
                self.serve(profile, 'latest')
                self.ask_everything()
                self.ask_other_methods()
                self.assert_nothing_else_is_described()

    def ask_other_methods(self) -> None:
        for path, described in self.document['paths'].items():
            for method, operation in described.items():
                if method != 'parameters' and 'operationId' not in operation:
                    self.ask(
                        method.upper(), None if path == COLLECTION else 'a'
                    )

    def assert_nothing_else_is_described(self) -> None:
        for path, described in self.document['paths'].items():
            for method, operation in described.items():
                if method != 'parameters':
                    # For a 400 of each operation another request is needed,
                    # and for 503 another database.
                    self.assertEqual(
                        set(operation['responses']) - {'400', '503'},
                        self.seen[path, method] - {'400'},
                    )


class KeptDocument(base.TestCase):
    def test_it_is_the_one_that_is_printed(self) -> None:
        printed = subprocess.run(
            [sys.executable, '-m', 'keypair_ext.cmd.manage', 'openapi'],
            capture_output=True,
            check=True,
        ).stdout
        self.assertEqual(
            json.loads(pathlib.Path(KEPT).read_text()), json.loads(printed)
        )
