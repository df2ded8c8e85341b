# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-testbed``: how it starts, what it leaves, how it ends."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.clients import testbed
from keypair_ext.tests.functional.servers import process, rest

_Child = subprocess.Popen[bytes]
_KEYPAIRS = '/compute/v2.1/os-keypairs'


class TestBedTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.home = self.useFixture(process.Directory('testbed')).path
        self.directory = self.home / 'files'
        self.port = process.free_port()
        self.root = f'http://{process.LOOPBACK}:{self.port}'
        self.log = self.home / 'log'

    @contextlib.contextmanager
    def _started(self, *options: str) -> Iterator[_Child]:
        """Run it, which has to have ended by itself afterwards."""
        with (
            self.log.open('wb') as log,
            subprocess.Popen(
                [*testbed.command(self.directory, self.port), *options],
                env=process.clean_environment(self.home),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            ) as child,
        ):
            try:
                # What it says last.
                process.wait_until(
                    lambda: 'keypair list' in self._logged(), 'its greeting'
                )
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

    def _log_in(self) -> str:
        """Return a token of the member's."""
        with (self.directory / 'clouds.yaml').open() as stream:
            auth: dict[str, Any] = yaml.safe_load(stream)['clouds']['member'][
                'auth'
            ]
        domain = {'domain': {'name': auth['user_domain_name']}}
        user = {'name': auth['username'], 'password': auth['password']}
        answer = rest.call(
            'POST',
            f'{auth["auth_url"]}/auth/tokens',
            {
                'auth': {
                    'identity': {
                        'methods': ['password'],
                        'password': {'user': {**user, **domain}},
                    },
                    'scope': {
                        'project': {'name': auth['project_name'], **domain}
                    },
                }
            },
        )
        return str(answer.expect(201).headers['X-Subject-Token'])

    def _list(self, token: str) -> list[str]:
        answer = rest.call(
            'GET', self.root + _KEYPAIRS, headers={'X-Auth-Token': token}
        )
        return [
            each['keypair']['name']
            for each in answer.expect(200).json()['keypairs']
        ]

    def test_starting_twice(self) -> None:
        with self._started() as child:
            self._check_files()
            self.assertIn('It is not for production.', self._logged())
            self._check_request_in_flight(child, self._terminate)
        with self._started() as child:
            self.assertEqual([], self._list(self._log_in()))
            self._check_request_in_flight(child, self._interrupt)

    def _check_files(self) -> None:
        self.assertEqual(0o700, _mode(self.directory))
        for name in ('clouds.yaml', 'openrc', 'keypair_ext.conf'):
            self.assertEqual(0o600, _mode(self.directory / name), name)

    def _terminate(self, child: _Child) -> None:
        child.terminate()

    def _interrupt(self, child: _Child) -> None:
        # As a terminal does: all of them at once.
        os.killpg(child.pid, signal.SIGINT)

    def _check_request_in_flight(
        self, child: _Child, stop: Callable[[_Child], None]
    ) -> None:
        """Stop it while a request is half sent: it is answered."""
        body = json.dumps(
            {'keypair': {'name': 'web', 'public_key': fixtures.KEY}}
        ).encode()
        token = self._log_in()
        head = (
            f'POST {_KEYPAIRS} HTTP/1.1\r\n'
            f'Host: {process.LOOPBACK}\r\n'
            f'X-Auth-Token: {token}\r\n'
            f'Content-Type: application/json\r\n'
            f'Content-Length: {len(body)}\r\n\r\n'
        ).encode()
        with socket.create_connection(
            (process.LOOPBACK, self.port), timeout=60
        ) as client:
            client.sendall(head + body[:10])
            # Another request, so that the first one is under way.
            self._list(token)
            stop(child)
            process.wait_until(
                lambda: not process.accepts_connections(self.port),
                'no new connections',
            )
            self.assertIsNone(child.poll())
            client.sendall(body[10:])
            answer = b''.join(iter(lambda: client.recv(4096), b''))
        self.assertTrue(answer.startswith(b'HTTP/1.1 200 '), answer)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
