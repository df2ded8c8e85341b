# SPDX-License-Identifier: Apache-2.0

"""What Tempest loads by the entry point ``tempest.test_plugins``."""

from pathlib import Path
from typing import Any

from oslo_config import cfg
from tempest import config
from tempest.test_discover import plugins

from keypair_ext.tests.tempest import config as keypair_ext_config

_HERE = Path(__file__).resolve().parent


class KeypairExtTempestPlugin(plugins.TempestPlugin):
    """Where the tests are, their options and their client."""

    def load_tests(self) -> tuple[str, str]:
        """Return the directory of the tests and that of the package."""
        return str(_HERE / 'tests'), str(_HERE.parents[2])

    def register_opts(self, conf: cfg.ConfigOpts) -> None:
        """Add our options to Tempest's."""
        for group, options in keypair_ext_config.list_opts():
            conf.register_opts(options, group)

    def get_opt_lists(self) -> list[tuple[str, list[cfg.Opt]]]:
        """Return our options, for the sample file."""
        return keypair_ext_config.list_opts()

    def get_service_clients(self) -> list[dict[str, Any]]:
        """Return our client: it asks Compute's endpoint."""
        return [
            {
                'name': 'keypair_ext',
                'service_version': 'keypair_ext',
                'module_path': 'keypair_ext.tests.tempest.services',
                'client_names': ['KeypairsClient'],
                **config.service_client_config('compute'),
            }
        ]
