# SPDX-License-Identifier: Apache-2.0

"""A table with keys in it, and commands on it."""

import datetime
import json
import os
from typing import Any

import sqlalchemy as sa

from keypair_ext.db import models
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.keys import runner
from keypair_ext.tests.functional.servers import databases

OLD = datetime.datetime(2024, 1, 31, 12, 30, 15)


class KeysTestCase(base.TestCase):
    """Commands run in this process, in a directory of their own."""

    options: dict[str, dict[str, object]] = {}

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.directory)
        self.url = databases.url(str(self.directory))
        self.config = fixtures.write_config(
            str(self.directory),
            {'database': {'connection': self.url}, **self.options},
        )
        self.run_well('db', 'sync', keys=False)
        self.engine = sa.create_engine(self.url, poolclass=sa.NullPool)

    def run_command(
        self, *arguments: str, keys: bool = True
    ) -> tuple[int, str, str]:
        """Run a command; return status, output and what it says."""
        words = ['--config-file', self.config, *(['keys'] if keys else [])]
        return runner.run(*words, *arguments)

    def run_well(self, *arguments: str, keys: bool = True) -> str:
        """Run a command that succeeds; return its output."""
        status, output, errors = self.run_command(*arguments, keys=keys)
        self.assertEqual(0, status, errors)
        return output

    def listed(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what ``keys list`` says, a record a key."""
        lines = self.run_well('list', *arguments).splitlines()
        return [json.loads(line) for line in lines]

    def names(self, *arguments: str) -> set[tuple[str, str]]:
        """Return owner and name of what ``keys list`` lists."""
        return {
            (key['user_id'], key['name']) for key in self.listed(*arguments)
        }

    def add(self, user_id: str, *names: str, **values: object) -> None:
        """Put rows into the table, past all rules."""
        rows = [
            {
                'user_id': user_id,
                'name': name,
                'type': 'ssh',
                'public_key': fixtures.KEY,
                'fingerprint': fixtures.SAMPLES['KEY_FINGERPRINT'],
                'created_at': OLD,
                **values,
            }
            for name in names
        ]
        with self.engine.begin() as connection:
            connection.execute(sa.insert(models.key_pairs), rows)

    def add_other(self, user_id: str, name: str, **values: object) -> None:
        """Put a row of another key into the table."""
        self.add(
            user_id,
            name,
            public_key=fixtures.OTHER_KEY,
            fingerprint=fixtures.SAMPLES['OTHER_KEY_FINGERPRINT'],
            **values,
        )

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the whole table."""
        with self.engine.connect() as connection:
            query = sa.select(models.key_pairs).order_by(models.key_pairs.c.id)
            return [tuple(row) for row in connection.execute(query)]
