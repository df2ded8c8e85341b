# SPDX-License-Identifier: Apache-2.0

"""Load from wrk, which sends as much as its four connections can.

Each request has a connection of its own, as most of OpenStack's clients do
it. A run in which any request fails is no measurement, but an error.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from keypair_ext.tests.functional.servers import process

CONNECTIONS: Final = 4

_PROGRAM: Final = 'wrk'
_SCRIPT: Final = Path(__file__).with_name('requests.lua')


class LoadFailed(Exception):
    """Requests failed, or could not be sent."""


@dataclass(frozen=True)
class Load:
    """What a run saw: how many requests, in how many seconds."""

    requests: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Return the requests per second."""
        return self.requests / self.seconds


def send(
    url: str,
    seconds: float,
    arguments: dict[str, Any],
    connections: int = CONNECTIONS,
) -> Load:
    """Send requests of one kind for some whole seconds.

    :param url: of the server, without a path.
    :param arguments: for requests.lua; ``kind`` is one of them.
    :raises LoadFailed: not all were answered with 2xx.
    """
    program = process.need_program(_PROGRAM, 'wrk')
    argv = [
        str(program),
        '--threads=1',
        f'--connections={connections}',
        f'--duration={round(seconds)}s',
        '--timeout=30s',
        f'--script={_SCRIPT}',
        url,
        '--',
        *(f'{name}={value}' for name, value in arguments.items()),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return parse(done.stdout + done.stderr, arguments['kind'])


def parse(output: str, kind: str) -> Load:
    """Return what wrk has printed, in which the last line is requests.lua's.

    :raises LoadFailed: a request failed, or there was none.
    """
    last = output.strip().rpartition('\n')[2]
    try:
        seen = json.loads(last)
    except ValueError:
        raise LoadFailed(f'{kind}: wrk said {output}') from None
    failed = seen['failed']
    if failed or not seen['requests']:
        raise LoadFailed(
            f'{kind}: {failed} of {seen["requests"]} requests failed'
        )
    return Load(seen['requests'], seen['microseconds'] / 1e6)
