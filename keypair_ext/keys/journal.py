# SPDX-License-Identifier: Apache-2.0

"""What a command has taken away, on disk before it is taken away.

A journal has the lines that ``keys import --restore`` takes.
"""

import datetime
import os
from collections.abc import Iterable
from typing import TextIO

from keypair_ext import exception
from keypair_ext.db.records import Keypair
from keypair_ext.keys import lines


class Journal:
    """A new file of JSON lines, readable by its owner only.

    :raises ConfigurationError: it cannot be made, or is there already.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._stream: TextIO
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            descriptor = os.open(path, flags, 0o600)
            self._stream = open(descriptor, 'w', encoding='utf-8')  # noqa: SIM115 (closed by its owner)
        except OSError as error:
            raise self._refusal(error) from error

    def __enter__(self) -> 'Journal':
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    def write(self, rows: Iterable[Keypair]) -> None:
        """Write rows; they are on disk on return.

        :raises ConfigurationError: they are not; change nothing then.
        """
        try:
            self._stream.writelines(f'{lines.to_line(row)}\n' for row in rows)
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: OSError) -> exception.ConfigurationError:
        return exception.ConfigurationError(
            reason=f'The journal {self.path} cannot be written: '
            f'{error.strerror}. Nothing more is changed; name another file '
            f'with --journal.'
        )


def default_path(command: str) -> str:
    """Return a name that no journal has yet, in the current directory."""
    now = datetime.datetime.now(datetime.UTC)
    return f'keypair-ext-{command}-{now:%Y%m%dT%H%M%S.%fZ}.jsonl'
