# SPDX-License-Identifier: Apache-2.0

"""A filter with which the loading of an application can be held."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from wsgiref.types import WSGIApplication

_HOLD: Final = 'hold'
_HELD: Final = 'held'


def add(paste_file: Path) -> None:
    """Have an application load no further than :class:`Hold` lets it."""
    text = paste_file.read_text()
    head = '[pipeline:root]\npipeline = '
    assert head in text
    paste_file.write_text(
        f'{text.replace(head, f"{head}hold ")}\n[filter:hold]\n'
        f'paste.filter_factory = {__name__}:filter_factory\n'
        f'directory = {paste_file.parent}\n'
    )


class Hold:
    """Holds, until it is released, who loads from a directory."""

    def __init__(self, directory: Path) -> None:
        self._hold = directory / _HOLD
        self._held = directory / _HELD
        self._held.unlink(missing_ok=True)
        self._hold.touch()

    def holds(self) -> bool:
        """Tell whether somebody has come to it."""
        return self._held.exists()

    def release(self) -> None:
        self._hold.unlink(missing_ok=True)


def filter_factory(
    global_conf: dict[str, str], directory: str
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return a filter that does nothing, when it may be loaded."""
    hold = Path(directory, _HOLD)
    while hold.exists():
        Path(directory, _HELD).touch()
        time.sleep(0.05)
    return lambda application: application
