# SPDX-License-Identifier: Apache-2.0

"""Commands on the keys of all users are killed at random moments.

In a module of its own: what a test module names is run.
"""

import json
import random
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa

from keypair_ext.db import models
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.faults import killed_cases

_KEYS = 50
# Three batches, with pauses.
_RATE = 20

Row = tuple[Any, ...]


class KilledKeysCases(killed_cases.CommandCase):
    """Each is killed, run again, and undone by its journals.

    :cvar kills: of each command.
    """

    kills: ClassVar[int]

    def setUp(self) -> None:
        super().setUp()
        self.finish('db', 'sync')
        self.database = sa.create_engine(self.url, poolclass=sa.NullPool)
        with self.database.begin() as connection:
            connection.execute(
                sa.insert(models.key_pairs),
                [
                    {
                        'user_id': user_id,
                        'name': f'k{number}',
                        'public_key': fixtures.KEY,
                        'fingerprint': fixtures.SAMPLES['KEY_FINGERPRINT'],
                    }
                    for user_id in ('amelia', 'berta')
                    for number in range(_KEYS)
                ],
            )
        self.before = self.rows()
        self.journals: list[Path] = []
        self._journals = 0

    def rows(self) -> list[Row]:
        with self.database.connect() as connection:
            query = sa.select(models.key_pairs).order_by(models.key_pairs.c.id)
            return [tuple(row) for row in connection.execute(query)]

    def of(self, user_id: str) -> set[str]:
        """Return the names that a user has."""
        with self.database.connect() as connection:
            query = sa.select(models.key_pairs.c.name).where(
                models.key_pairs.c.user_id == user_id
            )
            return set(connection.execute(query).scalars())

    def new_journal(self) -> str:
        self._journals += 1
        journal = self.directory / f'{self._journals}.jsonl'
        self.journals.append(journal)
        return str(journal)

    def restore(self) -> None:
        """Put back what all journals have, the newest first."""
        for journal in reversed(self.journals):
            self.finish('keys', 'import', '--restore', str(journal), '--yes')

    def journalled(self) -> set[tuple[str, str]]:
        """Return whose keys are in the journals; the last line may be torn."""
        found = set()
        for journal in self.journals:
            for line in journal.read_text().split('\n')[:-1]:
                row = json.loads(line)
                found.add((row['user_id'], row['name']))
        return found

    def run_killed(self, arguments: Sequence[str]) -> None:
        """Run a command again and again, each time killed at work."""
        killed = 0
        while killed < self.kills:
            if self._kill(arguments):
                killed += 1
            else:
                # It came to its end: from the beginning.
                self.check_journals()
                self.begin_again()

    def _kill(self, arguments: Sequence[str]) -> bool:
        """Kill a command at a random moment after its first change.

        :returns: False where it was quicker.
        """
        words = [*arguments, '--rate', str(_RATE), '--yes']
        if arguments[1] != 'import':
            words += ['--journal', self.new_journal()]
        before = self.rows()
        with self.start(*words) as command:
            # Most of its life it imports modules.
            while command.poll() is None and self.rows() == before:
                time.sleep(0.01)
            try:
                command.wait(random.uniform(0, _KEYS / _RATE))
            except subprocess.TimeoutExpired:
                command.kill()
            command.wait()
            self.assertIn(command.returncode, (0, -9))
            was_killed = command.returncode == -9
        self.journals = [path for path in self.journals if path.exists()]
        self.check_journals()
        return was_killed

    def check_journals(self) -> None:
        """Hold that what is not where it was is in a journal."""
        now = {(row[4], row[3]) for row in self.rows()}
        gone = {(row[4], row[3]) for row in self.before} - now
        self.assertEqual(set(), gone - self.journalled())

    def begin_again(self) -> None:
        self.restore()
        self.assertEqual(self.before, self.rows())
        self.journals = []

    def run_to_end(self, arguments: Sequence[str]) -> None:
        self.finish(*arguments, '--journal', self.new_journal(), '--yes')

    def check_deletion(self, *arguments: str) -> None:
        self.run_killed(arguments)
        self.run_to_end(arguments)
        self.assertEqual(self.before[_KEYS:], self.rows())
        self.begin_again()

    def test_prune(self) -> None:
        self.check_deletion('keys', 'prune', '--user', 'amelia')

    def test_purge(self) -> None:
        self.check_deletion('keys', 'purge', '--user', 'amelia')

    def test_transfer(self) -> None:
        command = ('keys', 'transfer', '--from', 'amelia', '--to', 'carla')
        self.run_killed(command)
        self.run_to_end(command)
        self.assertEqual(set(), self.of('amelia'))
        self.assertEqual({f'k{n}' for n in range(_KEYS)}, self.of('carla'))
        self.begin_again()

    def test_import(self) -> None:
        path = self.directory / 'export.jsonl'
        path.write_text(self.finish('keys', 'export', '--user', 'amelia'))
        users = self.directory / 'users.json'
        users.write_text('{"amelia": "carla"}')
        command = ('keys', 'import', str(path), '--map-users', str(users))
        killed = 0
        while killed < self.kills:
            if self._kill(command):
                killed += 1
                self.assertEqual(self.before, self.rows()[: 2 * _KEYS])
            else:
                self._delete('carla')
        self.finish(*command, '--yes')
        self.assertEqual(self.of('amelia'), self.of('carla'))
        self.assertEqual(3 * _KEYS, len(self.rows()))

    def _delete(self, user_id: str) -> None:
        with self.database.begin() as connection:
            connection.execute(
                sa.delete(models.key_pairs).where(
                    models.key_pairs.c.user_id == user_id
                )
            )
