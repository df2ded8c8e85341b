# SPDX-License-Identifier: Apache-2.0

"""A bar on a terminal, and lines that do not run into it."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import tqdm

_Item = TypeVar('_Item')


def shown(
    items: Iterable[_Item],
    total: Callable[[], int] | None = None,
    unit: str = ' keys',
    *,
    prints: bool = False,
) -> Iterator[_Item]:
    """Yield the items, and show on a terminal how many have come.

    :param total: tells how many there can be; asked for a bar only.
    :param prints: whether something is printed of each item; the bar would
        mix with that on the same terminal.
    """
    if not sys.stderr.isatty() or (prints and sys.stdout.isatty()):
        yield from items
        return
    number = total() if total else None
    yield from tqdm.tqdm(items, total=number, unit=unit, file=sys.stderr)


def say(sentence: str) -> None:
    """Print a sentence on standard error, above the bar if there is one."""
    tqdm.tqdm.write(sentence, file=sys.stderr)
