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


"""oslo.limit for one test, as if the process had just begun."""

import sys

import fixtures
from oslo_config import cfg


class OwnOsloLimit(fixtures.Fixture):
    """An empty ``cfg.CONF`` and an oslo.limit that was never imported.

    Its import puts options, one of them required, into ``cfg.CONF``, and it
    keeps the connection it once made.
    """

    def _setUp(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('oslo_config.cfg.CONF', cfg.ConfigOpts())
        )
        _forget()
        self.addCleanup(_forget)


def _forget() -> None:
    for name in [*sys.modules]:
        if name.partition('.')[0] == 'oslo_limit':
            del sys.modules[name]
