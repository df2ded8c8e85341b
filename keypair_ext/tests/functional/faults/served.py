# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


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
