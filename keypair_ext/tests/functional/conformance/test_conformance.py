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

"""Plain Nova and ours, in both mounts, asked the same."""

import unittest
from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional.conformance import differences, servers
from keypair_ext.tests.functional.conformance.session import Session, names

_MOST_SHOWN = 40

_REASON = servers.reason_to_skip()


@unittest.skipIf(_REASON, _REASON)
class ConformanceTestCase(base.TestCase):
    """One test for each area, and one for the file of differences.

    They share the servers, and what they found: an area is run by the first
    test that wants to know what came of it.
    """

    session: ClassVar[Session]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.session = Session()
        cls.session.setUp()
        cls.addClassCleanup(cls.session.cleanUp)

    def _check(self, name: str) -> None:
        """Fail for every difference that is not in the file."""
        known = differences.load()
        reports = [
            str(report)
            for report in self.session.outcome(name).comparison.reports
            if differences.explain(report.found, known) is None
        ]
        if reports:
            shown = '\n'.join(reports[:_MOST_SHOWN])
            self.fail(
                f'{len(reports)} answers differ from those of Nova and are '
                f'not in {differences.PATH.name}:\n{shown}'
            )

    def test_bodies(self) -> None:
        self._check('bodies')

    def test_boundaries(self) -> None:
        self._check('boundaries')

    def test_database_away(self) -> None:
        self._check('database away')

    def test_discovery(self) -> None:
        self._check('discovery')

    def test_every_version(self) -> None:
        self._check('every version')

    def test_generated_keys(self) -> None:
        self._check('generated keys')

    def test_legacy(self) -> None:
        self._check('legacy')

    def test_names(self) -> None:
        self._check('names')

    def test_negotiation(self) -> None:
        self._check('negotiation')

    def test_order(self) -> None:
        self._check('order')

    def test_paging(self) -> None:
        self._check('paging')

    def test_quota(self) -> None:
        self._check('quota')

    def test_routing(self) -> None:
        self._check('routing')

    def test_ssh_keys(self) -> None:
        self._check('ssh keys')

    def test_users(self) -> None:
        self._check('users')

    def test_x509_keys(self) -> None:
        self._check('x509 keys')

    def test_every_area_has_a_test(self) -> None:
        for name in names():
            self.assertTrue(hasattr(self, f'test_{name.replace(" ", "_")}'))

    def test_every_entry_is_shown(self) -> None:
        found = [
            report.found
            for name in names()
            for report in self.session.outcome(name).comparison.reports
        ]
        stale = [
            f'{difference.id}: {pattern} ({mount})'
            for difference in differences.load()
            for mount in self.session.mounts
            for pattern in difference.unseen(found, mount)
        ]
        self.assertEqual([], stale, 'no request shows these any more')
