# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-testbed``: what it says to a start in vain."""

import pathlib
import socket

import fixtures

from keypair_ext.testbed import command
from keypair_ext.tests import base


class CommandTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        path = self.useFixture(fixtures.TempDir()).path
        self.directory = pathlib.Path(path, 'bed')

    def _refusal(
        self,
        *options: str,
        directory: pathlib.Path | None = None,
        port: object = 0,
    ) -> tuple[object, str]:
        """Start it in vain; return the exit status and the message."""
        where = f'--directory={directory or self.directory}'
        with base.captured() as (_, printed):
            try:
                status: object = command.main(
                    ['serve', where, f'--port={port}', *options]
                )
            except SystemExit as error:
                status = error.code
        return status, printed.getvalue()

    def test_a_port_in_use(self) -> None:
        with socket.socket() as other:
            other.bind(('127.0.0.1', 0))
            other.listen()
            port = other.getsockname()[1]
            self.assertEqual(
                (
                    3,
                    f'keypair-ext-testbed: Port {port} of 127.0.0.1 cannot '
                    f'be used: Address already in use. Stop what listens '
                    f'there, or choose another one with --port.\n',
                ),
                self._refusal(port=port),
            )
        self.assertFalse(self.directory.exists())

    def test_no_such_address(self) -> None:
        status, message = self._refusal('--host=nosuch.invalid')
        self.assertEqual(3, status)
        self.assertIn('of nosuch.invalid cannot be used: ', message)

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
            self.assertEqual(3, status)
            self.assertEqual(
                f'keypair-ext-testbed: {directory} cannot be used: {reason}. '
                f'The test bed keeps its files in {directory}, which has to '
                f'be a directory that you can write to.\n',
                message,
            )

    def test_no_such_profile(self) -> None:
        status, message = self._refusal('--profile=nosuch.toml')
        self.assertEqual(3, status)
        self.assertIn('nosuch.toml cannot be read: No such file', message)
        self.assertEqual(1, message.count('\n'))

    def test_without_the_paste_file(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('keypair_ext.__file__', '/nowhere/x/y.py')
        )
        self.useFixture(fixtures.MonkeyPatch('sys.prefix', '/nowhere'))
        status, message = self._refusal()
        self.assertEqual(3, status)
        self.assertIn('or run the test bed from a checkout', message)
