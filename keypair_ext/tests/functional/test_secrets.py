# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A private key is told once, to who asked for it, and kept nowhere."""

import logging
import pathlib
from typing import Any, NoReturn

import fixtures as fixtures_library
import webob

from keypair_ext import exception
from keypair_ext.db.store import Store
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures


class Secrets(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(fixtures.Service())
        self.log = self.useFixture(
            fixtures_library.FakeLogger(level=logging.DEBUG)
        )

    def generate(self, key_type: str, name: str) -> webob.Response:
        return self.service.ask(
            'POST',
            '/v2.1/os-keypairs',
            version='2.2',
            body={'keypair': {'name': name, 'type': key_type}},
        )

    def secrets(self, keypair: Any) -> list[str]:
        """Return what of a private key must not be anywhere else."""
        lines = str(keypair['private_key']).strip().splitlines()
        inner = lines[1:-1] if len(lines) > 1 else [lines[0][:64]]
        self.assertNotEqual([], inner)
        return inner

    def stored(self) -> bytes:
        """Return all bytes that are in the service's directory."""
        return b''.join(
            path.read_bytes()
            for path in pathlib.Path(self.service.directory).rglob('*')
            if path.is_file()
        )

    def test_told_once(self) -> None:
        for key_type in ('ssh', 'x509'):
            with self.subTest(type=key_type):
                response = self.generate(key_type, key_type)
                self.assertEqual(201, response.status_int)
                path = f'/v2.1/os-keypairs/{key_type}'
                later = self.service.ask('GET', path).text
                later += self.service.ask('GET', '/v2.1/os-keypairs').text
                for secret in self.secrets(response.json['keypair']):
                    self.assertNotIn(secret, later)
                    self.assertNotIn(secret, self.log.output)
                    self.assertNotIn(secret.encode(), self.stored())

    def test_of_no_use_when_it_is_not_stored(self) -> None:
        # Whatever goes wrong after the key was made, the key stays unseen.
        for error in (
            exception.DatabaseUnavailable(),
            exception.KeypairExists(name='a'),
            RuntimeError('a bug'),
        ):

            def fail(*ignored: object, error: Exception = error) -> NoReturn:
                raise error

            with (
                self.subTest(error=error),
                fixtures_library.MonkeyPatch(
                    f'{Store.__module__}.Store.create', fail
                ),
            ):
                response = self.generate('ssh', 'a')
                self.assertGreaterEqual(response.status_int, 409)
                for text in (response.text, self.log.output):
                    self.assertNotIn('PRIVATE', text)
                    self.assertNotIn('MII', text)

    def test_sent_by_mistake(self) -> None:
        # Parts of what is refused are in no message and no line.
        secret = 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAE'
        private_key = (
            '-----BEGIN OPENSSH PRIVATE KEY-----\n'
            f'{secret}\n'
            '-----END OPENSSH PRIVATE KEY-----\n'
        )
        for keypair in (
            {'name': 'a', 'public_key': private_key},
            {'name': 'a', 'type': 'x509', 'public_key': private_key},
            {'name': private_key, 'public_key': fixtures.KEY},
            {'name': 'a', 'public_key': [private_key]},
            {'name': 'a', 'type': private_key},
            {'name': 'a', 'public_key': fixtures.KEY, 'x': private_key},
        ):
            with self.subTest(keypair=list(keypair)):
                response = self.service.ask(
                    'POST',
                    '/v2.1/os-keypairs',
                    version='2.10',
                    body={'keypair': keypair},
                )
                self.assertEqual(400, response.status_int)
                self.assertNotIn(secret, response.text)
        self.assertNotIn(secret, self.log.output)
        self.assertNotIn(secret.encode(), self.stored())
