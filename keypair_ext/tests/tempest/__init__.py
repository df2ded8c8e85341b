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
