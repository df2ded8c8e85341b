# SPDX-License-Identifier: Apache-2.0

"""Which keys are generated, and which of them are made ahead."""

import threading
from typing import Any

from keypair_ext import conf, profiles
from keypair_ext.keytypes import algorithms, rsa
from keypair_ext.tests import base

# Each with the class of its keys and their size.
KEYS = {
    'rsa-2048': ('RSAPrivateKey', 2048),
    'rsa-3072': ('RSAPrivateKey', 3072),
    'rsa-4096': ('RSAPrivateKey', 4096),
    'ecdsa-256': ('ECPrivateKey', 256),
    'ed25519': ('Ed25519PrivateKey', None),
}


def threads() -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread.name == 'keypair_ext-key-pool'
    ]


class MakerTest(base.TestCase):
    def test_options_and_profiles_name_the_same(self) -> None:
        keys: Any = profiles.schema()['properties']['keys']['properties']
        options: dict[str, Any] = {o.name: o for o in conf.KEYPAIRS_OPTS}
        name = 'generated_ssh_algorithm'
        self.assertEqual(list(KEYS), keys[name]['enum'])
        self.assertEqual(list(KEYS), list(options[name].type.choices))

    def test_sizes(self) -> None:
        for name, (kind, bits) in KEYS.items():
            for pool_size in (0, 1):
                with self.subTest(name=name, pool_size=pool_size):
                    make = algorithms.maker(name, rsa.make_rsa, pool_size)
                    key = make()
                    self.assertEqual(
                        (kind, bits),
                        (type(key).__name__, getattr(key, 'key_size', None)),
                    )

    def test_rsa_keys_are_made_ahead(self) -> None:
        before = len(threads())
        algorithms.maker('rsa-3072', rsa.make_rsa, 1)()
        self.assertGreater(len(threads()), before)

    def test_other_keys_are_made_at_once(self) -> None:
        before = len(threads())
        for name in ('ecdsa-256', 'ed25519'):
            made = {algorithms.pem(algorithms.maker(name, rsa.make_rsa, 1)())}
            made.add(algorithms.pem(algorithms.maker(name, rsa.make_rsa, 1)()))
            self.assertEqual(2, len(made))
        self.assertEqual(before, len(threads()))
