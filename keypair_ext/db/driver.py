# SPDX-License-Identifier: Apache-2.0

"""Statements on the cursors of the driver.

SQLAlchemy makes the text, once, holds the connection and tells errors. What
it adds to each execution beside that, a context and a result, takes 60 of the
330 microseconds of a show, and is left out.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import sqlalchemy as sa

from keypair_ext.db import errors

_Converter = Callable[[Any], Any]
_Parameters = Mapping[str, Any]

_GIVEN_ERROR = 'keypair_ext_error'


class Driver:
    """Runs statements whose parameters are text and numbers.

    Errors come out as SQLAlchemy and oslo.db would have raised them, had
    they run the statement, and leave the connection as they would have.

    :param engine: whose connections are given.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._dialect = engine.dialect
        self._prepared: dict[sa.Executable, _Prepared] = {}
        sa.event.listen(engine, 'do_execute', _raise_given_error)

    def fetch(
        self,
        connection: sa.Connection,
        statement: sa.Executable,
        parameters: _Parameters,
    ) -> Sequence[Any]:
        """Run a query; return its rows, each a tuple."""
        prepared = self._prepare(statement)
        try:
            cursor = connection.connection.cursor()
            self._dialect.do_execute(
                cursor, prepared.text, prepared.arguments(parameters)
            )
            rows: Sequence[Any] = cursor.fetchall()
            cursor.close()
        # SQLAlchemy wants to know of an interrupted request, too: what its
        # connection still has to tell is not for the next one.
        except BaseException as error:  # noqa: BLE001
            _raise_by_sqlalchemy(connection, statement, parameters, error)
        return prepared.converted(rows)

    def execute(
        self,
        connection: sa.Connection,
        statement: sa.Executable,
        parameters: _Parameters,
    ) -> int:
        """Run a change; return the number of rows that it has met."""
        prepared = self._prepare(statement)
        try:
            cursor = connection.connection.cursor()
            self._dialect.do_execute(
                cursor, prepared.text, prepared.arguments(parameters)
            )
            changed: int = cursor.rowcount
            cursor.close()
        except BaseException as error:  # noqa: BLE001
            _raise_by_sqlalchemy(connection, statement, parameters, error)
        return changed

    def _prepare(self, statement: sa.Executable) -> '_Prepared':
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = _Prepared(statement, self._dialect)
            self._prepared[statement] = prepared
        return prepared


class _Prepared:
    """A statement as one kind of driver takes it."""

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
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
        self._converters = _converters(statement, dialect)

    def arguments(self, parameters: _Parameters) -> Any:
        """Return parameters in the shape that the driver takes."""
        if self._fixed:
            parameters = {**self._fixed, **parameters}
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
    """Return what the columns' values need; nothing where none needs any.

    SQLite has times as text.
    """
    if not statement.is_select:
        return ()
    converters = [
        column.type.dialect_impl(dialect).result_processor(dialect, None)
        for column in statement.selected_columns
    ]
    return converters if any(converters) else ()


def _raise_by_sqlalchemy(
    connection: sa.Connection,
    statement: sa.Executable,
    parameters: _Parameters,
    error: BaseException,
) -> NoReturn:
    """Have SQLAlchemy run a statement that ends with a driver's error."""
    try:
        connection.execute(
            statement, parameters, execution_options={_GIVEN_ERROR: error}
        )
    finally:
        # It begins a transaction, which nobody else would end.
        with contextlib.suppress(*errors.DATABASE_ERRORS):
            connection.rollback()
    raise error


def _raise_given_error(
    cursor: Any, statement: str, parameters: Any, context: Any
) -> None:
    """Raise, in the place of a cursor, what it has raised already."""
    error = context.execution_options.get(_GIVEN_ERROR)
    if error is not None:
        raise error
