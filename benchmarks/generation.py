# SPDX-License-Identifier: Apache-2.0

"""Generating RSA keys: how many, how fast, and who waits for it."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from benchmarks import pacing, wrk
from benchmarks.comparisons import GENERATING, measure, summary
from benchmarks.servers import Server
from keypair_ext.keytypes import rsa

_PATH: Final = '/v2.1/os-keypairs'
_PER_SECOND: Final = 5
_SHOWN_PER_SECOND: Final = 50
_USERS: Final = 50

Result = dict[str, Any]


def sustained(servers: list[Server], seconds: int, pairs: int) -> Result:
    """Measure keys per second, as many as four clients can ask for.

    ``bare`` is how many one core makes without a server.
    """
    samples: dict[str, list[Any]] = {server.name: [] for server in servers}
    for pair in range(pairs):
        for server in servers:
            samples[server.name].append(
                measure(
                    server,
                    seconds,
                    kind='generate',
                    version=GENERATING,
                    tag=f'sustained{pair}',
                )
            )
    return {**summary(samples), 'bare_per_cpu_second': _bare(seconds)}


def _bare(seconds: int) -> float:
    started = time.process_time()
    made = 0
    while time.process_time() - started < seconds:
        rsa.make_rsa()
        made += 1
    return made / (time.process_time() - started)


def paced(server: Server, seconds: int) -> Result:
    """Measure what a client waits for a key, five times a second."""
    taken = pacing.latencies(
        lambda number: _generate(server, number),
        _PER_SECOND,
        seconds,
    )
    return {'p50_ms': pacing.percentile(taken, 50)}


def beside(server: Server, seconds: int) -> Result:
    """Measure show while four clients generate, and while nobody does."""
    client = pacing.Client(server.url, _headers('reader'))

    def show(number: int) -> None:
        client.call('GET', f'{_PATH}/key-{number % 10}')

    pacing.latencies(show, _SHOWN_PER_SECOND, 2)
    idle = pacing.latencies(show, _SHOWN_PER_SECOND, seconds)
    with _generating(server, seconds + 2):
        busy = pacing.latencies(show, _SHOWN_PER_SECOND, seconds)
    return {
        'idle_p99_ms': pacing.percentile(idle, 99),
        'busy_p99_ms': pacing.percentile(busy, 99),
    }


@contextlib.contextmanager
def _generating(server: Server, seconds: int) -> Iterator[None]:
    errors: list[Exception] = []

    def generate() -> None:
        try:
            wrk.send(
                server.url,
                seconds,
                {
                    **server.identity,
                    'kind': 'generate',
                    'version': GENERATING,
                    'tag': f'beside{time.monotonic_ns()}',
                },
            )
        except wrk.LoadFailed as error:
            errors.append(error)

    thread = threading.Thread(target=generate)
    thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        thread.join()
    if errors:
        raise errors[0]


def _generate(server: Server, number: int) -> None:
    name = f'paced-{time.monotonic_ns()}'
    client = pacing.Client(server.url, _headers(f'paced-{number % _USERS}'))
    body = json.dumps({'keypair': {'name': name}})
    client.call('POST', _PATH, body)


def _headers(user: str) -> dict[str, str]:
    return {
        'Content-Type': 'application/json',
        'OpenStack-API-Version': f'compute {GENERATING}',
        'X-User-Id': user,
        'X-Project-Id': 'aaaa',
        'X-Roles': 'member,reader',
    }
