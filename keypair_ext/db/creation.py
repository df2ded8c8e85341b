# SPDX-License-Identifier: Apache-2.0

"""How a key pair gets into the table without exceeding the quota.

A creation inserts its row first and counts the user's rows afterwards, in one
transaction, which is rolled back when there are too many. So nobody waits
for a lock in order to count, and users never wait for each other.

It holds because the last of those that commit to count has counted all the
others. SQLite lets one writer in at a time; on PostgreSQL the insert of one
user waits for the other inserts of that user; MySQL counts at READ
UNCOMMITTED and so sees rows that are not committed yet. There it can happen
that several race for the last place and each sees that together they are too
many. Then those with the lowest ids stay, and the others make room.

Who is known to be far from the quota is not counted: see
:mod:`keypair_ext.db.headroom`.

Writers on several nodes see nothing of each other. Where the table of
:mod:`keypair_ext.db.guard` is there, they meet in a row of it.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import sqlalchemy as sa
from oslo_db import api as db_api, exception as db_exc

from keypair_ext import exception
from keypair_ext.db import errors, statements
from keypair_ext.db.errors import Meaning
from keypair_ext.db.executor import Executor
from keypair_ext.db.guard import QuotaGuard
from keypair_ext.db.headroom import Headroom
from keypair_ext.db.records import Keypair

# How long one waits for those that race for the same place: they need a few
# round trips. Then both start over.
_PAUSE_SECONDS = 0.002
_PAUSES = 25

# What has left nothing behind is tried again, within some 1.5 s.
MAX_RETRIES = 8
_repeated = db_api.wrap_db_retry(
    max_retries=MAX_RETRIES,
    retry_interval=0.005,
    max_retry_interval=0.3,
    inc_retry_interval=True,
    jitter=True,
)

# SQLite gives the id of the newest row again when that is deleted.
_IDS_ASCEND = frozenset(('mysql', 'postgresql'))

_UNSTORABLE = (
    'the name, the user id or the public key is longer than the database '
    'can hold, or has a character that it cannot hold, such as NUL or an '
    'emoji. Leave it out, for example from the comment of the key.'
)


class Creation:
    """Inserts key pairs.

    :param executor: what runs the statements.
    :param dialect_name: the kind of database.
    """

    def __init__(self, executor: Executor, dialect_name: str) -> None:
        self._executor = executor
        self._connections = executor.connections
        self._guard = QuotaGuard(executor, dialect_name)
        self._headroom = Headroom() if dialect_name in _IDS_ASCEND else None
        self._insert = statements.INSERT_ROW.get(
            dialect_name, statements.INSERT
        )
        self._insert_limited = statements.INSERT_LIMITED.get(
            dialect_name, statements.INSERT
        )
        self._try_again: Callable[[Mapping[str, Any], int], Keypair]
        self._try_again = _repeated(self._wait_and_try)

    def create(self, values: Mapping[str, Any], limit: int) -> Keypair:
        """Insert a row with these values; it is durable on return.

        :param limit: how many rows the user may have; negative for any.
        :raises QuotaExceeded: the user has that many.
        :raises KeypairExists: the user has one of this name.
        :raises InvalidKey: a column cannot hold a value.
        :raises DatabaseUnavailable: nobody was told that it is stored.
        """
        try:
            return self._try(values, limit)
        except db_exc.RetryRequest:
            return self._try_again(values, limit)
        finally:
            self._connections.release()

    def _wait_and_try(self, values: Mapping[str, Any], limit: int) -> Keypair:
        if limit > 0:
            self._wait_for_room(values['user_id'], limit)
        return self._try(values, limit)

    def _wait_for_room(self, user_id: str, limit: int) -> None:
        """Return when the rows, committed or not, leave room for one."""
        room = {'user_id': user_id, 'at_most': limit - 1}
        try:
            for _ in range(_PAUSES):
                writer = self._connections.writer()
                full = writer.execute(statements.MORE_THAN, room).first()
                writer.rollback()
                if full is None:
                    return
                self._check_quota(user_id, limit)
                time.sleep(_PAUSE_SECONDS)
        except errors.DATABASE_ERRORS as error:
            self._give_up_or_retry(error)

    def _try(self, values: Mapping[str, Any], limit: int) -> Keypair:
        write_guard = self._guard.statement() if limit >= 0 else None
        try:
            writer = self._connections.writer()
            if write_guard is not None:
                # First: it keeps this user's others out until the commit.
                writer.execute(write_guard, {'user_id': values['user_id']})
            key_id = self._insert_row(writer, values, limit)
            has_room = self._has_room(writer, values['user_id'], key_id, limit)
            if not has_room:
                writer.rollback()
        except errors.DATABASE_ERRORS as error:
            self._refuse(error, values, limit)
        if not has_room:
            self._check_quota(values['user_id'], limit)
            raise _retry()
        keypair = Keypair(id=key_id, updated_at=None, **values)
        try:
            writer.commit()
        except errors.DATABASE_ERRORS as error:
            self._check_committed(error, keypair)
        return keypair

    def _insert_row(
        self, writer: sa.Connection, values: Mapping[str, Any], limit: int
    ) -> int:
        statement = self._insert if limit < 0 else self._insert_limited
        result = writer.execute(statement, values)
        if result.returns_rows:
            return int(result.scalar_one())
        return int(result.lastrowid)

    def _has_room(
        self, writer: sa.Connection, user_id: str, key_id: int, limit: int
    ) -> bool:
        """Say whether the new row may stay, after a race if there is one."""
        if limit < 0 or self._is_far(writer, user_id, key_id, limit):
            return True
        row = {'user_id': user_id, 'id': key_id, 'at_most': limit}
        fetch = self._connections.driver.fetch
        for _ in range(_PAUSES):
            if not fetch(writer, statements.MORE_THAN, row):
                return True
            older = fetch(writer, statements.OLDER_THAN, row)
            if older[0][0] >= limit:
                return False
            time.sleep(_PAUSE_SECONDS)
        return False

    def _is_far(
        self, writer: sa.Connection, user_id: str, key_id: int, limit: int
    ) -> bool:
        """Say whether the user is far from the limit, as was counted."""
        headroom = self._headroom
        if headroom is None:
            return False
        if headroom.suffices(user_id, key_id, limit):
            return True
        if not headroom.is_worth_a_count(user_id, key_id, limit):
            return False
        all_keys = {'user_id': user_id, 'at_most': limit}
        counted = self._connections.driver.fetch(
            writer, statements.COUNT, all_keys
        )
        headroom.remember(user_id, key_id, counted[0][0])
        return headroom.suffices(user_id, key_id, limit)

    def _refuse(
        self, error: Exception, values: Mapping[str, Any], limit: int
    ) -> NoReturn:
        """Raise what an error before the commit means."""
        found = errors.meaning(error)
        if found is Meaning.DUPLICATE:
            self._connections.roll_back()
            self._refuse_duplicate(error, values, limit)
        if found is Meaning.UNSTORABLE:
            self._connections.roll_back()
            raise exception.InvalidKey(reason=_UNSTORABLE) from error
        self._give_up_or_retry(error)

    def _refuse_duplicate(
        self, error: Exception, values: Mapping[str, Any], limit: int
    ) -> NoReturn:
        user_id, name = values['user_id'], values['name']
        self._check_quota(user_id, limit)
        same = {'user_id': user_id, 'name': name}
        if self._executor.fetch(statements.EXISTS, same):
            raise exception.KeypairExists(name=name) from error
        # Whoever had the name has gone in the meantime.
        raise _retry() from error

    def _give_up_or_retry(self, error: Exception) -> NoReturn:
        """Raise for an error that has left nothing behind."""
        found = errors.meaning(error)
        was_connected = self._connections.drop()
        if found is Meaning.ROLLED_BACK:
            raise _retry() from error
        if found is Meaning.TABLE_MISSING and self._guard.forget():
            raise _retry() from error
        if found is Meaning.LOST and was_connected:
            raise _retry() from error
        self._executor.give_up(error)

    def _check_quota(self, user_id: str, limit: int) -> None:
        """Return if the committed rows alone do not fill the quota."""
        if limit < 0:
            return
        row = self._executor.fetch(
            statements.COUNT, {'user_id': user_id, 'at_most': limit}
        )
        if row and row[0][0] >= limit:
            raise exception.QuotaExceeded(limit=limit)

    def _check_committed(self, error: Exception, keypair: Keypair) -> None:
        """Return if a commit that went wrong has happened all the same."""
        self._connections.drop()
        if errors.meaning(error) is Meaning.ROLLED_BACK:
            raise _retry() from error
        rows = self._executor.fetch(
            statements.GET,
            {'user_id': keypair.user_id, 'name': keypair.name},
        )
        if not rows or Keypair._make(rows[0]) != keypair:
            self._executor.give_up(error)


def _retry() -> Exception:
    """Return what asks oslo.db to repeat, and to give up with a 503."""
    request: Exception = db_exc.RetryRequest(exception.DatabaseUnavailable())
    return request
