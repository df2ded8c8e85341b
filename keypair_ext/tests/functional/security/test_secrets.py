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

Generates keys of both kinds at DEBUG, on the service and on a filter, with
notifications on and with an error in every layer on the way up, and searches
logs, tracebacks, notifications, the dumps of faulthandler and every file.
``KEYPAIR_EXT_TEST_SECRETS=100`` makes as many of each kind as the promise is
tested with before a release; by default there are five.
"""

import base64
import faulthandler
import importlib
import io
import logging
import os
import pathlib
import re
import tempfile
import unittest
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar
from unittest import mock

import fixtures as fixtures_library
import webob
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    pkcs12,
)

from keypair_ext import keypairs, notifications
from keypair_ext.api import dispatch, handlers, request as api_request, views
from keypair_ext.db.store import Store
from keypair_ext.keytypes import pool, rsa as keytypes_rsa
from keypair_ext.keytypes.ssh import SshKeyType
from keypair_ext.keytypes.x509 import X509KeyType
from keypair_ext.middleware import request_log
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.conformance import servers
from keypair_ext.tests.functional.security import mounts, searching

LOG = logging.getLogger(__name__)

COUNT = int(os.environ.get('KEYPAIR_EXT_TEST_SECRETS', '5'))

KINDS = ('ssh', 'x509')

OPTIONS: fixtures.Options = {
    'DEFAULT': {'debug': True},
    'keypairs': {'key_pool_size': 2},
    'quota': {'key_pairs': 100_000},
    'notifications': {'notification_format': 'both'},
    'oslo_messaging_notifications': {
        'driver': 'log',
        'transport_url': 'fake://',
    },
}

# Where an error strikes on a key's way up, after the work is done: from the
# pool to the bytes that are handed to the server.
LAYERS: tuple[tuple[Any, str], ...] = (
    (pool.KeyPool, '_count'),
    (SshKeyType, 'generate'),
    (X509KeyType, 'generate'),
    (Store, 'create'),
    (notifications, '_keypair_payload'),
    (keypairs.Keypairs, '_create'),
    (keypairs.Keypairs, 'generate'),
    (views, 'created'),
    (api_request, 'serialize'),
    (handlers, '_answer'),
    (dispatch.Application, '_run'),
    (webob.Response, '__call__'),
    (request_log, '_log'),
)

# What a database file is mostly made of.
_NOTHING = re.compile(rb'\0{64,}')

_NO_REMOTE = servers.reason_to_skip()


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


class SecretsCases(base.TestCase):
    """Where secrets are looked for, and how keys come to be."""

    mount: mounts.Mount

    def setUp(self) -> None:
        super().setUp()
        self.keys: list[rsa.RSAPrivateKey] = []
        self.documents: list[str] = []
        self.public: list[str] = []
        self.log = io.StringIO()
        handler = logging.StreamHandler(self.log)
        root = logging.getLogger()
        self.addCleanup(root.setLevel, root.level)
        self.addCleanup(root.removeHandler, handler)
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)

    def generate(self, name: str, key_type: str) -> webob.Response:
        """Have a key made; remember what only its owner may know."""
        answer = self.mount.ask(
            'POST',
            '/v2.1/os-keypairs',
            version='2.2',
            body={'keypair': {'name': name, 'type': key_type}},
        )
        if answer.status_int == 201:
            self.assertEqual('no-store', answer.headers['Cache-Control'])
            keypair = answer.json['keypair']
            self.remember(keypair['public_key'], keypair['private_key'])
        return answer

    def remember(self, public_key: str, private_key: str) -> None:
        """Look for this, too."""
        self.public.append(public_key)
        self.documents.append(private_key)
        self.keys.append(read_private_key(private_key))

    def search(self, written: dict[str, bytes]) -> None:
        """Find nothing in what was written, but what is planted there."""
        searcher = self._searcher()
        leak = searching.numbers(self.keys[0])[0][7:39]
        for where, text in written.items():
            text = _NOTHING.sub(bytes(64), text)
            self.assertEqual([], searcher.find(text), where)
            for planted in (leak, leak.hex().encode(), base64.b64encode(leak)):
                end = text[-4096:] + planted + text[:64]
                self.assertEqual(1, len(searcher.find(end)), where)

    def _searcher(self) -> searching.Searcher:
        lines = {line for text in self.documents for line in text.split('\n')}
        lines |= {
            text[start : start + 64]
            for text in self.documents
            for start in range(0, len(text), 64)
        }
        public = '\n'.join(self.public)
        return searching.Searcher(
            (n for key in self.keys for n in searching.numbers(key)),
            (
                line
                for line in lines
                if line not in public and not line.startswith('-----')
            ),
        )


def files(directory: str | pathlib.Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file below a directory, with what is in it."""
    for path in pathlib.Path(directory).rglob('*'):
        if path.is_file() and not path.is_symlink():
            yield str(path), path.read_bytes()


class InProcessCases(SecretsCases):
    """A mount in this process, where errors can be induced."""

    make_mount: ClassVar[type[mounts.Mount]]

    def setUp(self) -> None:
        super().setUp()
        with warnings.catch_warnings():
            # eventlet, which it imports, warns of itself.
            warnings.simplefilter('ignore')
            importlib.import_module('oslo_messaging')
        self._remember_made()
        self.mount = self.useFixture(self.make_mount(OPTIONS))

    def _remember_made(self) -> None:
        """Know the keys, too, that nobody gets: an error, or the pool's."""
        make = keytypes_rsa.make_rsa

        def remembering() -> rsa.RSAPrivateKey:
            key = make()
            self.keys.append(key)
            return key

        self.useFixture(
            fixtures_library.MonkeyPatch(
                f'{keytypes_rsa.__name__}.make_rsa', remembering
            )
        )

    def _striking(self, owner: Any, name: str) -> Any:
        """Return a function that does its work and then fails."""
        work = getattr(owner, name)

        def strike(*arguments: Any, **named: Any) -> Any:
            done = work(*arguments, **named)
            with tempfile.NamedTemporaryFile(delete=False) as stack:
                faulthandler.dump_traceback(stack)
            LOG.debug('Struck after %(name)s', {'name': name})
            if isinstance(done, webob.Response):
                done.headers['X-Struck'] = name
            raise RuntimeError('an induced error')

        return mock.patch.object(owner, name, strike)

    def _generate_struck(self, name: str, key_type: str) -> int:
        try:
            return self.generate(name, key_type).status_int
        except RuntimeError:
            # What passes us the server logs.
            LOG.exception('The application failed')
            return 500

    def check_nothing_is_written(self) -> None:
        """Make keys, let errors strike, search."""
        for number in range(COUNT):
            for key_type in KINDS:
                answer = self.generate(f'{key_type}{number}', key_type)
                self.assertEqual(201, answer.status_int)
        for number, (owner, function) in enumerate(LAYERS):
            for key_type in KINDS:
                with self._striking(owner, function):
                    self._generate_struck(f'e{key_type}{number}', key_type)
        self._break_the_database()
        log = self.log.getvalue()
        for _, function in LAYERS:
            self.assertIn(f'Struck after {function}\n', log)
        self.assertIn('an induced error', log)
        self.assertIn('"keypair.create.end"', log)
        self.assertIn('KeypairPayload', log)
        self.assertGreaterEqual(len(self.keys), 2 * COUNT + 2 * len(LAYERS))
        self.search({'log': log.encode(), **dict(self._files())})

    def _break_the_database(self) -> None:
        with self.mount.engine.begin() as connection:
            connection.exec_driver_sql('DROP TABLE key_pairs')
        for key_type in KINDS:
            answer = self.generate('lost', key_type)
            self.assertGreaterEqual(answer.status_int, 500)

    def _files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the database, its log, the dumps: all that was made."""
        yield from files(self.mount.directory)
        yield from files(tempfile.gettempdir())


class ServiceSecretsTest(InProcessCases):
    make_mount = mounts.Service

    def test_nothing_written_holds_a_secret(self) -> None:
        self.check_nothing_is_written()


class FilterSecretsTest(InProcessCases):
    make_mount = mounts.Filter

    def test_nothing_written_holds_a_secret(self) -> None:
        self.check_nothing_is_written()


@unittest.skipIf(_NO_REMOTE, _NO_REMOTE)
class RemoteFilterSecretsTest(SecretsCases):
    """Inside a real Nova: its log, its directory, MariaDB's files."""

    def test_nothing_written_holds_a_secret(self) -> None:
        mount = self.useFixture(mounts.RemoteFilter(OPTIONS))
        self.mount = mount
        for number in range(COUNT):
            for key_type in KINDS:
                answer = self.generate(f'{key_type}{number}', key_type)
                self.assertEqual(201, answer.status_int)
        written = {
            path: text
            for directory in mount.directories()
            for path, text in files(directory)
        }
        self.assertIn(b'keypair.create.end', b''.join(written.values()))
        self.search(written)
