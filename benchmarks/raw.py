# SPDX-License-Identifier: Apache-2.0

"""The ceiling: what uWSGI, one SELECT and nothing else can do.

No identity, no versions, no policy, no errors, no SQLAlchemy: what is left
is what no implementation in Python can be faster than.
"""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import MySQLdb

_SELECT = (
    'SELECT id, user_id, name, type, fingerprint, public_key'
    ' FROM key_pairs WHERE user_id = %s AND name = %s'
)
_COLUMNS = ('id', 'user_id', 'name', 'type', 'fingerprint', 'public_key')


def _connect() -> Any:
    return MySQLdb.connect(
        host='127.0.0.1',
        port=int(os.environ['RAW_PORT']),
        user=os.environ['RAW_USER'],
        password=os.environ['RAW_PASSWORD'],
        database=os.environ['RAW_DATABASE'],
        autocommit=True,
    )


def make() -> Callable[..., Iterable[bytes]]:
    """Return the application, with its one connection."""
    cursor = _connect().cursor()

    def application(
        environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        name = environ['PATH_INFO'].rpartition('/')[2]
        cursor.execute(_SELECT, (environ.get('HTTP_X_USER_ID'), name))
        row = dict(zip(_COLUMNS, cursor.fetchone() or (), strict=False))
        body = json.dumps({'keypair': row}).encode()
        start_response(
            '200 OK',
            [
                ('Content-Type', 'application/json'),
                ('Content-Length', str(len(body))),
            ],
        )
        return [body]

    return application
