# SPDX-License-Identifier: Apache-2.0

"""What a class of tests that kill commands does, on any database.

In a module of its own: what a test module names is run.
"""

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import sqlalchemy as sa

from keypair_ext.db import models
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.faults import engines
from keypair_ext.tests.functional.servers import process

# Most of a run is importing; the database is changed near its end.
_KILLS = 5
_TRIES = 50


class CommandCase(base.TestCase):
    """Commands of their own processes, on a database of their own."""

    engine_type: ClassVar[type[engines.Engine]]
    engine: ClassVar[engines.Engine]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # Not in a test's own temporary directory: a server's user cannot
        # enter that.
        cls.engine = cls.use(cls.engine_type())

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(process.Directory('killed')).path
        self.url = self.engine.url(self.directory)
        fixtures.write_config(
            str(self.directory), {'database': {'connection': self.url}}
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._argv(arguments),
            env=process.clean_environment(
                self.directory, OS_KEYPAIR_EXT_CONFIG_DIR=str(self.directory)
            ),
            cwd=Path(__file__).parents[4],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _argv(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, '-m', 'keypair_ext.cmd.manage', *arguments]

    def finish(self, *arguments: str) -> str:
        """Run a command to its end and return what it has printed."""
        with self.start(*arguments) as command:
            output, errors = command.communicate(timeout=120)
        self.assertEqual((0, ''), (command.returncode, errors))
        return output


class KilledCases(CommandCase):
    """``keypair-ext-manage db sync`` at any point of its life."""

    def _drop_all(self) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            names = sa.inspect(connection).get_table_names()
            for name in names:
                sa.Table(name, sa.MetaData()).drop(connection)
            if engine.dialect.name == 'postgresql':
                # The type of a column outlives its table.
                connection.exec_driver_sql('DROP TYPE IF EXISTS keypair_types')

    def _whole(self) -> float:
        """Return how long the command takes; nothing is there afterwards."""
        began = time.monotonic()
        self.finish('db', 'sync')
        took = time.monotonic() - began
        self._drop_all()
        return took

    def _kill_after(self, seconds: float) -> float | None:
        """Start a sync and kill it; if it ends first, return its time."""
        began = time.monotonic()
        with self.start('db', 'sync') as command:
            try:
                self.assertEqual(0, command.wait(seconds))
            except subprocess.TimeoutExpired:
                command.kill()
                # It may have ended in the meantime.
                return None if command.wait() else seconds
        return time.monotonic() - began

    def test_sync_is_killed_and_run_again(self) -> None:
        took = self._whole()
        killed = 0
        for _ in range(_TRIES):
            lived = self._kill_after(random.uniform(0.5, 1.0) * took)
            if lived is None:
                killed += 1
            else:
                # It was quicker than the time before.
                took = lived
                self._drop_all()
            if killed == _KILLS:
                break
        self.finish('db', 'sync')
        self.assertIn('(newest)', self.finish('db', 'version'))
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            query = sa.select(models.key_pairs)
            self.assertEqual([], connection.execute(query).all())
        self.assertEqual(_KILLS, killed)
