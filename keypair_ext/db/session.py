# SPDX-License-Identifier: Apache-2.0

"""The one way to a statement: take a connection, repeat once, translate.

Out of a block with a connection comes a :class:`~.errors.Failure`, whatever
the driver has raised. Single statements are repeated where that is safe; what
they could not do comes out as an error of the domain.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import sqlalchemy as sa

from keypair_ext import exception
from keypair_ext.db import errors, statements
from keypair_ext.db.cursor import Connection, Parameters
from keypair_ext.db.errors import Failure, Meaning
from keypair_ext.db.pool import Limits, Pool

# SQLite is not here: it has one level, and commits each statement for which
# nothing was begun.
_READ_LEVELS = {'mysql': 'AUTOCOMMIT', 'postgresql': 'AUTOCOMMIT'}

# MySQL: the count of a creation has to see the rows that others have
# inserted and not committed. PostgreSQL: it has to see what was committed
# before it, whatever the server's default is.
_WRITE_LEVELS = {'mysql': 'READ UNCOMMITTED', 'postgresql': 'READ COMMITTED'}


class Session:
    """Runs statements on the connections of one engine.

    :ivar pool: has the connections.
    """

    def __init__(self, engine: sa.Engine) -> None:
        limits = engine.get_execution_options().get('limits', Limits())
        self.pool = Pool(engine, limits)
        kind = engine.dialect.name
        self._read_level = _READ_LEVELS.get(kind)
        self._write_level = _WRITE_LEVELS.get(kind)
        self._begin = statements.BEGIN.get(kind)
        self._tables = statements.TABLES[kind]

    def fetch(
        self, statement: sa.Executable, parameters: Parameters
    ) -> Sequence[Any]:
        """Run a query that is a transaction of its own.

        :raises DatabaseUnavailable: it cannot be run now.
        """
        before = None
        while True:
            try:
                with self.pool.connection(self._read_level) as connection:
                    return connection.fetch(statement, parameters)
            except Failure as failure:
                if failure.meaning is Meaning.UNSTORABLE:
                    # No row can hold such a value, so none does.
                    return []
                before = self._check_repeatable(failure, before)

    def remove(self, statement: sa.Executable, parameters: Parameters) -> int:
        """Run a deletion and return how many rows it has removed.

        :raises DatabaseUnavailable: it may or may not have been done.
        """
        before = None
        while True:
            try:
                with self.pool.connection(self._read_level) as connection:
                    removed = connection.change(statement, parameters)
            except Failure as failure:
                if failure.meaning is Meaning.UNSTORABLE:
                    return 0
                before = self._check_repeatable(failure, before)
                continue
            # A row that is gone now may have been removed by the first try,
            # of which only the answer was lost.
            return removed or int(before is Meaning.LOST)

    def table_names(self) -> set[str]:
        """Return the names of all tables of the database.

        :raises DatabaseUnavailable: it cannot be asked now.
        """
        return {name for (name,) in self.fetch(self._tables, {})}

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection for a transaction, to be committed in the block.

        What was not committed is rolled back.

        :raises Failure: what the block could not do.
        """
        with self.pool.connection(self._write_level) as connection:
            connection.is_committed = False
            if self._begin is not None:
                connection.change(self._begin)
            yield connection
            if not connection.is_committed:
                connection.rollback()

    def give_up(self, failure: Failure) -> NoReturn:
        """Raise what a caller is to be told of a failure.

        A bug of ours stays what it is, so that it is seen.
        """
        if failure.meaning is Meaning.BUG and failure.__cause__:
            raise failure.__cause__
        errors.report(failure)
        raise exception.DatabaseUnavailable() from failure

    def _check_repeatable(
        self, failure: Failure, before: Meaning | None
    ) -> Meaning:
        """Return what a statement came to, if it may be run once more.

        :param before: what it came to the time before, if there was one.
        """
        if before is not None or not failure.may_be_repeated:
            self.give_up(failure)
        return failure.meaning
