# SPDX-License-Identifier: Apache-2.0

"""What a worker remembers in its memory, bounded in number and in size."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar('Key', bound=Hashable)
Value = TypeVar('Value')

_FOREVER = float('inf')


class Cache(Generic[Key, Value]):
    """Values by key, each for its time.

    Any number of threads may use it. What is above a bound makes it forget
    everything: who is remembered is asked for again, and no order is kept.

    :param number: how many values it holds.
    :param size: of how many bytes they are, all together.
    :param clock: returns seconds that only grow.
    """

    def __init__(
        self,
        number: int,
        size: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._number = number
        self._size = size
        self._clock = clock
        self._entries: dict[Key, tuple[Value | None, float, int]] = {}
        self._used = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """Return a value whose time is not over."""
        value, end, _ = self._entries.get(key, (None, 0.0, 0))
        return value if self._clock() < end else None

    def put(
        self, key: Key, value: Value, size: int, seconds: float = _FOREVER
    ) -> None:
        """Remember a value.

        :param size: the bytes of key and value. What alone is above the
            bound is not remembered.
        :param seconds: for how long; if none, it is not remembered.
        """
        with self._lock:
            self._drop(key)
            if size > self._size or seconds <= 0:
                return
            if (
                len(self._entries) >= self._number
                or self._used + size > self._size
            ):
                self._entries.clear()
                self._used = 0
            self._entries[key] = (value, self._clock() + seconds, size)
            self._used += size

    def remove(self, key: Key) -> None:
        """Forget a value, if there is one."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: Key) -> None:
        _, _, size = self._entries.pop(key, (None, 0.0, 0))
        self._used -= size
