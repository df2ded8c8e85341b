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

"""Unified limits: the limit that the Identity service keeps.

The registered limit is ``server_key_pairs``, as for Nova.
"""

from oslo_config import cfg

from keypair_ext import exception
from keypair_ext.db.store import Store

RESOURCE = 'server_key_pairs'


class UnifiedDriver:
    """Asks the Identity service through oslo.limit."""

    def __init__(self, conf: cfg.ConfigOpts, store: Store) -> None:
        raise exception.ConfigurationError(
            reason='[quota] driver unified is not supported yet. Use local.'
        )

    def limit(self, user_id: str | None, project_id: str | None) -> int:
        raise exception.QuotaUnavailable()
