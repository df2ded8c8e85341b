# SPDX-License-Identifier: Apache-2.0

"""How the databases run our statements, as far as SQLite can show."""

import os
import pathlib
import re
import sys
from typing import Any

from sqlalchemy.dialects import mysql, postgresql

import keypair_ext
from keypair_ext.db import statements
from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.unit.db import database

_ROOT = pathlib.Path(keypair_ext.__file__).parent.parent

PARAMETERS = {
    'user_id': 'alice',
    'name': 'k1',
    'marker': 'k1',
    'at_most': 10,
    'id': 5,
    'project_id': 'p1',
}


class SqlitePlanTest(base.TestCase):
    """No statement reads more of the table than the user's own keys."""

    def setUp(self) -> None:
        super().setUp()
        self._database = self.useFixture(database.Database())

    def _plan(self, name: str) -> str:
        engine = self._database.engine
        statement: Any = statements.ALL[name]
        compiled = statement.compile(dialect=engine.dialect)
        values = compiled.construct_params(PARAMETERS)
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(
                f'EXPLAIN QUERY PLAN {compiled}',
                tuple(values[key] for key in compiled.positiontup),
            )
            return '\n'.join(row.detail for row in rows)

    def test_the_unique_index_is_searched(self) -> None:
        for name in statements.ALL:
            if name == 'quota':
                continue
            plan = self._plan(name)
            self.assertIn('SEARCH key_pairs USING', plan, name)
            self.assertNotIn('SCAN key_pairs', plan, name)
            self.assertNotIn('TEMP B-TREE', plan, name)

    def test_a_page_begins_at_its_marker(self) -> None:
        self.assertIn('(user_id=? AND name>?)', self._plan('next page'))

    def test_counts_do_not_read_the_rows(self) -> None:
        for name in ('count', 'more than', 'older than', 'exists'):
            self.assertIn('COVERING INDEX', self._plan(name), name)


class DocumentedTest(base.TestCase):
    """The page on scaling has all statements; operators shard by it."""

    def test_the_list_is_up_to_date(self) -> None:
        checked = completed(
            [
                sys.executable,
                _ROOT / 'tools' / 'list_statements.py',
                '--check',
            ],
            env={**os.environ, 'PYTHONPATH': str(_ROOT)},
        )
        self.assertEqual((0, ''), (checked.returncode, checked.stdout))

    def test_each_names_the_user_but_two_that_read_no_rows(self) -> None:
        listed = _ROOT / 'doc' / 'source' / 'admin' / 'statements.sql'
        _, *blocks = listed.read_text().split('\n\n')
        without = [block for block in blocks if ':user_id' not in block]
        self.assertEqual(
            ['-- ping', '-- tables'], [b.splitlines()[0] for b in without]
        )


class DialectTest(base.TestCase):
    """What the other engines are sent."""

    def _text(self, statement: Any, dialect: Any) -> str:
        text = str(statement.compile(dialect=dialect))
        return re.sub(r'\s+', ' ', text)

    def test_mysql_reads_a_page_from_the_index(self) -> None:
        for name in ('first page', 'next page'):
            for dialect in (
                mysql.dialect(),
                mysql.dialect(is_mariadb=True),
            ):
                self.assertIn(
                    'FORCE INDEX (uniq_key_pairs0user_id0name)',
                    self._text(statements.ALL[name], dialect),
                )

    def test_postgresql_locks_the_user_and_no_length_is_cut(self) -> None:
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        text = self._text(statements.INSERT_LIMITED['postgresql'], dialect)
        self.assertIn('pg_advisory_xact_lock(hashtextextended(', text)
        self.assertNotIn('VARCHAR', text)
