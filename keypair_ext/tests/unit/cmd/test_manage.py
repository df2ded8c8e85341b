# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-manage``: the database, and how mistakes are told."""

import contextlib
import sqlite3

import fixtures as fixtures_library

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.keys import runner


class ManageTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures_library.FakeLogger())
        self.config_file = fixtures.write_config(
            str(self.directory),
            {
                'api_database': {
                    'connection': f'sqlite:///{self.directory}/nova.sqlite'
                }
            },
        )

    def db(self, *arguments: str) -> tuple[int, str, str]:
        return runner.run('--config-file', self.config_file, *arguments)

    def tables(self, name: str) -> set[str]:
        with contextlib.closing(
            sqlite3.connect(self.directory / name)
        ) as connection:
            rows = connection.execute('SELECT name FROM sqlite_master')
            return {row[0] for row in rows}


class DatabaseTest(ManageTestCase):
    def test_sync(self) -> None:
        for _ in range(2):
            self.assertEqual((0, '', ''), self.db('db', 'sync'))
        self.assertIn('key_pairs', self.tables('keypair_ext.sqlite'))

    def test_quota_guard(self) -> None:
        name = 'keypair_ext_quota_guard'
        for arguments, is_there in (
            ([], False),
            (['--quota-guard'], True),
            ([], True),
            (['--no-quota-guard'], False),
            ([], False),
        ):
            with self.subTest(arguments=arguments):
                told = self.db('db', 'sync', *arguments)
                self.assertEqual((0, '', ''), told)
                tables = self.tables('keypair_ext.sqlite')
                self.assertEqual(is_there, name in tables)
                _, version, _ = self.db('db', 'version')
                self.assertEqual(is_there, 'quota guard' in version)

    def test_sync_of_another_group(self) -> None:
        status, _, _ = self.db(
            '--database-group', 'api_database', 'db', 'sync'
        )

        self.assertEqual(0, status)
        self.assertIn('key_pairs', self.tables('nova.sqlite'))
        self.assertFalse((self.directory / 'keypair_ext.sqlite').exists())

    def test_version(self) -> None:
        status, before, _ = self.db('db', 'version')
        self.assertEqual(0, status)
        self.assertIn('db sync', before)

        self.db('db', 'sync')

        status, after, _ = self.db('db', 'version')
        self.assertEqual(0, status)
        self.assertIn('newest', after)
        self.assertNotIn('db sync', after)
        self.assertEqual(1, after.count('\n'))


class MistakesTest(ManageTestCase):
    def assert_one_sentence(self, *arguments: str) -> str:
        status, output, errors = runner.run(*arguments)
        self.assertEqual((1, ''), (status, output))
        (line,) = errors.splitlines()
        self.assertTrue(line.startswith('keypair-ext-manage: '))
        return line

    def test_no_configuration(self) -> None:
        path = str(self.directory / 'none.conf')
        self.assertIn(
            path,
            self.assert_one_sentence('--config-file', path, 'db', 'sync'),
        )

    def test_commands_that_are_none(self) -> None:
        for arguments in ((), ('db',), ('db', 'drop'), ('nothing',)):
            with self.subTest(arguments=arguments):
                status, output, errors = runner.run(*arguments)
                self.assertEqual((2, ''), (status, output))
                self.assertIn('usage:', errors)

    def test_help(self) -> None:
        status, output, _ = runner.run('--help')
        self.assertEqual(0, status)
        for command in ('db', 'profile'):
            self.assertIn(command, output)
