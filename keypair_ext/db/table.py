# SPDX-License-Identifier: Apache-2.0

"""The whole table, for the commands of operators; requests use the store.

Rows are read in pages, each in a transaction of its own, so that nothing
holds a lock and memory does not grow, however long the table is. A page
begins behind the last row of the one before. Changes go in batches, each of
which can be repeated: it finds what is done already.
"""

import collections
import datetime
import enum
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from oslo_db import api as db_api

from keypair_ext import exception
from keypair_ext.db import errors, models
from keypair_ext.db.records import Keypair, misfit

_KEYS = models.key_pairs
# The server has checked the type already; its text is all we want.
_COLUMNS = tuple(
    sa.type_coerce(_KEYS.c.type, sa.String).label('type')
    if name == 'type'
    else _KEYS.c[name]
    for name in Keypair._fields
)

PAGE = 1000

# PostgreSQL does not look at the ids that rows bring, and would give them
# again.
_GO_ON_BEHIND = sa.text(
    "SELECT setval(pg_get_serial_sequence('key_pairs', 'id'), GREATEST("
    "nextval(pg_get_serial_sequence('key_pairs', 'id')), "
    '(SELECT max(id) FROM key_pairs)))'
)

_Method = TypeVar('_Method', bound=Callable[..., Any])

_retried = db_api.wrap_db_retry(
    max_retries=8,
    retry_interval=0.1,
    inc_retry_interval=True,
    max_retry_interval=3,
    retry_on_disconnect=True,
    retry_on_deadlock=True,
)


class Range(NamedTuple):
    """Which rows are read; None is no restriction.

    :ivar user_id: as the database compares; who needs it to be exactly this
        one compares again.
    :ivar since: created at this time, in UTC and without a zone, or later.
    :ivar before: created before it.
    """

    user_id: str | None = None
    type: str | None = None
    since: datetime.datetime | None = None
    before: datetime.datetime | None = None


class Inserted(enum.Enum):
    """What became of a row that was to be inserted."""

    DONE = 'inserted'
    PRESENT = 'there already'
    CONFLICT = 'another key pair is in its place'
    UNSTORABLE = 'the database cannot hold it'


def _told(method: _Method) -> _Method:
    """Repeat what is safe to repeat; tell what fails all the same.

    :raises DatabaseUnusable: what had been read or changed stays so.
    """
    repeated = _retried(method)

    @functools.wraps(method)
    def tell(table: 'Table', *args: Any, **kwargs: Any) -> Any:
        try:
            return repeated(table, *args, **kwargs)
        except errors.RAISED as error:
            failure = errors.understand(error, table.dialect)
            raise exception.DatabaseUnusable(
                reason=failure.sentence
            ) from error

    return tell  # type: ignore[return-value]


class Table:
    """Reads and changes rows of any user.

    Every method may raise DatabaseUnusable; what had been read or
    changed before stays so.

    :raises RowUnusable: from what reads, when it comes to such a row.
    """

    def __init__(self, engine: sa.Engine) -> None:
        # What somebody else has committed in the meantime counts.
        if engine.dialect.name == 'sqlite':
            sa.event.listen(engine, 'connect', _take_any_text)
        else:
            engine = engine.execution_options(isolation_level='READ COMMITTED')
        self._engine = engine
        self.dialect = engine.dialect

    def pages(
        self, wanted: Range, after: int = 0, size: int = PAGE
    ) -> Iterator[list[Keypair]]:
        """Yield the rows by ascending id, in pages.

        :param after: the id after which to begin.
        """
        query = (
            sa.select(*_COLUMNS)
            .where(*_conditions(wanted), _KEYS.c.id > sa.bindparam('after'))
            .order_by(_KEYS.c.id)
            .limit(size)
        )
        rows = self._fetch(query, after=after)
        while rows:
            yield from _records(rows)
            if len(rows) < size:
                return
            rows = self._fetch(query, after=rows[-1].id)

    def count(self, wanted: Range) -> int:
        """Return how many rows there are in a range."""
        query = (
            sa.select(sa.func.count())
            .select_from(_KEYS)
            .where(*_conditions(wanted))
        )
        return int(self._fetch(query)[0][0])

    def users(self, size: int = PAGE) -> Iterator[tuple[str, int]]:
        """Yield each user who has keys, and how many."""
        user = _KEYS.c.user_id
        # What a collation takes for one user may be several.
        exact: sa.ColumnElement[Any] = sa.cast(user, sa.LargeBinary)
        if self.dialect.name == 'postgresql':
            exact = user
        query = (
            sa.select(user, sa.func.count(), sa.func.count(exact.distinct()))
            .group_by(user)
            .order_by(user)
            .limit(size)
        )
        alike = sa.select(user).where(user == sa.bindparam('user'))
        rows = self._fetch(query)
        while rows:
            for user_id, number, spellings in rows:
                if not isinstance(user_id, str):
                    of_user = sa.select(*_COLUMNS).where(user == user_id)
                    collections.deque(_records(self._fetch(of_user)), 0)
                if spellings == 1:
                    yield user_id, number
                else:
                    found = self._fetch(alike.order_by('name'), user=user_id)
                    yield from collections.Counter(u for (u,) in found).items()
            behind = query.where(user > sa.bindparam('user'))
            rows = self._fetch(behind, user=rows[-1][0])

    def find(self, user_id: str, name: str) -> Keypair | None:
        """Return the row that is in this place, as the database compares."""
        for records in _records(self._fetch(_in_place(user_id, name))):
            return records[0]
        return None

    @_told
    def delete(self, ids: Sequence[int]) -> int:
        """Delete rows; return how many of them were still there."""
        with self._engine.begin() as connection:
            deleted = connection.execute(
                sa.delete(_KEYS).where(_KEYS.c.id.in_(ids))
            )
            return int(deleted.rowcount)

    @_told
    def insert(
        self, rows: Sequence[Keypair], *, with_ids: bool
    ) -> list[Inserted]:
        """Insert rows; say of each what became of it.

        :param with_ids: give them the ids that they have here.
        """
        with self._engine.begin() as connection:
            outcomes = [_insert(connection, row, with_ids) for row in rows]
            if with_ids and self.dialect.name == 'postgresql':
                connection.execute(_GO_ON_BEHIND)
            return outcomes

    @_told
    def move(self, row: Keypair, user_id: str, name: str) -> bool:
        """Give a row to another user, perhaps under another name.

        :returns: False where it is not there any more, that user has one of
            this name, or the name does not fit.
        """
        change = (
            sa.update(_KEYS)
            .where(_KEYS.c.id == row.id, _KEYS.c.user_id == row.user_id)
            .values(user_id=user_id, name=name)
        )
        with self._engine.begin() as connection:
            return _change(connection, change) is Inserted.DONE

    @_told
    def _fetch(self, query: sa.Select[Any], **values: Any) -> Sequence[Any]:
        with self._engine.begin() as connection:
            return connection.execute(query, values).all()


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _take_any_text(connection: Any, record: object) -> None:
    """Have SQLite give what is not UTF-8 as bytes, so that its row is told."""
    connection.text_factory = _text


def _records(rows: Sequence[Any]) -> Iterator[list[Keypair]]:
    """Yield rows as records, up to one that cannot be.

    :raises RowUnusable: there is one.
    """
    place, column = misfit(Keypair, rows) or (len(rows), None)
    if place:
        yield [Keypair._make(row) for row in rows[:place]]
    if column:
        raise exception.RowUnusable(row=f'id {rows[place].id}', column=column)


def _conditions(wanted: Range) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.user_id is not None:
        yield _KEYS.c.user_id == wanted.user_id
    if wanted.type is not None:
        yield _KEYS.c.type == wanted.type
    if wanted.since is not None:
        yield _KEYS.c.created_at >= wanted.since
    if wanted.before is not None:
        yield _KEYS.c.created_at < wanted.before


def _in_place(user_id: str, name: str) -> sa.Select[Any]:
    return sa.select(*_COLUMNS).where(
        _KEYS.c.user_id == user_id, _KEYS.c.name == name
    )


def _insert(
    connection: sa.Connection, row: Keypair, with_id: bool
) -> Inserted:
    values = row._asdict()
    # The id 0 is none: a line need not have one.
    with_id = with_id and row.id > 0
    if not with_id:
        del values['id']
    outcome = _change(connection, sa.insert(_KEYS).values(values))
    if outcome is Inserted.CONFLICT:
        there = connection.execute(_in_place(row.user_id, row.name)).first()
        if there is not None and _identity(there) == _identity(row):
            return Inserted.PRESENT
        if there is None and with_id:
            outcome = _move_back(connection, row)
            if outcome is Inserted.CONFLICT:
                # Another key has got its id meanwhile.
                return _insert(connection, row, with_id=False)
    return outcome


def _move_back(connection: sa.Connection, row: Keypair) -> Inserted:
    """Give a row that has its id still, but another owner, to its owner."""
    moved = (
        sa.update(_KEYS)
        .where(
            _KEYS.c.id == row.id,
            _KEYS.c.type == row.type,
            _KEYS.c.public_key.is_not_distinct_from(row.public_key),
            _KEYS.c.created_at.is_not_distinct_from(row.created_at),
        )
        .values(user_id=row.user_id, name=row.name)
    )
    return _change(connection, moved)


def _change(
    connection: sa.Connection, statement: sa.Insert | sa.Update
) -> Inserted:
    """Run a statement for one row, which an error leaves as it was."""
    try:
        with connection.begin_nested():
            changed = connection.execute(statement).rowcount
    except errors.RAISED as error:
        meaning = errors.understand(error, connection.dialect).meaning
        if meaning is errors.Meaning.UNSTORABLE:
            return Inserted.UNSTORABLE
        if meaning is errors.Meaning.DUPLICATE:
            return Inserted.CONFLICT
        raise
    return Inserted.DONE if changed else Inserted.CONFLICT


def _identity(row: Any) -> tuple[Any, ...]:
    return row.user_id, row.name, row.type, row.public_key
