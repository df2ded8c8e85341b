# SPDX-License-Identifier: Apache-2.0

"""The plugin for Tempest: os-keypairs on any cloud, from outside.

Only what Tempest calls stable is imported, and nothing of keypair_ext beside
this package: the cloud under test may run another release, or plain Nova.
"""

import unittest


def load_tests(
    loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None
) -> unittest.TestSuite:
    """Hide the plugin from our own test run, which has no Tempest.

    Tempest begins further down, in ``tests``, and does not come by here.
    """
    return unittest.TestSuite()
