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
