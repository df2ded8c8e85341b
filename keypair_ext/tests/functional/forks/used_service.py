# SPDX-License-Identifier: Apache-2.0

"""The service, used by the process that loads it before it forks.

It has answered two requests then: it holds a connection of each kind to the
database, and its key pool is full.
"""

import io
import json
import time
from typing import Any, Final
from unittest import mock
from wsgiref import util

from keypair_ext.tests.functional import fixtures, forks
from keypair_ext.wsgi.api import application

__all__ = ('application',)

# A key takes 50 ms; the pool has four unless it is configured otherwise.
_SECONDS_TO_FILL: Final = 1.0


def _ask(method: str, body: bytes = b'') -> int:
    environ: dict[str, Any] = {}
    util.setup_testing_defaults(environ)
    environ |= {
        'REQUEST_METHOD': method,
        'PATH_INFO': '/v2.1/os-keypairs',
        'REMOTE_ADDR': '127.0.0.1',
        'HTTP_X_AUTH_TOKEN': f'{forks.MASTER}:aaaa:member,reader',
        'CONTENT_TYPE': 'application/json',
        'CONTENT_LENGTH': str(len(body)),
        'wsgi.input': io.BytesIO(body),
    }
    start_response = mock.Mock()
    list(application(environ, start_response))
    status: str = start_response.call_args.args[0]
    return int(status.split()[0])


def _use() -> None:
    for key in ({}, {'public_key': fixtures.KEY}):
        name = 'imported' if key else 'generated'
        document = {'keypair': {'name': name, **key}}
        status = _ask('POST', json.dumps(document).encode())
        # The master may have been started again.
        assert status in (200, 409), status
    assert _ask('GET') == 200
    time.sleep(_SECONDS_TO_FILL)


_use()
