# SPDX-License-Identifier: Apache-2.0

"""What is known to be wrong before the Identity service is asked."""

import pathlib
from collections.abc import Mapping

import fixtures
from cryptography.hazmat.primitives import serialization
from oslo_config import cfg

from keypair_ext import config_files, identity_client
from keypair_ext.tests import base
from keypair_ext.tests.functional.servers import ini, tls


class TLSTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.certificate, self.key = tls.write_certificate(self.directory)
        self.garbage = self.directory / 'garbage.pem'
        self.garbage.write_text('garbage')
        self.missing = self.directory / 'missing.pem'

    def check(self, files: Mapping[str, object], prefix: str = '') -> None:
        identity_client.check_tls(
            'group',
            lambda name: str(files[name]) if name in files else None,
            prefix,
        )

    def refusal(self, prefix: str = '', **files: object) -> str:
        return self.mistake(self.check, files, prefix)

    def test_what_can_be_used(self) -> None:
        for files in (
            {},
            {'cafile': self.certificate},
            {'cafile': self.directory},
            {'certfile': self.certificate, 'keyfile': self.key},
            # Without the other it is not read.
            {'keyfile': self.missing},
        ):
            with self.subTest(files=files):
                self.check(files)
        both = self.directory / 'both.pem'
        both.write_bytes(self.certificate.read_bytes() + self.key.read_bytes())
        self.check({'certfile': both})

    def test_authorities(self) -> None:
        for wrong in (self.missing, self.garbage, self.key):
            told = self.refusal(cafile=wrong)
            self.assertIn(f'[group] cafile = {wrong} cannot be used', told)
        told = self.refusal('memcache_tls_', memcache_tls_cafile=self.missing)
        self.assertIn(f'memcache_tls_cafile = {self.missing}', told)

    def test_certificate_and_key(self) -> None:
        elsewhere = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        _, other_key = tls.write_certificate(elsewhere)
        for certificate, key in (
            (self.missing, self.key),
            (self.garbage, self.key),
            (self.certificate, self.missing),
            (self.certificate, self.garbage),
            (self.certificate, other_key),
        ):
            told = self.refusal(certfile=certificate, keyfile=key)
            self.assertIn(
                f'certfile = {certificate} with keyfile = {key}', told
            )
        self.assertIn('certfile', self.refusal(certfile=self.certificate))

    def test_a_key_with_a_password(self) -> None:
        key = serialization.load_pem_private_key(self.key.read_bytes(), None)
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b'secret'),
            )
        )
        # Nobody is asked for it on a terminal.
        self.refusal(certfile=self.certificate, keyfile=self.key)


class PluginTest(base.TestCase):
    def conf(self, **groups: dict[str, str]) -> cfg.ConfigOpts:
        path = self.directory / 'a.conf'
        ini.write(path, groups)
        return config_files.parse([str(path)])

    def test_what_can_be_used(self) -> None:
        for conf in (
            self.conf(mine={'auth_type': 'password'}),
            self.conf(mine={'auth_section': 'a'}, a={'auth_type': 'none'}),
        ):
            identity_client.check_plugin(conf, 'mine')

    def test_what_cannot(self) -> None:
        for mine, words in (
            ({}, '[mine] auth_type is not set'),
            ({'auth_section': 'other'}, '[other] auth_type is not set'),
            ({'auth_type': 'nosuch'}, 'plugin nosuch'),
            # Their libraries are not among our requirements.
            ({'auth_type': 'v3oauth1'}, 'v3oauth1'),
            ({'auth_type': 'v3samlpassword'}, 'v3samlpassword'),
        ):
            with self.subTest(mine=mine):
                self.assertIn(
                    words,
                    self.mistake(
                        identity_client.check_plugin,
                        self.conf(mine=mine),
                        'mine',
                    ),
                )
