# SPDX-License-Identifier: Apache-2.0

"""The OpenAPI description: valid, true of real answers, and kept in doc/."""

import json
import pathlib
import subprocess
import sys
from typing import Any

import jsonschema

from keypair_ext import profiles
from keypair_ext.api import contract, microversions, openapi
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures

KEPT = fixtures.ROOT / 'doc' / 'source' / 'reference' / 'openapi.json'


class OpenAPITest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.contracts = contract.Contracts(
            profiles.load('nova'), microversions.MAX_VERSION
        )
        self.service = self.useFixture(fixtures.Service())

    def _schema(
        self, version: str, path: str, method: str, status: int
    ) -> Any:
        document = openapi.describe(self.contracts, version)
        answer = document['paths'][path][method]['responses'][str(status)]
        if '$ref' in answer:
            name = answer['$ref'].rpartition('/')[2]
            answer = document['components']['responses'][name]
        return answer['content']['application/json']['schema']

    def _check(
        self, version: str, method: str, name: str = '', body: Any = None
    ) -> None:
        path = '/os-keypairs/{keypair_name}' if name else '/os-keypairs'
        answer = self.service.ask(
            method,
            f'/v2.1/os-keypairs{name}',
            version=version,
            body=body,
        )
        schema = self._schema(version, path, method.lower(), answer.status_int)
        jsonschema.Draft202012Validator(schema).validate(answer.json)

    def test_real_answers_are_as_described(self) -> None:
        for minor, version in enumerate(
            ('2.1', '2.2', '2.10', '2.35', '2.75', '2.92', 'latest')
        ):
            keypair = {'name': f'k{minor}', 'public_key': fixtures.KEY}
            self._check(version, 'POST', body={'keypair': keypair})
            self._check(version, 'POST', body={'keypair': keypair})
            self._check(version, 'POST', body={'keypair': {'name': ''}})
            self._check(version, 'GET')
            self._check(version, 'GET', f'/k{minor}')
            self._check(version, 'GET', '/nothing')
        generated = {'keypair': {'name': 'made'}}
        self._check('2.2', 'POST', body=generated)

    def test_every_reference_leads_somewhere(self) -> None:
        for profile in profiles.available():
            described = openapi.describe(
                contract.Contracts(
                    profiles.load(profile), microversions.MAX_VERSION
                ),
                'latest',
            )
            known = described['components']['responses']
            for path in described['paths'].values():
                for method in ('get', 'post', 'delete'):
                    for answer in (
                        path.get(method, {}).get('responses', {}).values()
                    ):
                        name = answer.get('$ref', '').rpartition('/')[2]
                        self.assertTrue(not name or name in known)

    def test_the_kept_document_is_the_one_that_is_printed(self) -> None:
        printed = subprocess.run(
            [sys.executable, '-m', 'keypair_ext.cmd.manage', 'openapi'],
            capture_output=True,
            check=True,
        ).stdout
        self.assertEqual(
            json.loads(pathlib.Path(KEPT).read_text()), json.loads(printed)
        )
