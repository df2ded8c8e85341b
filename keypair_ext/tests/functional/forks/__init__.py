# SPDX-License-Identifier: Apache-2.0

"""Applications for servers that load them in one process and then fork."""

from typing import Final

# How full the pool of keys is when the server forks.
POOL_SIZE: Final = 50

# How many keys come with one answer.
KEYS_AT_ONCE: Final = 100

# Whose key pairs the process has made that forks later.
MASTER: Final = 'master'
