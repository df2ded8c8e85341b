# SPDX-License-Identifier: Apache-2.0

"""The service as the faults suite serves it.

A SQLite database can be full only for a connection: every new one looks for
a file beside the configuration that says so.
"""

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from keypair_ext.wsgi.api import application

__all__ = ('application',)

_FLAG = Path(os.environ['OS_KEYPAIR_EXT_CONFIG_DIR'], 'full')


def _limit(connection: Any, record: object) -> None:
    if _FLAG.exists():
        # No more than there are.
        connection.execute('PRAGMA max_page_count = 1')


sa.event.listen(sa.Engine, 'connect', _limit)
