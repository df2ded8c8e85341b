# SPDX-License-Identifier: Apache-2.0

"""What races have to leave, wherever the quota is exact."""

import os
import unittest
from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional import galera as package
from keypair_ext.tests.functional.galera import races, stage
from keypair_ext.tests.functional.servers import haproxy

ROUNDS = int(os.environ.get('KEYPAIR_EXT_TEST_ROUNDS', '5'))

# Each costs a worker 50 ms.
_GENERATIONS = 12


@unittest.skipIf(package.REASON, package.REASON)
class GaleraTestCase(base.TestCase):
    """A service for each class, on the cluster of the process.

    :cvar mode: which nodes are written to.
    :cvar quota_guard: whether there is a guard.
    """

    mode: ClassVar[haproxy.Mode]
    quota_guard: ClassVar[bool]
    stage: ClassVar[stage.Stage]
    racing: ClassVar[races.Racing]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stage = cls.use(
            stage.Stage(
                stage.cluster(),
                cls.mode,
                quota=races.QUOTA,
                quota_guard=cls.quota_guard,
            )
        )
        cls.racing = races.Racing(cls.stage)


class NameCases(GaleraTestCase):
    """A name is given once."""

    def test_one_name(self) -> None:
        outcome = self.racing.for_a_name(ROUNDS, 5, races.import_key)
        self.assertEqual({races.QUOTA - 4: ROUNDS}, outcome.left)
        self.assertEqual(
            {200: ROUNDS, 409: (races.RACERS - 1) * ROUNDS}, outcome.statuses
        )

    def test_one_name_and_the_last_place(self) -> None:
        outcome = self.racing.for_a_name(ROUNDS, 1, races.import_key)
        self.assertEqual({races.QUOTA: ROUNDS}, outcome.left)
        self.assertEqual(
            {200: ROUNDS, 403: (races.RACERS - 1) * ROUNDS}, outcome.statuses
        )


class ExactCases(NameCases):
    """Exactly the quota is left."""

    def test_imports(self) -> None:
        for places in (1, 3):
            outcome = self.racing.for_places(ROUNDS, places, races.import_key)
            self.assertEqual({races.QUOTA: ROUNDS}, outcome.left)
            self.assertEqual(
                {
                    200: places * ROUNDS,
                    403: (races.RACERS - places) * ROUNDS,
                },
                outcome.statuses,
            )

    def test_generations(self) -> None:
        outcome = self.racing.for_places(
            ROUNDS, 2, races.generate, _GENERATIONS
        )
        self.assertEqual({races.QUOTA: ROUNDS}, outcome.left)
        self.assertEqual(
            {200: 2 * ROUNDS, 403: (_GENERATIONS - 2) * ROUNDS},
            outcome.statuses,
        )
