# SPDX-License-Identifier: Apache-2.0

"""The ends of the range of versions, for tests of what lies on each side."""

from typing import Final

from microversion_parse import Version

from keypair_ext.api import microversions

OLDEST: Final = str(microversions.MIN_VERSION)
NEWEST: Final = str(microversions.MAX_VERSION)
# The first that there is not.
ABOVE: Final = str(
    Version(
        microversions.MAX_VERSION.major, microversions.MAX_VERSION.minor + 1
    )
)
