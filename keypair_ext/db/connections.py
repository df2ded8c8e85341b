# SPDX-License-Identifier: Apache-2.0

"""The connections of a store: held by a thread, never taken over a fork.

Taking a connection from the pool for each statement costs several round
trips (a ping, a ROLLBACK, the isolation level and back). So each thread
keeps two, and lets the pool look at them every few seconds. Where there are
too many threads for the pool, the first ones do so; the others are its guests
and take one connection at a time, for as long as they need it.
"""

import contextlib
import math
import os
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exc

from keypair_ext.db import driver, errors

# For how many seconds a connection is held before it goes to the pool and
# back. oslo.db's pool then tests it and, when it is old, replaces it.
_HOLD_SECONDS = 5.0

# SQLite is not here: oslo.db has set its connections so, and its BEGIN for
# transactions comes with this level, too.
_READ_LEVELS = {'mysql': 'AUTOCOMMIT', 'postgresql': 'AUTOCOMMIT'}

# MySQL: the count of a creation has to see the rows that others have
# inserted and not committed. PostgreSQL: it has to see what was committed
# before it, whatever the server's default is.
_WRITE_LEVELS = {'mysql': 'READ UNCOMMITTED', 'postgresql': 'READ COMMITTED'}


class _Held:
    """What one thread holds."""

    def __init__(self, owner: 'Connections') -> None:
        self.owner = owner
        self.pid = os.getpid()
        self.until = time.monotonic() + _HOLD_SECONDS
        self.is_guest = True
        self.reader: sa.Connection | None = None
        self.writer: sa.Connection | None = None

    def take_all(self) -> list[sa.Connection]:
        """Return the connections, and hold them no longer."""
        taken = [c for c in (self.reader, self.writer) if c is not None]
        self.reader = self.writer = None
        return taken

    def __del__(self) -> None:
        # The thread has ended, or forked: then these are its parent's.
        if self.pid == os.getpid():
            self.owner.give_back(self)


class Connections:
    """Hands out connections of one engine, opened on first use.

    :ivar driver: runs statements on them.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.driver = driver.Driver(engine)
        self._pid = os.getpid()
        self._local = threading.local()
        # Keeps what a fork has inherited from being collected: to collect a
        # connection is to talk to the database over the parent's socket.
        self._open: set[sa.Connection] = set()
        self._inherited: list[object] = []
        self._read_level = _READ_LEVELS.get(engine.dialect.name)
        self._write_level = _WRITE_LEVELS.get(engine.dialect.name)
        self._may_keep = _third_of(engine.pool)
        self._keepers: weakref.WeakSet[_Held] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._driver_error = engine.dialect.loaded_dbapi.Error

    def fetch(
        self, statement: sa.Executable, parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Run a query that is a transaction of its own."""
        rows = self.driver.fetch(self.reader(), statement, parameters)
        self.release()
        return rows

    def execute(
        self, statement: sa.Executable, parameters: Mapping[str, Any]
    ) -> int:
        """Run a change that is a transaction of its own; return its rows."""
        changed = self.driver.execute(self.reader(), statement, parameters)
        self.release()
        return changed

    def table_names(self) -> set[str]:
        """Return the names of all tables of the database."""
        reader = self.reader()
        names = set(sa.inspect(reader).get_table_names())
        reader.rollback()
        self.release()
        return names

    def reader(self) -> sa.Connection:
        """Return this thread's connection for single statements."""
        held = self._held()
        if held.reader is None or held.reader.invalidated:
            self._prepare(held)
            held.reader = self._connect(self._read_level)
        return held.reader

    def writer(self) -> sa.Connection:
        """Return this thread's connection for a new transaction."""
        held = self._held()
        if held.writer is not None and held.writer.in_transaction():
            # The server has interrupted a request in the middle of one.
            self.drop()
        if held.writer is None:
            self._prepare(held)
            held.writer = self._connect(self._write_level)
        return held.writer

    def roll_back(self) -> None:
        """End the transaction that this thread has begun."""
        writer = self._local.held.writer
        try:
            writer.rollback()
        except errors.DATABASE_ERRORS:
            self.drop()

    def drop(self) -> bool:
        """Close what this thread holds: an error came from it.

        :returns: whether there was something; if not, the database could
            not even be reached.
        """
        dropped = self._local.held.take_all()
        for connection in dropped:
            self._open.discard(connection)
            _discard(connection)
        return bool(dropped)

    def release(self) -> None:
        """Give back what this thread may not keep until it is needed again."""
        held = self._local.held
        if held.is_guest:
            self.give_back(held)

    def give_back(self, held: _Held) -> None:
        """Return to the pool what a thread held."""
        for connection in held.take_all():
            self._open.discard(connection)
            self._close(connection)

    def close(self) -> None:
        """Close everything that this process has opened."""
        self._local = threading.local()
        while self._open:
            self._close(self._open.pop())
        self._engine.dispose()

    def _held(self) -> _Held:
        held: _Held | None = getattr(self._local, 'held', None)
        if held is None or held.pid != os.getpid():
            return self._start_holding()
        if held.until < time.monotonic():
            self.give_back(held)
            held.until = time.monotonic() + _HOLD_SECONDS
        return held

    def _start_holding(self) -> _Held:
        if self._pid != os.getpid():
            self._forget_parent()
        held = self._local.held = _Held(self)
        return held

    def _forget_parent(self) -> None:
        self._inherited += [self._engine.pool, self._open]
        self._open = set()
        self._keepers = weakref.WeakSet()
        self._lock = threading.Lock()
        self._engine.dispose(close=False)
        self._pid = os.getpid()

    def _prepare(self, held: _Held) -> None:
        """Decide, before a thread connects, whether it may keep that."""
        if not held.is_guest:
            return
        # Who waits for a second one could wait for others who do.
        self.give_back(held)
        with self._lock:
            if len(self._keepers) < self._may_keep:
                self._keepers.add(held)
                held.is_guest = False

    def _connect(self, level: str | None) -> sa.Connection:
        connection = self._engine.connect()
        if level is not None:
            self._set_level(connection, level)
        self._open.add(connection)
        return connection

    def _set_level(self, connection: sa.Connection, level: str) -> None:
        try:
            connection.execution_options(isolation_level=level)
        except self._driver_error as error:
            # SQLAlchemy wraps what a statement raises, and not this. On a
            # connection that is new it says that the server has gone.
            _discard(connection)
            raise db_exc.DBConnectionError(error) from error

    def _close(self, connection: sa.Connection) -> None:
        """Return a connection to the pool, dead or alive."""
        try:
            if not connection.invalidated:
                # The pool takes the isolation level back, and loses count
                # of a connection that it finds dead only then.
                raw: Any = connection.connection.dbapi_connection
                connection.dialect.do_ping(raw)
            connection.close()
        except (*errors.DATABASE_ERRORS, self._driver_error):
            _discard(connection)


def _third_of(pool: sa.Pool) -> float:
    """Return how many threads may keep what they take from a pool.

    Each keeps two in the end, and the last third is for the guests.
    """
    if not isinstance(pool, sa.QueuePool) or pool._max_overflow < 0:
        return math.inf
    return (pool.size() + pool._max_overflow) // 3


def _discard(connection: sa.Connection) -> None:
    """Close a connection that cannot be trusted to return to the pool."""
    with contextlib.suppress(*errors.DATABASE_ERRORS):
        connection.invalidate()
        connection.close()
