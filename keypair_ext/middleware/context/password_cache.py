# SPDX-License-Identifier: Apache-2.0

"""The passwords that were found right, as keyed digests.

A bcrypt hash is made to be dear to check. What is here is checked at once,
and is of no use outside of this process.
"""

import hmac
import os
import secrets
import time
from collections.abc import Callable

from keypair_ext.middleware.context import htpasswd


class PasswordCache:
    """Remembers the last right password of each user, and since when.

    It belongs to one process and to one reading of the password file: after
    a fork, or when the file changed, it begins anew with another key.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._found: _Found | None = None

    def age(
        self, users: htpasswd.Users, user: bytes, password: bytes
    ) -> float | None:
        """Return for how many seconds this password is known to be right.

        None if it is not known.
        """
        found = self._found_in(users)
        digest, since = found.digests.get(user, (b'', 0.0))
        known = hmac.compare_digest(digest, found.digest(password))
        return self._clock() - since if known else None

    def put(self, users: htpasswd.Users, user: bytes, password: bytes) -> None:
        """Remember a password that ``users`` found right."""
        found = self._found_in(users)
        found.digests[user] = (found.digest(password), self._clock())

    def _found_in(self, users: htpasswd.Users) -> '_Found':
        found = self._found
        if (
            found is None
            or found.users is not users
            or found.process_id != os.getpid()
        ):
            found = self._found = _Found(users)
        return found


class _Found:
    """What one process found right by one reading of the file.

    One digest per user: it cannot outgrow the file.
    """

    def __init__(self, users: htpasswd.Users) -> None:
        self.users = users
        self.process_id = os.getpid()
        self.digests: dict[bytes, tuple[bytes, float]] = {}
        self._key = secrets.token_bytes(32)

    def digest(self, password: bytes) -> bytes:
        # A keyed BLAKE2 would do, but FIPS systems refuse it.
        return hmac.digest(self._key, password, 'sha256')
