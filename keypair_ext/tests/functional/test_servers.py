# SPDX-License-Identifier: Apache-2.0

"""The service under real servers: what a server decides, and many at once.

gunicorn is always there. uWSGI has to be compiled: set
``KEYPAIR_EXT_TEST_UWSGI=1`` to have that done, once.
"""

import contextlib
import os
import sys
import unittest
from pathlib import Path

from keypair_ext.tests.functional import service_cases
from keypair_ext.tests.functional.servers import (
    gunicorn,
    process,
    uwsgi,
    venv,
)


class GunicornTest(service_cases.ServiceCases):
    @classmethod
    def describe_server(cls, directory: Path) -> service_cases.Server:
        return gunicorn.Gunicorn(directory, workers=2)

    def test_a_chunked_body(self) -> None:
        body = service_cases.import_body('chunked')
        self.assertEqual(200, self._send_chunks(body))
        self.assertEqual(['chunked'], self.names())
        self.assertEqual(413, self._send_chunks(b' ' * 120_000))

    def _send_chunks(self, body: bytes) -> int:
        connection = self.connection()
        # Who refuses a body need not read it to its end.
        with contextlib.suppress(BrokenPipeError):
            connection.request(
                'POST',
                '/v2.1/os-keypairs',
                iter([body[:20], body[20:]]),
                self.headers,
                encode_chunked=True,
            )
        return connection.getresponse().status


@unittest.skipUnless(
    os.environ.get('KEYPAIR_EXT_TEST_UWSGI'), 'KEYPAIR_EXT_TEST_UWSGI not set'
)
class UWSGITest(service_cases.ServiceCases):
    @classmethod
    def describe_server(cls, directory: Path) -> service_cases.Server:
        try:
            environment = venv.ensure('uwsgi', ['uwsgi'])
        except process.ServerError as error:
            raise unittest.SkipTest(f'uWSGI: {error}') from error
        return uwsgi.UWSGI(
            environment,
            gunicorn.APPLICATION,
            directory=directory,
            env={'OS_KEYPAIR_EXT_CONFIG_DIR': str(directory)},
            processes=2,
            # That environment has nothing but uWSGI. The hook is the one of
            # the installation guide: without it a request is cut off.
            options=[
                '--virtualenv',
                sys.prefix,
                '--hook-master-start',
                'unix_signal:15 gracefully_kill_them_all',
            ],
        )
