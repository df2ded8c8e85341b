# SPDX-License-Identifier: Apache-2.0

"""The test bed itself: how it starts, what it leaves on disk, how it ends."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.clients import testbed
from keypair_ext.tests.functional.servers import process, rest

_Child = subprocess.Popen[bytes]


class TestBedTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.home = self.useFixture(process.Directory('testbed')).path
        self.directory = self.home / 'files'
        self.port = process.free_port()
        self.root = f'http://{process.LOOPBACK}:{self.port}'
        self.log = self.home / 'log'

    @contextlib.contextmanager
    def _started(self) -> Iterator[_Child]:
        """Run it, which has to have ended by itself afterwards."""
        with (
            self.log.open('wb') as log,
            subprocess.Popen(
                testbed.command(self.directory, self.port),
                env=process.clean_environment(self.home),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            ) as child,
        ):
            try:
                process.wait_for_http(self.root)
                yield child
                self.assertEqual(0, child.wait(timeout=60), self._logged())
                # Nobody is left of its group.
                self.assertRaises(ProcessLookupError, os.killpg, child.pid, 0)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
        self.assertNotIn('Traceback', self._logged())

    def _logged(self) -> str:
        return self.log.read_text()

    def _printed_passwords(self) -> dict[str, str]:
        return testbed.printed_passwords(self._logged())

    def _kept_passwords(self) -> dict[str, str]:
        return {
            user: (self.directory / f'{user}.password').read_text().strip()
            for user in ('admin', 'member')
        }

    def _authorization(self) -> str:
        member = f'member:{self._kept_passwords()["member"]}'
        return f'Basic {b64encode(member.encode()).decode()}'

    def _call(
        self, method: str, path: str, document: object = None
    ) -> rest.Answer:
        return rest.call(
            method,
            f'{self.root}{path}',
            document,
            {'Authorization': self._authorization()},
        )

    def test_starting_twice(self) -> None:
        with self._started() as child:
            self._check_files()
            printed = self._printed_passwords()
            self.assertEqual(self._kept_passwords(), printed)
            self._check_request_in_flight(child, 'first', self._terminate)
        with self._started() as child:
            self.assertEqual({}, self._printed_passwords())
            self.assertIn(' keypair list', self._logged())
            self._call('GET', '/v2.1/os-keypairs/first').expect(200)
            self._check_request_in_flight(child, 'second', self._interrupt)

    def _check_files(self) -> None:
        self.assertEqual(0o700, _mode(self.directory))
        for name in (
            'htpasswd',
            'clouds.yaml',
            'admin.password',
            'member.password',
        ):
            self.assertEqual(0o600, _mode(self.directory / name), name)

    def _terminate(self, child: _Child) -> None:
        child.terminate()

    def _interrupt(self, child: _Child) -> None:
        # As a terminal does: all of them at once.
        os.killpg(child.pid, signal.SIGINT)

    def _check_request_in_flight(
        self, child: _Child, name: str, stop: Callable[[_Child], None]
    ) -> None:
        """Stop it while a request is half sent: it is answered."""
        body = json.dumps(
            {'keypair': {'name': name, 'public_key': fixtures.KEY}}
        ).encode()
        head = (
            f'POST /v2.1/os-keypairs HTTP/1.1\r\n'
            f'Host: {process.LOOPBACK}\r\n'
            f'Authorization: {self._authorization()}\r\n'
            f'Content-Type: application/json\r\n'
            f'Content-Length: {len(body)}\r\n\r\n'
        ).encode()
        with socket.create_connection(
            (process.LOOPBACK, self.port), timeout=60
        ) as client:
            client.sendall(head + body[:10])
            # Another request, so that the first one is under way.
            self._call('GET', '/v2.1/os-keypairs').expect(200)
            stop(child)
            process.wait_until(
                lambda: not process.accepts_connections(self.port),
                'no new connections',
            )
            self.assertIsNone(child.poll())
            client.sendall(body[10:])
            answer = b''.join(iter(lambda: client.recv(4096), b''))
        self.assertTrue(answer.startswith(b'HTTP/1.1 200 '), answer)

    def test_starting_over_after_a_kill(self) -> None:
        self.directory.mkdir()
        # Killed after it wrote the first password.
        (self.directory / 'admin.password').write_text('half')
        (self.directory / 'htpasswd.new').write_text('half')
        with self._started() as child:
            self.assertEqual(self._kept_passwords(), self._printed_passwords())
            self._call('GET', '/v2.1/os-keypairs').expect(200)
            child.terminate()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
