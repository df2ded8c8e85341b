# SPDX-License-Identifier: Apache-2.0

"""Who is so far from the quota that nobody has to count.

To count takes 0.13 ms per thousand keys: nothing for the usual quota of 100,
but as long as the rest of an import for a user with ten thousand keys.

Ids ascend, and none is given twice. So since a user's keys were counted,
there cannot be more new ones than there are ids between the newest then and
the newest now. That leaves out what was under way at the moment of the count:
a key that had its id already and came later, or a deletion that was taken
back. Each connection to the database can have one of them. The reserve is
for them.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

# More than there are connections to a database.
RESERVE = 1000

# How long a count is believed: a database that was restored from a copy
# gives ids once more.
BELIEVED_SECONDS = 60.0

_MOST_REMEMBERED = 4096


class _Count(NamedTuple):
    keys: int
    newest_id: int
    until: float


class Headroom:
    """Remembers how many keys users had.

    It may be used by any number of threads, and be inherited over a fork.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[str, _Count] = {}

    def suffices(self, user_id: str, newest_id: int, limit: int) -> bool:
        """Say whether a user has certainly not more than ``limit`` keys.

        :param newest_id: of the key that this is asked for.
        """
        count = self._known(user_id, newest_id)
        if count is None:
            return False
        since = newest_id - count.newest_id
        return count.keys + since + RESERVE <= limit

    def is_worth_a_count(
        self, user_id: str, newest_id: int, limit: int
    ) -> bool:
        """Say whether a count could help, as far as one can tell."""
        if limit <= RESERVE:
            return False
        count = self._known(user_id, newest_id)
        return count is None or count.keys + RESERVE <= limit

    def remember(self, user_id: str, newest_id: int, keys: int) -> None:
        """Keep what was counted, together with ``newest_id``'s own row."""
        if len(self._counts) >= _MOST_REMEMBERED:
            self._counts.clear()
        until = self._clock() + BELIEVED_SECONDS
        self._counts[user_id] = _Count(keys, newest_id, until)

    def _known(self, user_id: str, newest_id: int) -> _Count | None:
        """Return what was counted, if it still says something."""
        count = self._counts.get(user_id)
        if (
            count is None
            or newest_id < count.newest_id
            or self._clock() >= count.until
        ):
            return None
        return count
