# SPDX-License-Identifier: Apache-2.0

"""How key types are found, and what they share."""

import dataclasses
import pathlib

import fixtures
from cryptography.hazmat.primitives.asymmetric import rsa as crypto_rsa

from keypair_ext import exception, keytypes
from keypair_ext.keytypes import rsa, ssh, x509
from keypair_ext.tests import base


class FakeKeyType:
    """A key type of another package, found by its entry point."""

    def __init__(self, make_rsa: rsa.MakeRSA) -> None:
        self.name = 'fake'
        self.make_rsa = make_rsa

    def fingerprint(self, public_key: str) -> str:
        return public_key

    def generate(self, user_id: str, comment: str) -> keytypes.GeneratedKey:
        return keytypes.GeneratedKey(user_id, comment, '')


def make_nothing(make_rsa: rsa.MakeRSA) -> None:
    raise LookupError('out of luck')


class TestRSA(base.TestCase):
    def test_key(self) -> None:
        key = rsa.make_rsa()
        self.assertEqual(2048, key.key_size)
        self.assertEqual(65537, key.public_key().public_numbers().e)


class TestGeneratedKey(base.TestCase):
    def test_hides_its_secret(self) -> None:
        key = keytypes.GeneratedKey('public', 'secret', 'ab:cd')
        for text in (repr(key), str(key), f'{key}', f'{[key]!r}'):
            self.assertNotIn('secret', text)
            self.assertIn('public', text)

    def test_is_frozen(self) -> None:
        key = keytypes.GeneratedKey('public', 'secret', 'ab:cd')
        self.assertRaises(
            dataclasses.FrozenInstanceError, setattr, key, 'public_key', ''
        )


class TestLoad(base.TestCase):
    """Entry points come from packages that exist as metadata only."""

    def setUp(self) -> None:
        super().setUp()
        self.site = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        # Alone: what is really installed has entry points too.
        self.useFixture(fixtures.MonkeyPatch('sys.path', [str(self.site)]))

    def _install(self, package: str, *points: str) -> None:
        info = self.site / f'{package}-1.0.dist-info'
        info.mkdir()
        (info / 'METADATA').write_text(
            f'Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n'
        )
        (info / 'entry_points.txt').write_text(
            '\n'.join(['[keypair_ext.keytypes]', *points])
        )

    def _load_error(self) -> str:
        error = self.assertRaises(
            exception.ConfigurationError, keytypes.load, rsa.make_rsa
        )
        return str(error)

    def _check_broken(self, value: str, problem: str) -> None:
        self._install('broken', f'other = {value}')
        self.assertEqual(
            f"The key type 'other' cannot be loaded from '{value}': {problem}",
            self._load_error(),
        )

    def test_our_types(self) -> None:
        self._install(
            'ours',
            'ssh = keypair_ext.keytypes.ssh:SshKeyType',
            'x509 = keypair_ext.keytypes.x509:X509KeyType',
        )
        key_types = keytypes.load(rsa.make_rsa)
        self.assertEqual({'ssh', 'x509'}, set(key_types))
        self.assertIsInstance(key_types['ssh'], ssh.SshKeyType)
        self.assertIsInstance(key_types['x509'], x509.X509KeyType)

    def test_foreign_type_takes_our_rsa_keys(self) -> None:
        def make_rsa() -> crypto_rsa.RSAPrivateKey:
            raise NotImplementedError

        self._install('theirs', f'fake = {__name__}:FakeKeyType')
        fake = keytypes.load(make_rsa)['fake']
        self.assertIsInstance(fake, FakeKeyType)
        self.assertIs(make_rsa, getattr(fake, 'make_rsa', None))

    def test_nothing_installed(self) -> None:
        self.assertIn('No key type is installed', self._load_error())

    def test_one_name_twice(self) -> None:
        self._install('a', f'fake = {__name__}:FakeKeyType')
        self._install('b', f'fake = {__name__}:FakeKeyType')
        self.assertEqual(
            "Two installed packages provide the key type 'fake': remove one "
            'of them.',
            self._load_error(),
        )

    def test_no_module(self) -> None:
        self._check_broken(
            'no_such_module:X',
            "ModuleNotFoundError: No module named 'no_such_module'.",
        )

    def test_no_class(self) -> None:
        self._check_broken(
            f'{__name__}:NoClass',
            f"AttributeError: module '{__name__}' has no attribute 'NoClass'.",
        )

    def test_not_callable(self) -> None:
        self._check_broken(
            f'{__name__}:__name__', "TypeError: 'str' object is not callable."
        )

    def test_fails(self) -> None:
        self._check_broken(
            f'{__name__}:make_nothing', 'LookupError: out of luck.'
        )

    def test_other_name(self) -> None:
        self._check_broken(
            f'{__name__}:FakeKeyType', "it calls itself 'fake'."
        )
