# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-status``: is an installation fit to serve."""

import contextlib
import io
import pathlib
from collections.abc import Sequence
from unittest import mock

import fixtures as fixtures_library
import webob

from keypair_ext.cmd import status
from keypair_ext.db import migration, models
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.servers import process, wsgi_server
from keypair_ext.tests.unit.quota import isolation, test_unified


class StatusTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures_library.FakeLogger())
        self.useFixture(isolation.OwnOsloLimit())
        self.configure({})

    def configure(self, options: fixtures.Options) -> None:
        self.config_file = fixtures.write_config(str(self.directory), options)

    def make_database(self) -> None:
        made = fixtures.make_database(self.config_file)
        self.addCleanup(made.dispose)

    def run_check(
        self, *arguments: str, last: Sequence[str] = ()
    ) -> tuple[int, list[str], str]:
        with base.captured() as (output, errors):
            code = status.main([*arguments, 'upgrade', 'check', *last])
        return code, output.getvalue().splitlines(), errors.getvalue()

    def check(self) -> tuple[int, list[str], str]:
        return self.run_check('--config-file', self.config_file)

    def failure(self, check: str) -> str:
        """Return why this check has failed, of five that were made."""
        code, lines, _ = self.check()
        self.assertEqual((2, 5), (code, len(lines)))
        told = dict(line.partition(': ')[::2] for line in lines)
        verdict, _, why = told[check].partition('. ')
        self.assertEqual('failure', verdict)
        return why

    def test_fit(self) -> None:
        self.make_database()

        self.assertEqual(
            (
                0,
                [
                    'policy files: success',
                    'service: success',
                    'quota driver: success',
                    'quota guard: success',
                    'database: success',
                ],
                '',
            ),
            self.check(),
        )

    def test_file_that_is_no_database(self) -> None:
        path = self.directory / 'keypair_ext.sqlite'
        path.write_bytes(b'not a database' * 1000)

        why = self.failure('database')
        self.assertIn('file is not a database', why)
        self.assertNotIn('Try again', why)

    def test_no_table(self) -> None:
        self.failure('database')

    def test_policy(self) -> None:
        self.make_database()
        (self.directory / 'policy.yaml').write_text('a: [')
        self.failure('policy files')

    def test_quota_driver(self) -> None:
        self.configure({'quota': {'driver': 'mine'}})
        self.make_database()
        self.failure('quota driver')

    @test_unified.needs_limit
    def test_unified_limits(self) -> None:
        quota = {'driver': 'unified'}
        self.configure({'quota': quota, 'oslo_limit': test_unified.OPTIONS})
        self.make_database()

        # Nobody listens on that port.
        why = self.failure('quota driver')
        self.assertIn('The limits service cannot be', why)

    def test_the_database_of_the_filter_in_nova(self) -> None:
        self.make_database()
        text = pathlib.Path(self.config_file).read_text()
        pathlib.Path(self.config_file).write_text(
            text.replace('[database]', '[api_database]')
        )

        self.assertEqual(2, self.check()[0])
        code, lines, _ = self.run_check(
            '--config-file',
            self.config_file,
            '--database-group',
            'api_database',
        )

        self.assertEqual(0, code, str(lines))

    def test_the_paste_file_beside_the_configuration(self) -> None:
        self.make_database()
        paste_file = self.directory / 'api-paste.ini'
        paste_file.write_text(fixtures.PASTE_FILE.read_text())
        self.assertEqual(0, self.check()[0])
        paste_file.write_text('[app:main]\nuse = egg:keypair-ext#nosuch\n')
        why = self.failure('service')
        self.assertIn(f'The paste file {paste_file}', why)

    def test_what_nobody_expects(self) -> None:
        self.make_database()
        with mock.patch(
            'keypair_ext.policy.tools.find_mistakes',
            side_effect=ZeroDivisionError,
        ):
            code, lines, _ = self.check()
        self.assertEqual(255, code)
        self.assertIn('policy files: failure. ZeroDivisionError', lines[0])
        self.assertEqual('database: success', lines[-1])

    def test_quota_guard(self) -> None:
        made = fixtures.make_database(self.config_file)
        self.addCleanup(made.dispose)
        migration.sync(made, quota_guard=True)
        self.assertEqual(0, self.check()[0])
        models.quota_guard.drop(made)
        self.failure('quota guard')

    def compare(self, url: str, options: fixtures.Options) -> tuple[int, str]:
        self.configure(options)
        code, lines, _ = self.run_check(
            '--config-file', self.config_file, last=['--nova-url', url]
        )
        return code, lines[-1]

    def test_versions_of_the_nova_behind(self) -> None:
        self.make_database()
        nova = self.useFixture(
            fixtures.Service({'api': {'max_version': '2.96'}})
        )
        served = self.useFixture(wsgi_server.Server(nova.app))
        same: fixtures.Options = {'api': {'max_version': '2.96'}}
        for path in ('', '/', '/v2.1', '/v2.1/'):
            url = f'{served.url}{path}'
            self.assertEqual((0, 'versions: success'), self.compare(url, same))
            code, line = self.compare(url, {})
            self.assertEqual(2, code)
            self.assertIn('set max_version = 2.96 in [api]', line)
        code, line = self.compare(served.url, {'api': {'max_version': '2.90'}})
        self.assertEqual(2, code)
        self.assertIn('set max_version = 2.96 in [api]', line)

    def test_versions_that_cannot_be_asked_for(self) -> None:
        self.make_database()
        other = self.useFixture(
            wsgi_server.Server(webob.Response(text='hello'))
        )
        port = process.free_port()
        for url in (other.url, f'http://127.0.0.1:{port}', 'nova', ''):
            with self.subTest(url=url):
                code, line = self.compare(url, {})
                self.assertEqual(2, code)
                self.assertIn('Compute service cannot be asked', line)

    def test_configuration(self) -> None:
        path = str(self.directory / 'none.conf')

        code, lines, errors = self.run_check('--config-file', path)

        self.assertEqual((2, []), (code, lines))
        (line,) = errors.splitlines()
        self.assertTrue(line.startswith('keypair-ext-status: '))
        self.assertIn(path, line)

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
