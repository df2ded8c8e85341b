# SPDX-License-Identifier: Apache-2.0

"""What every run of pytest loads, where the package is installed."""

import subprocess
import sys

from keypair_ext.tests import base

_SCRIPT = """
import sys
import keypair_ext.pytest_plugin
print(*(name for name in sys.modules if name.startswith('keypair_ext')))
"""


class PytestPluginTest(base.TestCase):
    def test_it_costs_other_tests_nothing(self) -> None:
        told = subprocess.run(
            [sys.executable, '-c', _SCRIPT],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        self.assertEqual(
            ['keypair_ext', 'keypair_ext.pytest_plugin'], told.split()
        )
