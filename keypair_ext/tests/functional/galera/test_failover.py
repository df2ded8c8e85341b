# SPDX-License-Identifier: Apache-2.0

"""Nodes that refuse, vanish or lose their majority, seen by clients.

Whatever happens is answered with 503 and ``Retry-After``, or not noticed, and
nothing has to be restarted but the nodes.
"""

import itertools
import threading
import time
from typing import ClassVar

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.galera import race_cases, races
from keypair_ext.tests.functional.load import client
from keypair_ext.tests.functional.servers import galera, haproxy, process

# A request may wait for five seconds until a dead node is given up, and the
# balancer notices a change within two.
_PATIENCE = 30


class FailoverTest(race_cases.GaleraTestCase):
    mode = haproxy.Mode.MULTI
    quota_guard = True

    nodes: ClassVar[list[galera.Node]]
    _numbers = itertools.count()

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.nodes = cls.stage.cluster.nodes

    def setUp(self) -> None:
        super().setUp()
        self.user = self.id().rpartition('.')[2]

    def _client(self, user_id: str, number: int) -> client.Client:
        groups = self.stage.groups
        return client.Client(groups[number % len(groups)].port, user_id)

    def _ask(self) -> int:
        """Import, show and delete a key pair; return the worst status."""
        number = next(self._numbers)
        # What could not be deleted would fill the quota of one user.
        asking = self._client(f'{self.user}-{number}', number)
        answers = [asking.import_key('key', fixtures.KEY)]
        if answers[0].status == 200:
            answers += [asking.show('key'), asking.delete('key')]
        for answer in answers:
            self.assertIn(answer.status, (200, 202, 503), str(answer))
            if answer.status == 503:
                self.assertIn('Retry-After', answer.headers)
        return max(answer.status for answer in answers)

    def _ask_until(self, status: int, times: int = 12) -> None:
        """Ask until that status has come so many times without another."""
        in_a_row = 0

        def has_come() -> bool:
            nonlocal in_a_row
            in_a_row = in_a_row + 1 if self._ask() == status else 0
            return in_a_row >= times

        process.wait_until(has_come, f'{times} x {status}', _PATIENCE)

    def _assert_same_everywhere(self) -> None:
        contents = list(self.stage.rows().values())
        self.assertEqual([contents[0]] * len(contents), contents)

    def test_a_node_that_refuses_queries(self) -> None:
        self._ask_until(202)
        node = self.nodes[0]
        for how in ('ALL', 'ALL_KILL'):
            self._set(node, f'wsrep_reject_queries = {how}')
            self._ask_until(202)
            self._set(node, 'wsrep_reject_queries = NONE')
            self._ask_until(202)

    def _set(self, node: galera.Node, setting: str) -> None:
        node.execute(f'SET GLOBAL {setting}')

    def test_a_node_that_is_killed(self) -> None:
        node = self.nodes[1]
        node.kill()
        self._ask_until(202)
        self.stage.cluster.restart(node)
        self._ask_until(202)
        self._assert_same_everywhere()

    def test_a_majority_that_is_killed(self) -> None:
        rest, *killed = self.nodes
        for node in killed:
            node.kill()
        self._ask_until(503)
        self._set(rest, "wsrep_provider_options = 'pc.bootstrap=YES'")
        self._ask_until(202)
        for node in killed:
            node.restart([rest])
        self._ask_until(202)
        self._assert_same_everywhere()

    def test_a_commit_that_nobody_answers(self) -> None:
        """Kill nodes that are asked to commit while nobody confirms."""
        first, *others = self.nodes
        statuses: dict[str, int] = {}
        threads = [
            threading.Thread(
                target=self._import, args=(f'key{n}', n, statuses)
            )
            for n in range(6)
        ]
        for node in others:
            node.daemon.pause()
        for thread in threads:
            thread.start()
        time.sleep(1)
        first.kill()
        for node in others:
            node.daemon.resume()
        for thread in threads:
            thread.join()
        self.stage.cluster.restart(first)
        self._assert_same_everywhere()
        kept = {name for user, name, _ in self._rows() if user == self.user}
        for name, status in statuses.items():
            self.assertIn(status, (200, 503))
            if status == 200:
                self.assertIn(name, kept)
        self.assertLessEqual(len(kept), races.QUOTA)
        self._ask_until(202)

    def _import(
        self, name: str, number: int, statuses: dict[str, int]
    ) -> None:
        asking = self._client(self.user, number)
        statuses[name] = asking.import_key(name, fixtures.KEY).status

    def _rows(self) -> list[tuple[str, str, str]]:
        return next(iter(self.stage.rows().values()))
