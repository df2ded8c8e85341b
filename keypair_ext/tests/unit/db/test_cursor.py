# SPDX-License-Identifier: Apache-2.0

"""Statements on the driver's cursors: what they are given, and give."""

import datetime
from typing import Any
from unittest import mock

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import psycopg2

from keypair_ext.db import cursor, models, statements
from keypair_ext.tests import base
from keypair_ext.tests.unit.db import database

_COLUMN = models.key_pairs.c
_MOMENT = datetime.datetime(2026, 11, 24, 5, 22, 9)


class ConnectionTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        engine = self.useFixture(database.Database()).engine
        raw = engine.raw_connection()
        self.addCleanup(raw.close)
        self.connection = cursor.Connection(
            raw, engine.dialect, None, cursor.Statements(engine.dialect)
        )

    def _add(self, name: str) -> int:
        return self.connection.insert(
            statements.INSERT,
            {
                'user_id': 'alice',
                'name': name,
                'type': 'ssh',
                'fingerprint': None,
                'public_key': 'A',
                'created_at': _MOMENT,
            },
        )

    def _fetch(self, statement: Any, **parameters: object) -> list[Any]:
        return list(self.connection.fetch(statement, parameters))

    def test_rows_have_the_types_of_their_columns(self) -> None:
        new_id = self._add('k1')
        statement = sa.select(_COLUMN.id, _COLUMN.created_at)
        self.assertEqual([(new_id, _MOMENT)], self._fetch(statement))

    def test_a_time_that_is_not_there(self) -> None:
        self._add('k1')
        self.assertEqual([(None,)], self._fetch(sa.select(_COLUMN.updated_at)))

    def test_a_parameter_that_comes_twice_and_one_of_the_statement(
        self,
    ) -> None:
        name = sa.bindparam('name', type_=sa.String)
        statement = sa.select(name, sa.literal('%'), name)
        for value in ('k1', 'k2'):
            self.assertEqual(
                [(value, '%', value)], self._fetch(statement, name=value)
            )

    def test_parameters_by_name(self) -> None:
        dialect = psycopg2.dialect()  # type: ignore[no-untyped-call]
        prepared = cursor.Prepared(statements.MORE_THAN, dialect)
        raw = mock.Mock()
        prepared.execute(raw, {'user_id': 'alice', 'at_most': 5})
        raw.cursor.return_value.execute.assert_called_once_with(
            prepared.text, {'user_id': 'alice', 'at_most': 5, 'param_1': 1}
        )
        self.assertIn('%(user_id)s', prepared.text)

    def test_how_many_rows_a_change_has_met(self) -> None:
        self._add('k1')
        key = {'user_id': 'alice', 'name': 'k1'}
        for met in (1, 0):
            self.assertEqual(
                met, self.connection.change(statements.DELETE, key)
            )
        self.assertEqual([], self._fetch(statements.GET, **key))

    def test_a_statement_is_prepared_once(self) -> None:
        with mock.patch.object(
            cursor, 'Prepared', side_effect=cursor.Prepared
        ) as prepare:
            self._fetch(statements.PING)
            self._fetch(statements.PING)
        self.assertEqual(1, prepare.call_count)
