# SPDX-License-Identifier: Apache-2.0

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
