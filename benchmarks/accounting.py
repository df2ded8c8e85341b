# SPDX-License-Identifier: Apache-2.0

"""What a server's processes have used, as the kernel accounts for it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf('SC_CLK_TCK')
_PAGE: Final = os.sysconf('SC_PAGE_SIZE')

# Of /proc/PID/stat, counted behind the name, which may hold anything.
_GROUP, _USER, _SYSTEM, _RESIDENT = 2, 11, 12, 21


def cpu_seconds(group: int) -> float:
    """Return the CPU time of a process group, user's and kernel's."""
    return sum(
        (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS
        for fields in _stats(group)
    )


def largest_resident(group: int) -> int:
    """Return the resident bytes of a process group's largest process."""
    return max(int(fields[_RESIDENT]) * _PAGE for fields in _stats(group))


def _stats(group: int) -> Iterator[list[str]]:
    for path in Path('/proc').glob('[0-9]*/stat'):
        try:
            text = path.read_text()
        except OSError:
            continue
        fields = text.rpartition(')')[2].split()
        if int(fields[_GROUP]) == group:
            yield fields
