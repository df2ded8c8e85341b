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
        self._converters = _converters(statement, dialect)

    def arguments(self, parameters: Parameters) -> Any:
        """Return parameters in the shape that the driver takes."""
        if self._fixed or self._binders:
            given = {**self._fixed, **parameters}
            for name, bind in self._binders.items():
                given[name] = bind(given[name])
            parameters = given
        if self._order is None:
            return parameters
        return tuple([parameters[name] for name in self._order])

    def converted(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return rows with the types of their columns."""
        if not self._converters:
            return rows
        return [
            tuple(
                [
                    convert(value) if convert else value
                    for convert, value in zip(
                        self._converters, row, strict=True
                    )
                ]
            )
            for row in rows
        ]


def _converters(
    statement: Any, dialect: sa.Dialect
) -> Sequence[_Converter | None]:
    """Return what the columns' values need; nothing where none needs any."""
    if not statement.is_select:
        return ()
    converters = [
        _of(column, dialect).result_processor(dialect, None)
        for column in statement.selected_columns
    ]
    return converters if any(converters) else ()


def _of(element: Any, dialect: sa.Dialect) -> Any:
    """Return the type of a column or a parameter as a database has it."""
    return element.type.dialect_impl(dialect)


class Connection:
    """A connection that has been opened.

    Its methods raise what the driver raises.

    :param raw: the driver's.
    :param level: the isolation level; None for what the driver has.
    :param prepared: the statements so far, for all connections of an engine.
    :ivar opened: when that was.
    :ivar used: when the database has last answered.
    """

    def __init__(
        self,
        raw: Any,
        dialect: sa.Dialect,
        level: str | None,
        prepared: dict[sa.Executable, Prepared],
    ) -> None:
        self.raw = raw
        self.level = level
        self.opened = self.used = time.monotonic()
        self._dialect: Any = dialect
        self._prepared = prepared
        self._is_ended = False

    def set_level(self) -> None:
        """Set the isolation level of all that follows."""
        if self.level is not None:
            self._dialect.set_isolation_level(self.raw, self.level)

    def fetch(
        self, statement: sa.Executable, parameters: Parameters = _NONE
    ) -> Sequence[Any]:
        """Run a query; return its rows, each a tuple."""
        cursor = self._execute(statement, parameters)
        rows: Sequence[Any] = cursor.fetchall()
        cursor.close()
        return self._prepared[statement].converted(rows)

    def change(
        self, statement: sa.Executable, parameters: Parameters = _NONE
    ) -> int:
        """Run a change; return the number of rows that it has met."""
        cursor = self._execute(statement, parameters)
        changed: int = cursor.rowcount
        cursor.close()
        return changed

    def insert(self, statement: sa.Executable, parameters: Parameters) -> int:
        """Insert a row; return its id."""
        cursor = self._execute(statement, parameters)
        returned = cursor.fetchone() if cursor.description else None
        new_id: int = returned[0] if returned else cursor.lastrowid
        cursor.close()
        return new_id

    def _execute(
        self, statement: sa.Executable, parameters: Parameters
    ) -> Any:
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = Prepared(statement, self._dialect)
            self._prepared[statement] = prepared
        cursor = self.raw.cursor()
        self._dialect.do_execute(
            cursor, prepared.text, prepared.arguments(parameters)
        )
        return cursor

    def commit(self) -> None:
        """End a transaction and keep what it did."""
        self._dialect.do_commit(self.raw)
        self._is_ended = True

    def end(self) -> None:
        """End a transaction; what was not committed is taken back."""
        if not self._is_ended:
            self.rollback()
        self._is_ended = False

    def rollback(self) -> None:
        """End a transaction and take back what it did."""
        self._dialect.do_rollback(self.raw)

    def ping(self) -> None:
        """Return when the database has answered."""
        self._dialect.do_ping(self.raw)

    def close(self) -> None:
        """Close it."""
        self._dialect.do_close(self.raw)
