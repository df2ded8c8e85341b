# SPDX-License-Identifier: Apache-2.0

"""What every run of pytest loads, where the package is installed."""

import sys

from keypair_ext.tests import base
from keypair_ext.tests.base import completed

_SCRIPT = """
import sys
import keypair_ext.pytest_plugin
print(*(name for name in sys.modules if name.startswith('keypair_ext')))
"""


class PytestPluginTest(base.TestCase):
    def test_it_costs_other_tests_nothing(self) -> None:
        told = completed([sys.executable, '-c', _SCRIPT], check=True).stdout
        self.assertEqual(
            ['keypair_ext', 'keypair_ext.pytest_plugin'], told.split()
        )
