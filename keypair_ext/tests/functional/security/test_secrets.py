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

"""Private keys are handed out once: nothing that is written holds one.

Generates keys of both kinds at DEBUG, with an error in every layer on the
way up, and searches logs, tracebacks, notifications and the database file.
``KEYPAIR_EXT_TEST_SECRETS=100`` makes as many of each kind as the promise is
tested with before a release; by default there are five.
"""

import base64
import faulthandler
import io
import logging
import os
import pathlib
import tempfile
from typing import Any
from unittest import mock

import fixtures as fixtures_library
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    pkcs12,
)

from keypair_ext.api import request as api_request, views
from keypair_ext.db.store import Store
from keypair_ext.keytypes.ssh import SshKeyType
from keypair_ext.keytypes.x509 import X509KeyType
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.security import searching

COUNT = int(os.environ.get('KEYPAIR_EXT_TEST_SECRETS', '5'))

# Where an error strikes after the key is made: the store, the view, the
# serializer.
LAYERS: tuple[tuple[Any, str], ...] = (
    (Store, 'create'),
    (views, 'created'),
    (api_request, 'serialize'),
)


def read_private_key(document: str) -> rsa.RSAPrivateKey:
    """Return the key that an answer's ``private_key`` holds."""
    key: Any
    if document.startswith('-----BEGIN'):
        key = load_pem_private_key(document.encode(), None)
    else:
        key = pkcs12.load_pkcs12(base64.b64decode(document), b'').key
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


class SearcherTest(base.TestCase):
    """A search that could not find a leak would prove nothing."""

    def setUp(self) -> None:
        super().setUp()
        self.key = rsa.generate_private_key(65537, 2048)
        self.secrets = searching.numbers(self.key)
        self.searcher = searching.Searcher(
            self.secrets, ['MIIEpAIBAAKCAQEAsecretsecretsecret']
        )

    def test_planted_leaks_are_found(self) -> None:
        for secret in self.secrets:
            for start in range(40):
                leak = secret[start : start + 32]
                planted = {
                    'raw': leak,
                    'hex': leak.hex().upper().encode(),
                    'base64': base64.b64encode(leak),
                }
                for encoding, text in planted.items():
                    found = self.searcher.find(b'log: ' + text + b' end')
                    self.assertIn(encoding, found)

    def test_a_wrapped_document_is_found(self) -> None:
        text = base64.encodebytes(self.secrets[0])
        self.assertIn('base64', self.searcher.find(text))
        self.assertIn('base64', self.searcher.find(repr(text).encode()))

    def test_a_line_is_found(self) -> None:
        text = b'x MIIEpAIBAAKCAQEAsecretsecretsecret'
        self.assertEqual(['line'], self.searcher.find(text))

    def test_nothing_is_found_where_nothing_is(self) -> None:
        public = self.key.public_key().public_numbers().n.to_bytes(256, 'big')
        for text in (public, base64.b64encode(public), b'', os.urandom(999)):
            self.assertEqual([], self.searcher.find(text))


class SecretsTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = io.StringIO()
        handler = logging.StreamHandler(self.log)
        root = logging.getLogger()
        previous = root.level
        self.service = self.useFixture(
            fixtures.Service({'keypairs': {'key_pool_size': 2}})
        )
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        self.addCleanup(root.setLevel, previous)
        self.addCleanup(root.removeHandler, handler)
        self.keys: list[rsa.RSAPrivateKey] = []
        self.documents: list[str] = []

    def _generate(self, name: str, key_type: str) -> int:
        answer = self.service.ask(
            'POST',
            '/v2.1/os-keypairs',
            version='2.2',
            body={'keypair': {'name': name, 'type': key_type}},
        )
        if answer.status_int == 201:
            self.assertEqual('no-store', answer.headers['Cache-Control'])
            document = answer.json['keypair']['private_key']
            self.documents.append(document)
            self.keys.append(read_private_key(document))
        return int(answer.status_int)

    def _remember_made(self) -> None:
        """Know the keys, too, whose answer an error swallows."""
        for key_class in (SshKeyType, X509KeyType):
            make = key_class.generate

            def remembering(
                instance: Any, *arguments: Any, make: Any = make
            ) -> Any:
                made = make(instance, *arguments)
                self.documents.append(made.private_key)
                self.keys.append(read_private_key(made.private_key))
                return made

            self.useFixture(
                fixtures_library.MonkeyPatch(
                    f'{key_class.__module__}.{key_class.__name__}.generate',
                    remembering,
                )
            )

    def _dump_stack(self, *arguments: Any, **named: Any) -> Any:
        with tempfile.NamedTemporaryFile(delete=False) as stack:
            faulthandler.dump_traceback(stack)
        self.stacks.append(stack.name)
        raise RuntimeError('an induced error')

    def test_nothing_written_holds_a_secret(self) -> None:
        self.stacks: list[str] = []
        for number in range(COUNT):
            for key_type in ('ssh', 'x509'):
                name = f'{key_type}{number}'
                self.assertEqual(201, self._generate(name, key_type))
        self._remember_made()
        for owner, function in LAYERS:
            for key_type in ('ssh', 'x509'):
                with mock.patch.object(owner, function, self._dump_stack):
                    # The fault itself is serialized elsewhere.
                    status = self._generate(f'e{function}{key_type}', key_type)
                self.assertEqual(500, status)
        self._search()

    def _search(self) -> None:
        lines = [line for text in self.documents for line in text.split('\n')]
        lines += [
            text[start : start + 64]
            for text in self.documents
            for start in range(0, len(text), 64)
        ]
        public = {line for line in lines if line.startswith('-----')}
        searcher = searching.Searcher(
            (n for key in self.keys for n in searching.numbers(key)),
            set(lines) - public,
        )
        log = self.log.getvalue()
        self.assertIn('an induced error', log)
        self.assertEqual(2 * COUNT + 2 * len(LAYERS), len(self.keys))
        written = {'log': log.encode()}
        for path in (*self.stacks, *self._files()):
            written[path] = pathlib.Path(path).read_bytes()
        for where, text in written.items():
            self.assertEqual([], searcher.find(text), where)

    def _files(self) -> list[str]:
        """Return the database with its log, and all else that was made."""
        files = pathlib.Path(self.service.directory).iterdir()
        return [str(path) for path in files if path.is_file()]
