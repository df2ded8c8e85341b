# SPDX-License-Identifier: Apache-2.0

"""Every server ends when it is told to, whatever it is doing."""

import http.client
import os
import signal
import unittest
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from keypair_ext.tests.functional import held, service_cases, stopping_cases
from keypair_ext.tests.functional.servers import (
    apache,
    gunicorn,
    process,
    uwsgi,
)

_installed = unittest.skipUnless(
    os.environ.get('KEYPAIR_EXT_TEST_SERVERS'),
    'KEYPAIR_EXT_TEST_SERVERS not set',
)

_NO_APACHE = apache.reason_to_skip()


@_installed
class GunicornTest(stopping_cases.WorkerCases):
    worker: ClassVar[Sequence[str]] = ('sync',)
    impatient = ('--graceful-timeout', '2')
    begins = 'Booting worker'
    gentle = (signal.SIGTERM,)

    def describe_server(
        self, directory: Path, options: Sequence[str]
    ) -> service_cases.Server:
        return gunicorn.Gunicorn(
            directory,
            workers=2,
            options=['--worker-class', *self.worker, *options],
        )


class GunicornThreadsTest(GunicornTest):
    # The second thread answers while the first waits.
    worker = ('gthread', '--threads', '2')


class GunicornGeventTest(GunicornTest):
    worker = ('gevent',)


@_installed
class UWSGITest(stopping_cases.WorkerCases):
    options: ClassVar[Sequence[str]] = ()
    impatient = ('--worker-reload-mercy', '2')
    begins = 'spawned uWSGI worker'
    gentle = (signal.SIGTERM, signal.SIGINT)

    def describe_server(
        self, directory: Path, options: Sequence[str]
    ) -> service_cases.Server:
        return uwsgi.service(directory, *self.options, *options, processes=2)


class LazyUWSGITest(UWSGITest):
    options = ('--lazy-apps',)


@_installed
@unittest.skipIf(_NO_APACHE, _NO_APACHE)
class ApacheTest(stopping_cases.StoppingCases):
    """It loads the application with the first request."""

    def describe_server(
        self, directory: Path, options: Sequence[str]
    ) -> service_cases.Server:
        # Its processes are another user's.
        directory.parent.chmod(0o755)
        return apache.Apache(directory)

    def begin_to_load(self) -> held.Hold:
        hold = held.Hold(self.home)
        self.addCleanup(hold.release)
        port = self.server.port
        self.daemon.start(lambda: process.accepts_connections(port))
        client = http.client.HTTPConnection(process.LOOPBACK, port)
        self.addCleanup(client.close)
        client.request('GET', '/')
        process.wait_until(hold.holds, 'held')
        return hold
