# SPDX-License-Identifier: Apache-2.0

"""The connections of a process: taken for a block, put back at its end.

Nobody owns one, no thread and no green thread, so nothing has to notice that
somebody has ended. A connection keeps its isolation level while it is idle:
to set it each time, as SQLAlchemy's own pool would, takes round trips.
"""

import contextlib
import math
import os
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from types import TracebackType

import sqlalchemy as sa

from keypair_ext.db import errors, models
from keypair_ext.db.cursor import Connection, Statements
from keypair_ext.db.errors import Failure, Meaning

# One that was idle for longer is asked whether it is alive before it is used.
TEST_SECONDS = 5.0


@dataclass(frozen=True)
class Limits:
    """What an operator has set for the connections of a process.

    :ivar most: how many there may be; 0 for any number.
    :ivar timeout: for how many seconds one is waited for.
    :ivar recycle: after how many seconds one is replaced; negative for
        never.
    """

    most: int = 0
    timeout: float = 30.0
    recycle: float = -1.0


class _Shelf:
    """What one process has opened."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        # Made on first use: what makes threads green has been done by then.
        self.lock = threading.Lock()
        self.idle: dict[str | None, list[Lent]] = defaultdict(list)
        # Those in use, too. To collect one in a child, whose shelf this is
        # not, is to talk over its parent's socket.
        self.open: set[Connection] = set()
        # A place that is given up is taken still if somebody waits for it.
        self.taken = 0
        self.waiting: deque[threading.Condition] = deque()
        self.table_is_fit = False
        self.is_closed = False


class Pool:
    """Opens connections of an engine as they are needed, and keeps them.

    It may be made before a server forks: what a process has opened stays on
    its own shelf, where a child neither uses nor closes it.

    :param engine: where to connect.
    :param limits: how many, and for how long.
    """

    def __init__(self, engine: sa.Engine, limits: Limits) -> None:
        self._engine = engine
        self._dialect = engine.dialect
        self._most = limits.most if limits.most > 0 else math.inf
        self._timeout = limits.timeout
        self._recycle = limits.recycle if limits.recycle >= 0 else math.inf
        self._pid = os.getpid()
        self._prepared = Statements(engine.dialect)
        self._shelves: dict[int, _Shelf] = {}
        # What the driver raises where it means the database or a value.
        self._errors = (self._dialect.loaded_dbapi.Error, ValueError, OSError)

    def connection(self, level: str | None) -> 'Lent':
        """Return a connection for a ``with`` block.

        :param level: the isolation level; None for what the driver has.
        :raises Failure: there is none, or what the driver has raised in the
            block.
        """
        shelf = self._shelves.get(os.getpid()) or self._new_shelf()
        with shelf.lock:
            if shelf.taken < self._most:
                shelf.taken += 1
            else:
                self._wait(shelf)
            idle = shelf.idle[level]
            found = idle.pop() if idle else None
            surplus = None if found else self._surplus(shelf)
        try:
            if found and self._is_alive(found):
                return found
            if unwanted := found or surplus:
                self._close(shelf, unwanted)
            found = None
            return self._open(shelf, level)
        except BaseException:
            self._put(shelf, found, False)
            raise

    def close(self) -> None:
        """Close what this process has opened: what is in use, after it."""
        shelf = self._shelves.pop(os.getpid(), None)
        if shelf is not None:
            shelf.is_closed = True
            self._close_idle(shelf)
        self._engine.dispose()

    def _new_shelf(self) -> _Shelf:
        """Return this process's own, of which it has opened nothing yet."""
        pid = os.getpid()
        if pid != self._pid:
            # Another thread of the parent may have held a lock of its pool.
            self._engine.dispose(close=False)
        return self._shelves.setdefault(pid, _Shelf(pid))

    def _wait(self, shelf: _Shelf) -> None:
        """Return when a place was given up to this caller, in its turn.

        :raises Failure: nobody has given one up in time.
        """
        turn = threading.Condition(shelf.lock)
        shelf.waiting.append(turn)
        try:
            if not turn.wait_for(
                lambda: turn not in shelf.waiting, self._timeout
            ):
                raise Failure(
                    Meaning.UNAVAILABLE,
                    f'all {self._most} connections that max_pool_size '
                    f'and max_overflow allow are in use',
                )
        except BaseException:
            if turn in shelf.waiting:
                shelf.waiting.remove(turn)
            elif shelf.waiting:
                shelf.waiting.popleft().notify()
            else:
                shelf.taken -= 1
            raise

    def _surplus(self, shelf: _Shelf) -> 'Lent | None':
        """Return what has to be closed so that one can be opened."""
        idle = [kept for kept in shelf.idle.values() if kept]
        is_full = shelf.taken + sum(map(len, idle)) > self._most
        return idle[0].pop(0) if idle and is_full else None

    def _put(
        self, shelf: _Shelf, connection: 'Lent | None', is_fit: bool
    ) -> None:
        is_kept = is_fit and not shelf.is_closed
        try:
            if connection is not None and not is_kept:
                self._close(shelf, connection)
        finally:
            with shelf.lock:
                if connection is not None and is_kept:
                    connection.used = time.monotonic()
                    shelf.idle[connection.level].append(connection)
                if shelf.waiting:
                    shelf.waiting.popleft().notify()
                else:
                    shelf.taken -= 1

    def _is_alive(self, connection: Connection) -> bool:
        now = time.monotonic()
        if now - connection.opened > self._recycle:
            return False
        if now - connection.used < TEST_SECONDS:
            return True
        try:
            connection.ping()
        except self._errors:
            return False
        return True

    def _open(self, shelf: _Shelf, level: str | None) -> 'Lent':
        try:
            if not shelf.table_is_fit:
                shelf.table_is_fit = self._has_fit_table()
            pooled = self._engine.raw_connection()
            raw = pooled.dbapi_connection
            # The engine's pool is left out from here on.
            pooled.detach()
            connection = Lent(raw, self._dialect, level, self._prepared)
            connection.pool, connection.shelf = self, shelf
            shelf.open.add(connection)
            try:
                connection.set_level()
            except BaseException:
                self._close(shelf, connection)
                raise
        except Failure:
            raise
        # What drivers raise before they are connected has no common base.
        except Exception as error:
            raise errors.not_connected(error, self._engine) from error
        return connection

    def _has_fit_table(self) -> bool:
        """Return whether there is a table.

        :raises Failure: there is one that is not Nova's.
        """
        with self._engine.connect() as connection:
            # So the engine's pool, which knows no limits, keeps nothing.
            connection.detach()
            inspector = sa.inspect(connection)
            if not inspector.has_table(models.key_pairs.name):
                return False
            mistake = models.mistake(inspector)
        if mistake:
            raise Failure(Meaning.UNAVAILABLE, mistake)
        return True

    def _close_idle(self, shelf: _Shelf) -> None:
        with shelf.lock:
            idle = [one for kept in shelf.idle.values() for one in kept]
            shelf.idle.clear()
        for connection in idle:
            self._close(shelf, connection)

    def _close(self, shelf: _Shelf, connection: Connection) -> None:
        if shelf.pid != os.getpid():
            return
        shelf.open.discard(connection)
        with contextlib.suppress(*self._errors):
            connection.close()


class Lent(Connection):
    """A connection of a pool, which goes back at the end of a block.

    It is kept if the block ends well, or with an error that says nothing
    against it.

    :ivar pool: where it goes back to.
    :ivar shelf: that of the process that has opened it.
    """

    pool: Pool
    shelf: _Shelf

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        is_fit = error is None
        try:
            if isinstance(error, self.pool._errors):
                failure = errors.understand(
                    error, self.pool._dialect, self.raw
                )
                if failure.meaning in (Meaning.LOST, Meaning.READ_ONLY):
                    # So are the others, if the server was restarted, or
                    # another one is in its place.
                    self.pool._close_idle(self.shelf)
                elif _has_rolled_back(self):
                    is_fit = failure.is_refusal
                raise failure from error
        finally:
            # Also where the server has interrupted a request: what such a
            # connection still has to tell is not for the next one.
            self.pool._put(self.shelf, self, is_fit)


def _has_rolled_back(connection: Connection) -> bool:
    try:
        connection.rollback()
    # Then it is not used again; why does not matter.
    except Exception:  # noqa: BLE001
        return False
    return True
