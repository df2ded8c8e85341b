# SPDX-License-Identifier: Apache-2.0

"""A cloud for key pairs in a second, for trying out and for tests of clients.

Not for production, and nothing of it is imported by a mount.
"""

from keypair_ext.testbed.bed import Testbed

__all__ = ('Testbed',)
