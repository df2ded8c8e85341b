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

Writers on several nodes see nothing of each other. Where the table of
:mod:`keypair_ext.db.guard` is there, they meet in a row of it.
"""

import random
import time
from collections.abc import Mapping
from typing import Any

from keypair_ext import exception
from keypair_ext.db import statements
from keypair_ext.db.cursor import Connection
from keypair_ext.db.errors import Failure, Meaning
from keypair_ext.db.guard import QuotaGuard
from keypair_ext.db.records import Keypair
from keypair_ext.db.session import Session

# How long one waits for those that race for the same place: they need a few
# round trips. Then both start over.
_PAUSE_SECONDS = 0.002
_PAUSES = 25

# What has left nothing behind is tried again, within some 1.5 s.
MAX_RETRIES = 8
_FIRST_WAIT_SECONDS = 0.01
_LONGEST_WAIT_SECONDS = 0.3

_UNSTORABLE = (
    'the name, the user id or the public key is longer than the database '
    'can hold, or has a character that it cannot hold, such as NUL or an '
    'emoji. Leave it out, for example from the comment of the key.'
)


class Creation:
    """Inserts key pairs.

    :param session: runs the statements.
    :param dialect_name: the kind of database.
    """

    def __init__(self, session: Session, dialect_name: str) -> None:
        self._session = session
        self._guard = QuotaGuard(session, dialect_name)
        self._insert = statements.INSERT_ROW.get(
            dialect_name, statements.INSERT
        )
        self._insert_limited = statements.INSERT_LIMITED.get(
            dialect_name, statements.INSERT
        )

    def create(self, values: Mapping[str, Any], limit: int) -> Keypair:
        """Insert a row with these values; it is durable on return.

        :param limit: how many rows the user may have; negative for any.
        :raises QuotaExceeded: the user has that many.
        :raises KeypairExists: the user has one of this name.
        :raises InvalidKey: a column cannot hold a value.
        :raises DatabaseUnavailable: nobody was told that it is stored.
        """
        for attempt in range(MAX_RETRIES + 1):
            failure = None
            try:
                if attempt:
                    self._wait(values['user_id'], limit, attempt)
                made = self._try(values, limit)
            except Failure as error:
                failure = error
                self._check_repeatable(failure, values, limit)
                continue
            if made is not None:
                return made
            self._check_quota(values['user_id'], limit)
        if failure is not None:
            self._session.give_up(failure)
        raise exception.DatabaseUnavailable()

    def _try(self, values: Mapping[str, Any], limit: int) -> Keypair | None:
        """Insert a row; return None if others were to have the last place."""
        user_id = values['user_id']
        write_guard = self._guard.statement() if limit >= 0 else None
        keypair = None
        try:
            with self._session.transaction() as connection:
                if write_guard is not None:
                    # First: it keeps this user's others out until the commit.
                    connection.change(write_guard, {'user_id': user_id})
                insert = self._insert if limit < 0 else self._insert_limited
                key_id = connection.insert(insert, values)
                if _has_room(connection, user_id, key_id, limit):
                    keypair = Keypair(id=key_id, updated_at=None, **values)
                    connection.commit()
        except Failure as failure:
            if keypair is None or failure.meaning is Meaning.ROLLED_BACK:
                raise
            self._check_committed(failure, keypair)
        return keypair

    def _wait(self, user_id: str, limit: int, attempt: int) -> None:
        """Return after a while, when there seems to be room for one more."""
        longest = _FIRST_WAIT_SECONDS * 2 ** (attempt - 1)
        wait = random.uniform(0, longest)  # noqa: S311 # nosec B311
        time.sleep(min(wait, _LONGEST_WAIT_SECONDS))
        if limit <= 0:
            return
        room = {'user_id': user_id, 'at_most': limit - 1}
        for _ in range(_PAUSES):
            with self._session.transaction() as connection:
                is_full = connection.fetch(statements.MORE_THAN, room)
            if not is_full:
                return
            self._check_quota(user_id, limit)
            time.sleep(_PAUSE_SECONDS)

    def _check_repeatable(
        self, failure: Failure, values: Mapping[str, Any], limit: int
    ) -> None:
        """Return if starting over may help: nothing was left behind."""
        if failure.meaning is Meaning.DUPLICATE:
            self._check_quota(values['user_id'], limit)
            self._check_name(failure, values['user_id'], values['name'])
        elif failure.meaning is Meaning.UNSTORABLE:
            raise exception.InvalidKey(reason=_UNSTORABLE) from failure
        elif failure.meaning is Meaning.TABLE_MISSING:
            if not self._guard.forget():
                self._session.give_up(failure)
        elif not failure.may_be_repeated:
            self._session.give_up(failure)

    def _check_quota(self, user_id: str, limit: int) -> None:
        """Return if the committed rows alone do not fill the quota."""
        if limit < 0:
            return
        row = self._session.fetch(
            statements.COUNT, {'user_id': user_id, 'at_most': limit}
        )
        if row and row[0][0] >= limit:
            raise exception.QuotaExceeded(limit=limit)

    def _check_name(self, failure: Failure, user_id: str, name: str) -> None:
        """Return if whoever had a name has gone in the meantime."""
        for row in self._session.fetch(
            statements.GET, {'user_id': user_id, 'name': name}
        ):
            if Keypair._make(row).user_id == user_id:
                raise exception.KeypairExists(name=name) from failure
            raise exception.NameTaken(name=name) from failure

    def _check_committed(self, failure: Failure, keypair: Keypair) -> None:
        """Return if a commit that went wrong has happened all the same."""
        rows = self._session.fetch(
            statements.GET,
            {'user_id': keypair.user_id, 'name': keypair.name},
        )
        if not rows or Keypair._make(rows[0]) != keypair:
            self._session.give_up(failure)


def _has_room(
    connection: Connection, user_id: str, key_id: int, limit: int
) -> bool:
    """Say whether the new row may stay, after a race if there is one."""
    if limit < 0:
        return True
    row = {'user_id': user_id, 'id': key_id, 'at_most': limit}
    for _ in range(_PAUSES):
        if not connection.fetch(statements.MORE_THAN, row):
            return True
        older = connection.fetch(statements.OLDER_THAN, row)
        if older[0][0] >= limit:
            return False
        time.sleep(_PAUSE_SECONDS)
    return False
