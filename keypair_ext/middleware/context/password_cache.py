# SPDX-License-Identifier: Apache-2.0

"""The passwords that were found right lately, as keyed digests.

A bcrypt hash takes tens to hundreds of milliseconds to check; what is kept
here is checked in microseconds and is of no use outside this process.
"""

import hmac
import os
import secrets
import time
from collections.abc import Callable

from keypair_ext.middleware.context import htpasswd


class PasswordCache:
    """Remembers the password of each user for some seconds.

    It belongs to one process and to one reading of the password file: after
    a fork, or when the file changed, it begins anew with another key.
    """

    def __init__(
        self, seconds: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._notes: _Notes | None = None

    def knows(
        self, users: htpasswd.Users, user: bytes, password: bytes
    ) -> bool:
        """Tell if this password was kept and still holds."""
        notes = self._notes_about(users)
        digest, end = notes.digests.get(user, (b'', 0.0))
        return self._clock() < end and hmac.compare_digest(
            digest, notes.digest(password)
        )

    def keep(
        self, users: htpasswd.Users, user: bytes, password: bytes
    ) -> None:
        """Remember a password that ``users`` found right."""
        notes = self._notes_about(users)
        end = self._clock() + self._seconds
        notes.digests[user] = (notes.digest(password), end)

    def _notes_about(self, users: htpasswd.Users) -> '_Notes':
        notes = self._notes
        if (
            notes is None
            or notes.users is not users
            or notes.process_id != os.getpid()
        ):
            notes = self._notes = _Notes(users)
        return notes


class _Notes:
    """What one process remembers about one reading of the file.

    One digest per user: it cannot outgrow the file.
    """

    def __init__(self, users: htpasswd.Users) -> None:
        self.users = users
        self.process_id = os.getpid()
        self.digests: dict[bytes, tuple[bytes, float]] = {}
        self._key = secrets.token_bytes(32)

    def digest(self, password: bytes) -> bytes:
        # A keyed BLAKE2 saves 1 microsecond, but FIPS systems refuse it.
        return hmac.digest(self._key, password, 'sha256')
