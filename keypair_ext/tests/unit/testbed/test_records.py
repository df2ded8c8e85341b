# SPDX-License-Identifier: Apache-2.0

"""What is remembered of requests, and what is not."""

import json
from email.message import Message
from typing import Any

from keypair_ext.testbed import records
from keypair_ext.testbed.server import Request
from keypair_ext.tests import base

_PRIVATE = '-----BEGIN RSA PRIVATE KEY-----\nMIIE'  # codespell:ignore


class RecordTest(base.TestCase):
    def _record(self, body: bytes = b'', **headers: str) -> records.Record:
        message = Message()
        for name, value in headers.items():
            message[name.replace('_', '-')] = value
        target = '/compute/v2.1/os-keypairs/a%20b?limit=1&limit=2&x='
        return records.record(Request('GET', target, message, body), 200)

    def test_what_was_asked(self) -> None:
        record = self._record(OpenStack_API_Version='compute 2.1')
        self.assertEqual('/compute/v2.1/os-keypairs/a b', record.path)
        self.assertEqual({'limit': ['1', '2'], 'x': ['']}, record.query)
        self.assertEqual(
            'compute 2.1', record.headers['openstack-api-version']
        )
        self.assertIsNone(record.body)
        json.dumps(record.document())

    def test_no_tokens(self) -> None:
        first, same, other = (
            self._record(X_Auth_Token=token).headers['X-Auth-Token']
            for token in ('secret', 'secret', 'other')
        )
        self.assertNotIn('secret', str(first))
        self.assertEqual(first, same)
        self.assertNotEqual(first, other)

    def test_no_secrets_in_bodies(self) -> None:
        for body in (
            {'auth': {'identity': {'password': {'user': {'password': 'S'}}}}},
            {'auth': {'identity': {'token': {'id': '\ud800S'}}}},
            {'auth': {'application_credential': {'id': 1, 'secret': 'S'}}},
            {'keypair': {'name': 'a', 'public_key': _PRIVATE + 'S'}},
            [{'password': ['S']}],
        ):
            seen: Any = self._record(json.dumps(body).encode()).body
            self.assertNotIn('S"', json.dumps(seen))
        self.assertEqual('***', self._record(_PRIVATE.encode()).body)
        self.assertEqual('no JSON', self._record(b'no JSON').body)
