# SPDX-License-Identifier: Apache-2.0

"""The test bed as a fixture of testtools and unittest."""

from typing import Any

import fixtures

from keypair_ext.testbed.bed import Testbed


class TestbedFixture(fixtures.Fixture):
    """Serves until the test, or the class, that uses it has ended.

    :param arguments: the test bed's.
    :ivar bed: the test bed.
    """

    # Its name begins as those do that pytest looks for.
    __test__ = False

    bed: Testbed

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self._arguments = arguments

    def _setUp(self) -> None:
        self.bed = Testbed(**self._arguments)
        self.bed.start()
        self.addCleanup(self.bed.stop)

    def reset(self) -> None:
        """Be as it was when it started."""
        self.bed.reset()
