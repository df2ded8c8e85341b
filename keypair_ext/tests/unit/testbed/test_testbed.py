# SPDX-License-Identifier: Apache-2.0

"""The test bed: its refusals, files, and the one document of Identity."""

import contextlib
import io
import json
import pathlib
import socket

import fixtures
import webob

from keypair_ext import exception
from keypair_ext.testbed import __main__ as testbed, home, identity
from keypair_ext.tests import base

_URL = 'http://127.0.0.1:8774'


class TestBedTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        path = self.useFixture(fixtures.TempDir()).path
        self.directory = pathlib.Path(path, 'demo')

    def _refusal(
        self, *, directory: pathlib.Path | None = None, port: object = 0
    ) -> tuple[object, str]:
        """Start it in vain; return the exit status and the message."""
        arguments = [f'--directory={directory or self.directory}']
        with contextlib.redirect_stderr(io.StringIO()) as printed:
            try:
                status: object = testbed.main([*arguments, f'--port={port}'])
            except SystemExit as error:
                status = error.code
        return status, printed.getvalue()

    def test_a_port_in_use(self) -> None:
        with socket.socket() as other:
            other.bind(('127.0.0.1', 0))
            other.listen()
            port = other.getsockname()[1]
            status, message = self._refusal(port=port)
        self.assertEqual(1, status)
        self.assertEqual(
            f'keypair_ext: Port {port} of 127.0.0.1 cannot be used: Address '
            f'already in use. Stop what listens there, or choose another '
            f'port, as in "make serve PORT=8775".\n',
            message,
        )
        self.assertFalse(self.directory.exists())

    def test_what_is_no_port(self) -> None:
        for text in ('http', '-1', '65536'):
            status, message = self._refusal(port=text)
            self.assertEqual(2, status)
            self.assertIn(
                f"'{text}' is not a port number, 0 to 65535", message
            )

    def test_a_directory_that_cannot_be_used(self) -> None:
        self.directory.touch()
        for directory, reason in (
            (self.directory, 'File exists'),
            (self.directory / 'below', 'Not a directory'),
            (pathlib.Path('/proc/demo'), 'No such file or directory'),
        ):
            status, message = self._refusal(directory=directory)
            self.assertEqual(1, status)
            self.assertEqual(
                f'keypair_ext: {directory} cannot be used: {reason}. The '
                f'test bed keeps its files in {directory}, which has to be a '
                f'directory that you can write to.\n',
                message,
            )

    def test_a_file_that_is_no_database(self) -> None:
        self.useFixture(fixtures.FakeLogger())
        self.useFixture(fixtures.MonkeyPatch('time.sleep', lambda _: None))
        self.directory.mkdir()
        database = self.directory / 'keypair_ext.sqlite'
        database.write_bytes(b'garbage ' * 2048)
        self.assertEqual(
            (
                1,
                f'keypair_ext: The database in {self.directory} cannot be '
                f'used. Remove that directory to start afresh.\n',
            ),
            self._refusal(),
        )

    def test_interrupted_before_it_serves(self) -> None:
        def interrupt(directory: pathlib.Path, url: str) -> dict[str, str]:
            raise KeyboardInterrupt

        self.useFixture(
            fixtures.MonkeyPatch('keypair_ext.testbed.home.prepare', interrupt)
        )
        self.assertEqual((130, ''), self._refusal())

    def test_users_are_made_once(self) -> None:
        passwords = home.prepare(self.directory, _URL)
        self.assertEqual({'admin', 'member'}, set(passwords))
        self.assertEqual({}, home.prepare(self.directory, _URL))
        kept = self.directory / 'member.password'
        self.assertEqual(passwords['member'], kept.read_text().strip())
        kept.unlink()
        self.assertNotEqual(passwords, home.prepare(self.directory, _URL))

    def test_without_the_paste_file(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('keypair_ext.__file__', '/nowhere/x/y.py')
        )
        self.useFixture(fixtures.MonkeyPatch('sys.prefix', '/nowhere'))
        error = self.assertRaises(
            exception.ConfigurationError, home.prepare, self.directory, _URL
        )
        self.assertIn('run the test bed from a checkout', str(error))


class IdentityTest(base.TestCase):
    def _ask(self, path: str) -> webob.Response:
        request = webob.Request.blank(path, base_url='http://demo:8774/id/v3')
        return request.get_response(identity.app_factory({}))

    def test_the_version(self) -> None:
        for path in ('', '/'):
            version = self._ask(path).json['version']
            self.assertEqual('v3.14', version['id'])
            self.assertEqual(
                'http://demo:8774/id/v3/', version['links'][0]['href']
            )

    def test_nothing_else(self) -> None:
        answer = self._ask('/users/admin')
        self.assertEqual(403, answer.status_int)
        self.assertEqual(
            'There is no Identity service here.',
            json.loads(answer.body)['error']['message'],
        )
