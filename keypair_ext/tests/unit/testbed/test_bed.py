# SPDX-License-Identifier: Apache-2.0

"""The test bed in this process, and how clients ask it."""

from typing import Any

from keystoneauth1 import session
from keystoneauth1.identity import v3

from keypair_ext.testbed import Testbed
from keypair_ext.tests import base

_KEYPAIRS = '/os-keypairs'


class TestbedTest(base.TestCase):
    def _start(self, **how: Any) -> Testbed:
        bed = Testbed(**how)
        bed.start()
        self.addCleanup(bed.stop)
        return bed

    def _log_in(self, bed: Testbed, user: str = 'member') -> session.Session:
        opened = session.Session(v3.Password(**bed.credentials(user)))
        self.addCleanup(opened.session.close)
        return opened

    def test_a_key(self) -> None:
        bed = self._start()
        member = self._log_in(bed)
        compute = {'service_type': 'compute'}
        made = member.post(
            _KEYPAIRS,
            json={'keypair': {'name': 'web'}},
            endpoint_filter=compute,
        )
        self.assertIn('PRIVATE KEY', made.json()['keypair']['private_key'])
        asked = [(r.method, r.path, r.status) for r in bed.requests]
        self.assertIn(('POST', '/compute/v2.1/os-keypairs', 200), asked)
        bed.reset()
        self.assertEqual([], bed.requests)
        listed = member.get(_KEYPAIRS, endpoint_filter=compute)
        self.assertEqual({'keypairs': []}, listed.json())
