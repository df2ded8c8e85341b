# SPDX-License-Identifier: Apache-2.0

"""Load on a Galera cluster whose nodes, and whose API workers, are killed.

Run as a program it prints what was held, and returns 1 if it was not::

    python -m keypair_ext.tests.functional.galera.soak --long
"""

import argparse
import contextlib
import dataclasses
import itertools
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from keypair_ext.tests.functional.galera import stage
from keypair_ext.tests.functional.load import client, ledger, users
from keypair_ext.tests.functional.servers import galera, haproxy

QUOTA: Final = 20
CLIENTS: Final = 32
_SHARED_USERS: Final = 4

# A node stays away for this part of the time between two kills.
_AWAY: Final = 0.15


@dataclass(frozen=True)
class Plan:
    """How long, what is killed how often, in seconds, and on what.

    With several writers there is a quota guard, with one there is none.
    """

    seconds: float = 60
    node_every: float = 30
    worker_every: float = 10
    mode: haproxy.Mode = haproxy.Mode.MULTI


LONG: Final = Plan(seconds=600, node_every=60, worker_every=20)


@dataclass
class Outcome:
    """What came of it.

    :ivar node_kills: how often a node was killed.
    :ivar worker_kills: how often a worker was.
    :ivar errors: what the servers have logged as errors.
    """

    plan: Plan
    known: ledger.Ledger
    node_kills: int
    worker_kills: int
    errors: list[str]

    def table(self) -> str:
        """Return everything that was counted."""
        lines = [
            f'writers: {self.plan.mode.value}, clients: {CLIENTS}, '
            f'quota: {QUOTA}, seconds: {self.plan.seconds:g}',
            f'nodes killed: {self.node_kills}, '
            f'workers killed: {self.worker_kills}',
            f'requests: {self.known.answers.total()}, '
            f'acknowledged changes: {self.known.acknowledged}',
            '',
            *self._by_status(),
            '',
            *(
                f'{kind:12} {self.known.count(kind):6}'
                for kind in ledger.KINDS
            ),
        ]
        return '\n'.join(lines) + '\n'

    def _by_status(self) -> Iterator[str]:
        answers = self.known.answers
        statuses = sorted({status for _, status in answers})
        titles = [str(status) if status else 'cut off' for status in statuses]
        yield f'{"":12} ' + ' '.join(f'{title:>7}' for title in titles)
        for action in dict.fromkeys(action for action, _ in answers):
            counts = [answers[action, status] for status in statuses]
            yield f'{action:12} ' + ' '.join(f'{n:7}' for n in counts)


class Soak:
    """One run."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._node_kills = 0
        self._worker_kills = 0

    def run(self, cluster: galera.Cluster) -> Outcome:
        """Load, kill, and compare.

        :raises Exception: a node did not come back.
        """
        described = stage.Stage(
            cluster,
            self._plan.mode,
            quota=QUOTA,
            quota_guard=self._plan.mode is haproxy.Mode.MULTI,
        )
        with described as running:
            return self._run(running)

    def _run(self, running: stage.Stage) -> Outcome:
        def connect(user_id: str) -> client.Client:
            return client.Client(random.choice(running.groups).port, user_id)

        clients = [
            users.User(
                f'own-{number}',
                connect,
                shared=f'shared-{number % _SHARED_USERS}',
                quota=QUOTA,
                # Each comes to its end now and then.
                plenty=2 * QUOTA,
            )
            for number in range(CLIENTS)
        ]
        with users.Load(clients) as load:
            load.run(self._kill_nodes, running, load.stopped)
            load.run(self._kill_workers, running, load.stopped)
            load.stopped.wait(self._plan.seconds)
        return Outcome(
            self._plan,
            ledger.compare(
                [each.ledger for each in clients], running.rows(), QUOTA
            ),
            self._node_kills,
            self._worker_kills,
            [
                line
                for group in running.groups
                for line in group.daemon.log.splitlines()
                if ' ERROR ' in line
            ],
        )

    def _kill_nodes(
        self, running: stage.Stage, stopped: threading.Event
    ) -> None:
        nodes = itertools.cycle(running.cluster.nodes)
        due = time.monotonic() + self._plan.node_every / 2
        while not stopped.wait(max(0, due - time.monotonic())):
            node = next(nodes)
            node.kill()
            self._node_kills += 1
            stopped.wait(_AWAY * self._plan.node_every)
            running.cluster.restart(node)
            due += self._plan.node_every

    def _kill_workers(
        self, running: stage.Stage, stopped: threading.Event
    ) -> None:
        choose = random.Random(0)
        while not stopped.wait(self._plan.worker_every):
            with contextlib.suppress(ProcessLookupError):
                os.kill(choose.choice(running.worker_pids()), signal.SIGKILL)
                self._worker_kills += 1


def main() -> int:
    """Run it as the command line says."""
    parser = argparse.ArgumentParser(prog='soak')
    parser.add_argument(
        '--long',
        action='store_true',
        help='for ten minutes, a node killed every minute',
    )
    parser.add_argument(
        '--mode',
        choices=[mode.value for mode in haproxy.Mode],
        default=Plan.mode.value,
        help='how many nodes are written to (default: %(default)s)',
    )
    arguments = parser.parse_args()
    plan = LONG if arguments.long else Plan()
    mode = haproxy.Mode(arguments.mode)
    with galera.Cluster() as cluster:
        outcome = Soak(dataclasses.replace(plan, mode=mode)).run(cluster)
    sys.stdout.write(outcome.table())
    for kind, text in outcome.known.faults[:50]:
        sys.stdout.write(f'{kind}: {text}\n')
    if outcome.known.faults:
        sys.stdout.write('\n'.join([*outcome.errors[:200], '']))
    return 1 if outcome.known.faults else 0


if __name__ == '__main__':
    sys.exit(main())
