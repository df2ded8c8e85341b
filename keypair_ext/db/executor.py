# SPDX-License-Identifier: Apache-2.0

"""Runs single statements, and repeats those that may be repeated.

What a statement could not do comes out as an error of the domain: nobody
above this room knows an error of the database.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import sqlalchemy as sa

from keypair_ext import exception
from keypair_ext.db import connections, errors
from keypair_ext.db.errors import Meaning


class Executor:
    """Runs statements on the connections of one engine."""

    def __init__(self, engine: sa.Engine) -> None:
        self.connections = connections.Connections(engine)

    def fetch(
        self, statement: sa.Executable, parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Run a query, once more when its connection turns out dead.

        :raises DatabaseUnavailable: it cannot be run now.
        """
        try:
            return self.connections.fetch(statement, parameters)
        except errors.DATABASE_ERRORS as error:
            if self._must_repeat(error) is Meaning.UNSTORABLE:
                # No row can hold such a value, so none does.
                return []
        try:
            return self.connections.fetch(statement, parameters)
        except errors.DATABASE_ERRORS as error:
            self.give_up(error)

    def remove(
        self, statement: sa.Executable, parameters: Mapping[str, Any]
    ) -> int:
        """Run a deletion and return how many rows it has removed.

        :raises DatabaseUnavailable: it may or may not have been done.
        """
        try:
            return self.connections.execute(statement, parameters)
        except errors.DATABASE_ERRORS as error:
            found = self._must_repeat(error)
        if found is Meaning.UNSTORABLE:
            return 0
        try:
            removed = self.connections.execute(statement, parameters)
        except errors.DATABASE_ERRORS as error:
            self.give_up(error)
        # A row that is gone now may have been removed by the first try, of
        # which only the answer was lost.
        return removed or int(found is Meaning.LOST)

    def table_names(self) -> set[str]:
        """Return the names of all tables of the database.

        :raises DatabaseUnavailable: it cannot be asked now.
        """
        try:
            return self.connections.table_names()
        except errors.DATABASE_ERRORS as error:
            self._must_repeat(error)
        try:
            return self.connections.table_names()
        except errors.DATABASE_ERRORS as error:
            self.give_up(error)

    def give_up(self, error: Exception) -> NoReturn:
        """Raise what a caller is to be told of an unexpected error.

        The connection is not used again. A bug of ours stays what it is, so
        that it is seen.
        """
        self.connections.drop()
        found = errors.meaning(error)
        if found is Meaning.BUG:
            raise error
        errors.report(error, found)
        raise exception.DatabaseUnavailable() from error

    def _must_repeat(self, error: Exception) -> Meaning:
        """Return the meaning of an error if repeating helps, else raise."""
        found = errors.meaning(error)
        if found is Meaning.UNSTORABLE:
            return found
        was_connected = self.connections.drop()
        may_succeed = found is Meaning.ROLLED_BACK or (
            found is Meaning.LOST and was_connected
        )
        if not may_succeed:
            self.give_up(error)
        return found
