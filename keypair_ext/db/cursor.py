# SPDX-License-Identifier: Apache-2.0

"""A connection of the driver, and statements on its cursors.

SQLAlchemy makes the text of a statement, once. What it would add to each
execution, a context and a result, is left out.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from keypair_ext.db import statements

Parameters = Mapping[str, Any]
_Converter = Callable[[Any], Any]

_NONE: Parameters = {}


class Prepared:
    """A statement as one kind of driver takes it.

    :param statement: one whose parameters are text, numbers and times.
    :param dialect: the driver's.
    """

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        self._dialect: Any = dialect
        compiled = statement.compile(
            dialect=dialect,
            column_keys=statements.INSERTED if statement.is_insert else None,
        )
        self.text: str = compiled.string
        # What the statement itself has in the place of a parameter.
        self._fixed = {
            name: value
            for name, value in compiled.params.items()
            if value is not None
        }
        # None where the driver takes parameters by name.
        self._order: Sequence[str] | None = (
            compiled.positiontup if compiled.positional else None
        )
        # SQLite has times as text.
        self._binders = {
            name: bind
            for name, parameter in compiled.binds.items()
            if (bind := _of(parameter, dialect).bind_processor(dialect))
        }
        self.converters = _converters(statement, dialect)

    def execute(self, raw: Any, parameters: Parameters) -> Any:
        """Run it on a connection of the driver; return the cursor."""
        arguments: Any = parameters
        if self._fixed or self._binders:
            arguments = {**self._fixed, **parameters}
            for name, bind in self._binders.items():
                arguments[name] = bind(arguments[name])
        if self._order is not None:
            arguments = tuple(map(arguments.__getitem__, self._order))
        cursor = raw.cursor()
        try:
            self._dialect.do_execute(cursor, self.text, arguments)
        except BaseException:
            # Left to the garbage collection it waits, in SQLite, for who
            # has its connection then, and who may wait for that very thread.
            cursor.close()
            raise
        return cursor

    def converted(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return rows with the types of their columns."""
        converted = []
        for row in rows:
            values = [*row]
            for place, convert in self.converters:
                values[place] = convert(values[place])
            converted.append(tuple(values))
        return converted


def _converters(
    statement: Any, dialect: sa.Dialect
) -> list[tuple[int, _Converter]]:
    """Return the places of a row whose values need something, and what."""
    if not statement.is_select:
        return []
    return [
        (place, convert)
        for place, column in enumerate(statement.selected_columns)
        if (convert := _of(column, dialect).result_processor(dialect, None))
    ]


def _of(element: Any, dialect: sa.Dialect) -> Any:
    """Return the type of a column or a parameter as a database has it."""
    return element.type.dialect_impl(dialect)


class Statements(dict[sa.Executable, Prepared]):
    """Statements as a driver takes them, each prepared when it is needed."""

    def __init__(self, dialect: sa.Dialect) -> None:
        super().__init__()
        self._dialect = dialect

    def __missing__(self, statement: sa.Executable) -> Prepared:
        self[statement] = Prepared(statement, self._dialect)
        return self[statement]


class Connection:
    """A connection that has been opened.

    Its methods raise what the driver raises.

    :param raw: the driver's.
    :param level: the isolation level; None for what the driver has.
    :param prepared: the statements of all connections of an engine.
    :ivar opened: when that was.
    :ivar used: when the database has last answered.
    :ivar is_committed: whether the transaction under way has been.
    """

    def __init__(
        self,
        raw: Any,
        dialect: sa.Dialect,
        level: str | None,
        prepared: Statements,
    ) -> None:
        self.raw = raw
        self.level = level
        self.opened = self.used = time.monotonic()
        self._dialect: Any = dialect
        self._prepared = prepared
        self.is_committed = False

    def set_level(self) -> None:
        """Set the isolation level of all that follows."""
        if self.level is not None:
            self._dialect.set_isolation_level(self.raw, self.level)

    def fetch(
        self, statement: sa.Executable, parameters: Parameters = _NONE
    ) -> Sequence[Any]:
        """Run a query; return its rows, each a tuple."""
        prepared = self._prepared[statement]
        cursor = prepared.execute(self.raw, parameters)
        rows: Sequence[Any] = cursor.fetchall()
        cursor.close()
        return prepared.converted(rows) if prepared.converters else rows

    def change(
        self, statement: sa.Executable, parameters: Parameters = _NONE
    ) -> int:
        """Run a change; return the number of rows that it has met."""
        cursor = self._prepared[statement].execute(self.raw, parameters)
        changed: int = cursor.rowcount
        cursor.close()
        return changed

    def insert(self, statement: sa.Executable, parameters: Parameters) -> int:
        """Insert a row; return its id."""
        cursor = self._prepared[statement].execute(self.raw, parameters)
        returned = cursor.fetchone() if cursor.description else None
        new_id: int = returned[0] if returned else cursor.lastrowid
        cursor.close()
        return new_id

    def commit(self) -> None:
        """End a transaction and keep what it did."""
        self._dialect.do_commit(self.raw)
        self.is_committed = True

    def rollback(self) -> None:
        """End a transaction and take back what it did."""
        self._dialect.do_rollback(self.raw)

    def ping(self) -> None:
        """Return when the database has answered."""
        self._dialect.do_ping(self.raw)

    def close(self) -> None:
        """Close it."""
        self._dialect.do_close(self.raw)
