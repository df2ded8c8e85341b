# SPDX-License-Identifier: Apache-2.0

"""What the tests about secrets have in common: making keys, and searching."""

import base64
import logging
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import fixtures as fixtures_library
import webob
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    pkcs12,
)

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.security import mounts, searching

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

# What a database file is mostly made of.
_NOTHING = re.compile(rb'\0{64,}')


def read_private_key(document: str) -> rsa.RSAPrivateKey:
    """Return the key that an answer's ``private_key`` holds."""
    key: Any
    if document.startswith('-----BEGIN'):
        key = load_pem_private_key(document.encode(), None)
    else:
        key = pkcs12.load_pkcs12(base64.b64decode(document), b'').key
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


class SecretsCases(base.TestCase):
    """Where secrets are looked for, and how keys come to be."""

    mount: mounts.Mount

    def setUp(self) -> None:
        super().setUp()
        self.keys: list[rsa.RSAPrivateKey] = []
        self.documents: list[str] = []
        self.public: list[str] = []
        self.log = self.useFixture(
            fixtures_library.FakeLogger(level=logging.DEBUG)
        )

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
