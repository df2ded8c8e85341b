# SPDX-License-Identifier: Apache-2.0

"""The quota on Galera: with one writer, with three, and with the guard."""

from keypair_ext.tests.functional.galera import race_cases, races
from keypair_ext.tests.functional.servers import haproxy


class SingleWriterTest(race_cases.ExactCases):
    """Nothing but ``key_pairs`` is needed."""

    mode = haproxy.Mode.SINGLE
    quota_guard = False


class GuardedTest(race_cases.ExactCases):
    """Three writers, and the guard."""

    mode = haproxy.Mode.MULTI
    quota_guard = True


class UnguardedTest(race_cases.NameCases):
    """Three writers that see each other late."""

    mode = haproxy.Mode.MULTI
    quota_guard = False

    def test_each_node_fills_what_it_sees_free(self) -> None:
        others = len(self.stage.cluster.nodes) - 1
        for places in (1, 2):
            outcome = self.racing.for_places(
                race_cases.ROUNDS, places, races.import_key
            )
            self.assertGreaterEqual(min(outcome.left), races.QUOTA)
            self.assertLessEqual(outcome.most_over, others * places)
            self.assertEqual({200, 403}, set(outcome.statuses))
