# SPDX-License-Identifier: Apache-2.0

"""The service whose database is broken, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import fixtures
import sqlalchemy as sa

from keypair_ext.db import models
from keypair_ext.tests.functional import service_cases
from keypair_ext.tests.functional.faults import engines
from keypair_ext.tests.functional.load import ledger, users
from keypair_ext.tests.functional.servers import gunicorn, process

WORKERS: Final = 4

# Writes of each client before the fault, and after it until all is well.
_ROUNDS: Final = 5

# What a worker may have grown by. Its key pool and its pools of connections
# fill while it runs; what leaks with each error would be more.
_MAY_GROW: Final = 24 * 2**20

# The longest that a client may wait: for a worker whose other clients wait
# for a database that hangs, twice.
_LONGEST: Final = 60.0

_SERVED: Final = 'keypair_ext.tests.functional.faults.served:application'


@dataclass
class Outcome:
    """What a load has seen of a fault."""

    engine: str
    fault: str
    known: ledger.Ledger
    recovery: float
    grown: int
    restarted: bool

    def problems(
        self,
        may_lose_workers: bool = False,
        is_refused: bool = False,
        longest: float = _LONGEST,
    ) -> list[str]:
        """Return what has been promised and was not held.

        :param may_lose_workers: it is they who were killed.
        :param is_refused: without a refusal the fault did not happen.
        :param longest: for how many seconds a client may wait.
        """
        found = [str(fault) for fault in self.known.faults]
        if not may_lose_workers:
            found += ['a worker has ended'] * self.restarted
            found += ['no answer'] * self.known.unanswered
        if is_refused and not self.known.refused:
            found.append('nobody was refused')
        if self.known.longest > longest:
            found.append(f'an answer took {self.known.longest:.1f} s')
        if self.grown > _MAY_GROW:
            found.append(f'a worker has grown by {self.grown} bytes')
        return found


class Service(fixtures.Fixture):
    """The service under gunicorn, with a database of its own.

    :param engine: the kind of database.
    :param application: what the workers serve.
    :param database: more options of its group.
    """

    url: str
    server: gunicorn.Gunicorn

    def __init__(
        self,
        engine: engines.Engine,
        application: str = _SERVED,
        database: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.engine = engine
        self._application = application
        self._database = database

    def _setUp(self) -> None:
        self.directory = self.useFixture(process.Directory('faults')).path
        self.url = self.engine.url(self.directory)
        service_cases.prepare(
            self.directory,
            {
                'database': {'connection': self.url, **self._database},
                'quota': {'key_pairs': 10_000},
                # Requests are not told one by one.
                'DEFAULT': {
                    'default_log_levels': 'keypair_ext=WARNING,'
                    'oslo_db=CRITICAL'
                },
            },
        )
        self.server = self.make_server()
        self.start()

    def make_server(self) -> gunicorn.Gunicorn:
        """Return the server, which is not started yet."""
        return gunicorn.Gunicorn(
            self.directory,
            workers=WORKERS,
            # A worker that waits for its database is not to be killed.
            options=['--timeout', '120'],
            application=self._application,
        )

    def start(self) -> None:
        """Start the workers."""
        self.useFixture(self.server)

    def workers(self) -> set[int]:
        """Return the process ids of the workers."""
        return set(engines.children(self.server.daemon.pid))

    def break_under_load(
        self, fault: str, inflict: Callable[[], None], clients: int = 6
    ) -> Outcome:
        """Do something to the database while clients are served.

        :param inflict: returns when all is mended.
        """
        prefix = fault.replace(' ', '-')
        with users.Users(self.server.port, prefix, clients) as load:
            load.wait_for_all(_ROUNDS)
            before = self.workers()
            memory = self._memory()
            inflict()
            recovery = load.wait_for_all(_ROUNDS)
        grown = (
            max(
                (now - memory[pid])
                for pid, now in self._memory().items()
                if pid in memory
            )
            if before & self.workers()
            else 0
        )
        # One that had not started yet is no matter.
        ended = bool(before - self.workers())
        known = load.compare({'the table': self._rows(load.users)})
        return Outcome(self.engine.name, fault, known, recovery, grown, ended)

    def _memory(self) -> dict[int, int]:
        return {pid: engines.resident(pid) for pid in self.workers()}

    def _rows(self, of: Sequence[users.User]) -> Sequence[ledger.Row]:
        """Return what the table itself has of some users."""
        columns = models.key_pairs.c
        query = sa.select(
            columns.user_id, columns.name, columns.public_key
        ).where(columns.user_id.in_([user.name for user in of]))
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return [(*row,) for row in connection.execute(query)]
