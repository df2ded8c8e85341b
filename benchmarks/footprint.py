# SPDX-License-Identifier: Apache-2.0

"""What a worker takes: memory, and time until its first answer."""

import tempfile
import time
import timeit
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from benchmarks import accounting, pacing
from benchmarks.comparisons import IMPORT_ONLY
from benchmarks.servers import Server
from keypair_ext import deploy
from keypair_ext.tests.functional.servers import ini

_HEADERS: Final = {
    'OpenStack-API-Version': f'compute {IMPORT_ONLY}',
    'X-User-Id': 'reader',
    'X-Project-Id': 'aaaa',
    'X-Roles': 'member,reader',
}
_CALLS: Final = 100_000


def resident_megabytes(server: Server) -> float:
    """Return the memory of a server's largest process."""
    return accounting.largest_resident(server.group) / 1e6


def start_seconds(server: Server, times: int) -> float:
    """Restart a server; return the shortest time until it showed a key."""
    return min(_start_seconds(server) for _ in range(times))


def _start_seconds(server: Server) -> float:
    server.daemon.stop()
    started = time.monotonic()
    server.daemon.start()
    pacing.Client(server.url, _HEADERS).call('GET', '/v2.1/os-keypairs/key-0')
    return time.monotonic() - started


def passing_microseconds() -> float:
    """Return what a request that is not ours pays for the filter."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, 'nova.conf')
        connection = f'sqlite:///{directory}/nova.sqlite'
        ini.write(path, {'api_database': {'connection': connection}})
        mounted = deploy.Composition().mounted_in_nova(
            _nothing, {'oslo_config_file': str(path)}
        )
    environ = {
        'REQUEST_METHOD': 'GET',
        'PATH_INFO': '/0123456789abcdef0123456789abcdef/servers/detail',
    }
    return _microseconds(mounted, environ) - _microseconds(_nothing, environ)


def _nothing(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    return []


def _microseconds(
    application: Callable[..., Any], environ: dict[str, Any]
) -> float:
    timer = timeit.Timer(lambda: application(environ, _nothing))
    return min(timer.repeat(5, _CALLS)) / _CALLS * 1e6
