# SPDX-License-Identifier: Apache-2.0

"""Installing keypair_ext into Nova's environment changes nothing there."""

import unittest

from keypair_ext.tests import base
from keypair_ext.tests.functional.nova import environment

_REASON = environment.reason_to_skip()

# What is not in Nova's environment already; small, and without requirements
# of its own.
NEW = {'keypair-ext', 'fastjsonschema', 'orjson', 'tqdm'}


@unittest.skipIf(_REASON, _REASON)
class InstallTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        path = environment.WithKeypairExt().install()
        self.before = environment.packages(path, 'before')
        self.after = environment.packages(path, 'after')

    def test_no_version_changes(self) -> None:
        after = {name: self.after.get(name) for name in self.before}
        self.assertEqual(self.before, after)

    def test_what_is_new(self) -> None:
        self.assertEqual(NEW, self.after.keys() - self.before.keys())
