# SPDX-License-Identifier: Apache-2.0

"""Where the time of a show goes: ``python -m benchmarks.layers DIRECTORY``.

Run in a process of its own, because the service sets up its process's
logging. The directory is a service's; what is printed is JSON.
"""

import io
import json
import logging
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from keypair_ext import conf as config, config_files, deploy, environ as env
from keypair_ext.db import engine
from keypair_ext.db.store import Store
from keypair_ext.middleware import request_log
from keypair_ext.middleware.context import identity

USER: Final = 'reader'
NAME: Final = 'key-1'

_ROUNDS: Final = 40
_CALLS: Final = 100
_SELECT: Final = (
    'SELECT id, user_id, name, type, fingerprint, public_key, created_at,'
    ' updated_at FROM key_pairs WHERE user_id = %s AND name = %s'
)


def measure(directory: str) -> dict[str, float]:
    """Return microseconds of CPU by layer, from the outermost inwards."""
    file = str(Path(directory, 'keypair_ext.conf'))
    conf = config_files.parse([file])
    config.register_opts(conf, 'database')
    made = engine.create_engine(conf, 'database')
    store = Store(made)
    service = deploy.service(directory)
    application = deploy.Composition().application({'oslo_config_file': file})

    with_line = _cpu(lambda: _ask(service, _environ('/v2.1')))
    request_log.LOG.setLevel(logging.WARNING)
    without_line = _cpu(lambda: _ask(service, _environ('/v2.1')))
    alone = _cpu(lambda: _ask(application, _environ_with_context()))
    stored = _cpu(lambda: store.get(USER, NAME))
    with made.connect() as connection:
        cursor = connection.connection.cursor()

        def select() -> None:
            cursor.execute(_SELECT, (USER, NAME))
            cursor.fetchall()

        driver = _cpu(select)
    return {
        'line in the log': with_line - without_line,
        'filters': without_line - alone,
        'application': alone - stored,
        'store and SQLAlchemy': stored - driver,
        'database driver': driver,
        'all': with_line,
    }


def _cpu(call: Callable[[], object]) -> float:
    """Return the microseconds of the round that was disturbed least."""
    call()
    return min(_round(call) for _ in range(_ROUNDS))


def _round(call: Callable[[], object]) -> float:
    started = time.process_time()
    for _ in range(_CALLS):
        call()
    return (time.process_time() - started) / _CALLS * 1e6


def _ask(
    application: Callable[..., Iterable[bytes]], environ: dict[str, Any]
) -> None:
    statuses: list[str] = []

    def start_response(
        status: str, headers: object, exc_info: object = None
    ) -> None:
        statuses.append(status)

    b''.join(application(environ, start_response))
    if statuses != ['200 OK']:
        raise RuntimeError(f'show was answered with {statuses}')


def _environ(prefix: str = '') -> dict[str, Any]:
    return {
        'REQUEST_METHOD': 'GET',
        'SCRIPT_NAME': '',
        'PATH_INFO': f'{prefix}/os-keypairs/{NAME}',
        'QUERY_STRING': '',
        'REMOTE_ADDR': '127.0.0.1',
        'SERVER_NAME': 'localhost',
        'SERVER_PORT': '8774',
        'SERVER_PROTOCOL': 'HTTP/1.1',
        'HTTP_HOST': 'localhost:8774',
        'HTTP_OPENSTACK_API_VERSION': 'compute 2.92',
        'HTTP_X_USER_ID': USER,
        'HTTP_X_PROJECT_ID': 'aaaa',
        'HTTP_X_ROLES': 'member,reader',
        'wsgi.input': io.BytesIO(),
        'wsgi.url_scheme': 'http',
    }


def _environ_with_context() -> dict[str, Any]:
    environ = _environ()
    environ[env.TELLS_REQUEST_ID] = True
    environ[env.CONTEXT] = identity.Context(
        user_id=USER,
        project_id='aaaa',
        roles=['member', 'reader'],
        is_admin=None,
    )
    return environ


if __name__ == '__main__':
    json.dump(measure(sys.argv[1]), sys.stdout)
