# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-status``: is an installation fit to serve."""

import contextlib
import io
import pathlib

import fixtures as fixtures_library

from keypair_ext.cmd import status
from keypair_ext.db import migration, models
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures


class StatusTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures_library.FakeLogger())
        self.directory = pathlib.Path(
            self.useFixture(fixtures_library.TempDir()).path
        )
        self.configure({})

    def configure(self, options: fixtures.Options) -> None:
        self.config_file = fixtures.write_config(str(self.directory), options)

    def make_database(self) -> None:
        made = fixtures.make_database(self.config_file)
        self.addCleanup(made.dispose)

    def run_check(self, *arguments: str) -> tuple[int, list[str], str]:
        output, errors = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
        ):
            code = status.main([*arguments, 'upgrade', 'check'])
        return code, output.getvalue().splitlines(), errors.getvalue()

    def check(self) -> tuple[int, list[str], str]:
        return self.run_check('--config-file', self.config_file)

    def test_fit(self) -> None:
        self.make_database()

        self.assertEqual(
            (
                0,
                [
                    'policy files: success',
                    'quota driver: success',
                    'quota guard: success',
                    'database: success',
                ],
                '',
            ),
            self.check(),
        )

    def test_no_table(self) -> None:
        code, lines, _ = self.check()

        self.assertEqual(2, code)
        self.assertTrue(lines[-1].startswith('database: failure. '))

    def test_policy(self) -> None:
        self.make_database()
        (self.directory / 'policy.yaml').write_text('a: [')

        code, lines, _ = self.check()

        self.assertEqual(2, code)
        self.assertTrue(lines[0].startswith('policy files: failure. '))
        self.assertEqual(4, len(lines))

    def test_quota_driver(self) -> None:
        self.configure({'quota': {'driver': 'mine'}})
        self.make_database()

        code, lines, _ = self.check()

        self.assertEqual(2, code)
        self.assertTrue(lines[1].startswith('quota driver: failure. '))

    def test_quota_guard(self) -> None:
        made = fixtures.make_database(self.config_file)
        self.addCleanup(made.dispose)
        migration.sync(made, quota_guard=True)
        self.assertEqual(0, self.check()[0])
        models.quota_guard.drop(made)

        code, lines, _ = self.check()

        self.assertEqual(2, code)
        self.assertTrue(lines[2].startswith('quota guard: failure. '))

    def test_no_database(self) -> None:
        self.configure({'database': {'connection': ''}})

        code, lines, _ = self.check()

        self.assertEqual(2, code)
        self.assertIn('[database]', lines[-1])

    def test_configuration(self) -> None:
        path = str(self.directory / 'none.conf')

        code, lines, errors = self.run_check('--config-file', path)

        self.assertEqual((2, []), (code, lines))
        (line,) = errors.splitlines()
        self.assertTrue(line.startswith('keypair-ext-status: '))
        self.assertIn(path, line)

    def test_value_that_an_option_cannot_have(self) -> None:
        self.configure({'quota': {'key_pairs': 'many'}})

        code, lines, errors = self.check()

        self.assertEqual((2, []), (code, lines))
        self.assertIn('key_pairs', errors)

    def test_directory_of_the_environment(self) -> None:
        self.make_database()
        self.useFixture(
            fixtures_library.EnvironmentVariable(
                'OS_KEYPAIR_EXT_CONFIG_DIR', str(self.directory)
            )
        )
        self.assertEqual(0, self.run_check()[0])

    def test_commands_that_are_none(self) -> None:
        for arguments in ([], ['upgrade'], ['upgrade', 'all']):
            with contextlib.redirect_stderr(io.StringIO()):
                error = self.assertRaises(SystemExit, status.main, arguments)
            self.assertEqual(2, error.code)
