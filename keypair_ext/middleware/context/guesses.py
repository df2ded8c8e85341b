# SPDX-License-Identifier: Apache-2.0

"""Bounds what wrong passwords take of a worker.

Who sends a password that is not remembered makes the worker check a bcrypt
hash, which is made to be dear. A worker that guesses keep busy has no time
for those who have logged in.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Callable

from keypair_ext import cache, exception

# Of a processor's time, what wrong passwords may take in the long run.
_SHARE = 0.25

# Seconds of work that can be saved up, and those that are kept for callers
# who come back after they were turned away.
_SAVINGS = 3.0
_RESERVE = 1.0

# Seconds that a caller who is turned away has to wait, and how many of them
# are known again, for how long.
_WAIT = 1
_WAITING = 4096
_PATIENCE = 60

_DIGEST_SIZE = 16


class Guesses:
    """Lets passwords be checked while wrong ones have not taken their share.

    Then those go first who were turned away and come back with the same
    password when they were told: one who has the right one does, one who
    guesses has no reason to. With patience, guesses get what is left.

    :param clock: returns seconds that only grow.
    :param work_clock: returns the seconds that this thread was at work.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        work_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock = clock
        self._work_clock = work_clock
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._savings = _SAVINGS
        self._earned_at = clock()
        self._usual_cost = 0.0
        self._waiting: cache.Cache[bytes, float] = cache.Cache(
            _WAITING, _WAITING * _DIGEST_SIZE, clock
        )

    def check(self, credentials: bytes, is_right: Callable[[], bool]) -> bool:
        """Return what ``is_right`` returns, and count its time if false.

        :param credentials: what the caller comes back with.
        :raises TooManyGuesses: it is not this caller's turn.
        """
        reserved = self._reserve(self._digest(credentials))
        began = self._work_clock()
        right = False
        try:
            right = is_right()
        finally:
            taken = self._work_clock() - began
            self._settle(reserved, 0 if right else taken)
        return right

    def _reserve(self, caller: bytes) -> float:
        """Return what is put aside for a check that begins now."""
        with self._lock:
            now = self._clock()
            self._savings = min(
                _SAVINGS, self._savings + (now - self._earned_at) * _SHARE
            )
            self._earned_at = now
            turned_away_at = self._waiting.get(caller)
            has_waited = (
                turned_away_at is not None and now - turned_away_at >= _WAIT
            )
            if self._savings <= (0 if has_waited else _RESERVE):
                if turned_away_at is None:
                    self._waiting.put(caller, now, len(caller), _PATIENCE)
                raise exception.TooManyGuesses()
            self._waiting.remove(caller)
            self._savings -= self._usual_cost
            return self._usual_cost

    def _settle(self, reserved: float, cost: float) -> None:
        with self._lock:
            self._savings += reserved - cost
            self._usual_cost = cost or self._usual_cost

    def _digest(self, credentials: bytes) -> bytes:
        digest = hmac.digest(self._key, credentials, 'sha256')
        return digest[:_DIGEST_SIZE]
