# SPDX-License-Identifier: Apache-2.0

"""Every microversion there is, through create, show, list and delete."""

import re
from typing import Any

from keypair_ext.tests.functional import base, fixtures

COLLECTION = '/v2.1/os-keypairs'
ITEM = f'{COLLECTION}/walked'

KEY_TYPES, IMPORT_ONLY, LAST = 2, 92, 104

# Generating takes a while and changes nowhere else.
GENERATED_AT = (1, 2, 9, 10, 34, 35, 74, 75, 91, 92, 104)

TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$')


class MicroversionWalk(base.TestCase):
    def test_all(self) -> None:
        for minor in range(1, LAST + 1):
            with self.subTest(version=f'2.{minor}'):
                self.create(minor)
                self.show(minor)
                self.list(minor)
                self.delete(minor)

    def test_generate(self) -> None:
        for minor in GENERATED_AT:
            with self.subTest(version=f'2.{minor}'):
                self.generate(minor)

    def test_none_beyond(self) -> None:
        for minor in (0, LAST + 1):
            with self.subTest(version=f'2.{minor}'):
                response = self.service.ask(
                    'GET', COLLECTION, version=f'2.{minor}'
                )
                self.assert_fault(response, 406, 'computeFault')

    def ask(
        self,
        minor: int,
        status: int,
        method: str,
        path: str,
        body: object = None,
    ) -> Any:
        """Ask in a version; return the document of the answer."""
        version = f'2.{minor}'
        response = self.service.ask(method, path, version=version, body=body)
        self.assertEqual(status, response.status_int, response.text)
        self.assertEqual(
            (f'compute {version}', version),
            (
                response.headers['OpenStack-API-Version'],
                response.headers['X-OpenStack-Nova-API-Version'],
            ),
        )
        self.assertEqual(
            ['OpenStack-API-Version', 'X-OpenStack-Nova-API-Version'],
            response.headers.getall('Vary'),
        )
        self.assertEqual('application/json', response.content_type)
        return response.json if response.body else None

    def summary(self, minor: int) -> dict[str, str]:
        """Return what each answer tells of the key pair."""
        told = {
            'name': 'walked',
            'public_key': fixtures.KEY,
            'fingerprint': fixtures.SAMPLES['KEY_FINGERPRINT'],
        }
        return told if minor < KEY_TYPES else {**told, 'type': 'ssh'}

    def create(self, minor: int) -> None:
        status = 200 if minor < KEY_TYPES else 201
        body = {'keypair': {'name': 'walked', 'public_key': fixtures.KEY}}
        document = self.ask(minor, status, 'POST', COLLECTION, body)
        expected = {**self.summary(minor), 'user_id': 'amelia'}
        self.assertEqual({'keypair': expected}, document)

    def show(self, minor: int) -> None:
        keypair = self.ask(minor, 200, 'GET', ITEM)['keypair']
        self.assertIsInstance(keypair.pop('id'), int)
        self.assertRegex(keypair.pop('created_at'), TIME)
        self.assertEqual(
            {
                **self.summary(minor),
                'user_id': 'amelia',
                'updated_at': None,
                'deleted': False,
                'deleted_at': None,
            },
            keypair,
        )

    def list(self, minor: int) -> None:
        self.assertEqual(
            {'keypairs': [{'keypair': self.summary(minor)}]},
            self.ask(minor, 200, 'GET', COLLECTION),
        )

    def delete(self, minor: int) -> None:
        status = 202 if minor < KEY_TYPES else 204
        self.assertIsNone(self.ask(minor, status, 'DELETE', ITEM))
        self.ask(minor, 404, 'GET', ITEM)

    def generate(self, minor: int) -> None:
        body = {'keypair': {'name': f'generated-{minor}'}}
        if minor >= IMPORT_ONLY:
            fault = self.ask(minor, 400, 'POST', COLLECTION, body)
            self.assertIn('public_key', fault['badRequest']['message'])
            return
        status = 200 if minor < KEY_TYPES else 201
        keypair = self.ask(minor, status, 'POST', COLLECTION, body)['keypair']
        self.assertEqual(
            {*self.summary(minor), 'user_id', 'private_key'}, set(keypair)
        )
