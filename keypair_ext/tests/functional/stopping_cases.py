# SPDX-License-Identifier: Apache-2.0

"""What holds for every server that is told to end; test_stopping runs it."""

import contextlib
import http.client
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures, held, service_cases
from keypair_ext.tests.functional.servers import (
    process,
    rest,
)

_TERM, _INT = signal.SIGTERM, signal.SIGINT

_HEADERS = {
    'X-Auth-Token': fixtures.TOKEN,
    'Content-Type': 'application/json',
}

# Seconds. Requests are given more, where no option says otherwise.
_PATIENCE = 30


class StoppingCases(base.TestCase):
    """What holds for a server with two workers."""

    # It then ends within two seconds, whatever its requests do.
    impatient: ClassVar[Sequence[str]] = ()
    # By these it answers first what is under way.
    gentle: ClassVar[Sequence[signal.Signals]] = ()

    def describe_server(
        self, directory: Path, options: Sequence[str]
    ) -> service_cases.Server:
        """Return the server of what a directory configures."""
        raise NotImplementedError

    def serve(self, *options: str) -> None:
        """Start the server, and wait until it answers."""
        self.home = self.useFixture(process.Directory('stopping')).path
        service_cases.prepare(self.home, {})
        held.add(self.home / 'api-paste.ini')
        server = self.describe_server(self.home, options)
        self.server = self.useFixture(server)
        self.daemon = self.server.daemon

    def begin_to_load(self) -> held.Hold:
        """Start it again, up to where it loads the application."""
        hold = held.Hold(self.home)
        self.addCleanup(hold.release)
        self.daemon.start(hold.holds)
        return hold

    def begin_request(self, length: int) -> http.client.HTTPConnection:
        """Send a request but for its body, and see that it is accepted."""
        connection = http.client.HTTPConnection(
            process.LOOPBACK, self.server.port, timeout=60
        )
        self.addCleanup(connection.close)
        service_cases.begin_import(connection, _HEADERS, length)
        # By the other worker, or after that one.
        rest.call('GET', self.server.url).expect(200)
        return connection

    def tell(self, numbers: Sequence[signal.Signals]) -> None:
        """Send signals, one after the other."""
        self.processes = [
            Path(f'/proc/{number}')
            for number in process.children(self.daemon.pid)
        ]
        for number in numbers:
            self.daemon.send_signal(number)
            time.sleep(0.2)

    def wait_for_end(
        self, connection: http.client.HTTPConnection | None = None
    ) -> None:
        """See that nothing is left of it.

        :param connection: of a request that goes on as long as anybody reads.
        """

        def has_ended() -> bool:
            if connection is not None:
                with contextlib.suppress(OSError):
                    connection.send(b' ')
            return not self.daemon.is_running()

        process.wait_until(has_ended, 'ended', _PATIENCE)
        process.wait_until(
            lambda: not any(path.exists() for path in self.processes),
            'no process left',
        )
        self.daemon.kill()
        # A request that is cut may be told of by the server.
        if connection is None:
            self.assertNotIn('Traceback', self.daemon.recent_log)

    def test_while_it_loads(self) -> None:
        self.serve()
        self.daemon.stop()
        for number, times in ((_TERM, 1), (_TERM, 2), (_INT, 2)):
            with self.subTest(number=number, times=times):
                hold = self.begin_to_load()
                self.tell([number] * times)
                hold.release()
                self.wait_for_end()

    def test_with_nothing_to_do(self) -> None:
        self.serve()
        self.tell([_TERM])
        self.wait_for_end()
        self.daemon.start()
        self.tell([_INT])
        self.wait_for_end()

    def test_with_a_request(self) -> None:
        for number in self.gentle:
            with self.subTest(number=number):
                self.serve()
                body = service_cases.import_body('mine')
                connection = self.begin_request(len(body))
                self.tell([number, number])
                connection.send(body)
                self.assertEqual(200, connection.getresponse().status)
                self.wait_for_end()

    def test_with_a_request_that_does_not_end(self) -> None:
        for number in (_TERM, _INT):
            with self.subTest(number=number):
                self.serve(*self.impatient)
                connection = self.begin_request(100_000)
                self.tell([number])
                self.wait_for_end(connection)


class WorkerCases(StoppingCases):
    """What holds where workers load before they are asked."""

    # What it prints as each of them begins.
    begins: ClassVar[str]

    def test_while_workers_begin(self) -> None:
        self.serve()
        self.daemon.stop()
        for number in (_TERM, _INT):
            with self.subTest(number=number):
                self.daemon.start(
                    lambda: self.daemon.recent_log.count(self.begins) == 2
                )
                self.tell([number])
                self.wait_for_end()
