# SPDX-License-Identifier: Apache-2.0

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
import logging
import os
import tempfile
import unittest
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar
from unittest import mock

import fixtures as fixtures_library
from cryptography.hazmat.primitives.asymmetric import rsa

from keypair_ext import keypairs, notifications
from keypair_ext.api import answer, dispatch, request as api_request, views
from keypair_ext.db.store import Store
from keypair_ext.keytypes import pool, rsa as keytypes_rsa
from keypair_ext.keytypes.ssh import SshKeyType
from keypair_ext.keytypes.x509 import X509KeyType
from keypair_ext.middleware import request_log
from keypair_ext.tests import base
from keypair_ext.tests.functional.conformance import servers
from keypair_ext.tests.functional.security import (
    mounts,
    searching,
    secrets_cases,
)

LOG = logging.getLogger(__name__)

COUNT = int(os.environ.get('KEYPAIR_EXT_TEST_SECRETS', '5'))

KINDS = ('ssh', 'x509')

# Where an error strikes on a key's way up, after the work is done: from the
# pool to the bytes that are handed to the server.
LAYERS: tuple[tuple[Any, str], ...] = (
    (pool._Supply, '_count'),
    (SshKeyType, 'generate'),
    (X509KeyType, 'generate'),
    (Store, 'create'),
    (notifications.nova, 'keypair_payload'),
    (keypairs.Keypairs, 'generate'),
    (views, 'created'),
    (api_request, 'serialize'),
    (api_request.Request, 'answer'),
    (dispatch.Application, 'answer'),
    (answer.Answer, '__call__'),
    (request_log, '_log'),
)

_NO_REMOTE = servers.reason_to_skip()


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


class InProcessCases(secrets_cases.SecretsCases):
    """A mount in this process, where errors can be induced."""

    make_mount: ClassVar[type[mounts.Mount]]

    def setUp(self) -> None:
        super().setUp()
        with warnings.catch_warnings():
            # eventlet, which it imports, warns of itself.
            warnings.simplefilter('ignore')
            importlib.import_module('oslo_messaging')
        self._remember_made()
        self.mount = self.useFixture(self.make_mount(secrets_cases.OPTIONS))

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
            if isinstance(done, answer.Answer):
                done.headers.append(('X-Struck', name))
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
        log = self.log.output
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
        yield from secrets_cases.files(self.mount.directory)
        yield from secrets_cases.files(tempfile.gettempdir())


class ServiceSecretsTest(InProcessCases):
    make_mount = mounts.Service

    def test_nothing_written_holds_a_secret(self) -> None:
        self.check_nothing_is_written()


class FilterSecretsTest(InProcessCases):
    make_mount = mounts.Filter

    def test_nothing_written_holds_a_secret(self) -> None:
        self.check_nothing_is_written()


@unittest.skipIf(_NO_REMOTE, _NO_REMOTE)
class RemoteFilterSecretsTest(secrets_cases.SecretsCases):
    """Inside a real Nova: its log, its directory, MariaDB's files."""

    nova: ClassVar[mounts.RemoteFilter]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # Not in a test: MariaDB's user may not enter its directory.
        cls.nova = cls.use(mounts.RemoteFilter(secrets_cases.OPTIONS))

    def test_nothing_written_holds_a_secret(self) -> None:
        self.mount = self.nova
        for number in range(COUNT):
            for key_type in KINDS:
                answer = self.generate(f'{key_type}{number}', key_type)
                self.assertEqual(201, answer.status_int)
        written = {
            path: text
            for directory in self.nova.directories()
            for path, text in secrets_cases.files(directory)
        }
        self.assertIn(b'keypair.create.end', b''.join(written.values()))
        self.search(written)
