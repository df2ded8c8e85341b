# SPDX-License-Identifier: Apache-2.0

"""Requests at a fixed pace, for what a client waits."""

import http.client
import statistics
import time
import urllib.parse
from collections.abc import Callable, Sequence
from concurrent import futures

from benchmarks import wrk

_WORKERS = 16


class Client:
    """Sends one request again and again, each on its own connection.

    :param url: the server's, without a path.
    :param headers: of each request.
    """

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._netloc = urllib.parse.urlsplit(url).netloc
        self._headers = headers

    def call(self, method: str, path: str, body: str | None = None) -> None:
        """Send a request.

        :raises LoadFailed: it was not answered with 2xx.
        """
        connection = http.client.HTTPConnection(self._netloc, timeout=30)
        try:
            connection.request(method, path, body, self._headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status // 100 != 2:
            raise wrk.LoadFailed(f'{method} {path}: {answer.status} {text!r}')


def latencies(
    call: Callable[[int], None], per_second: float, seconds: float
) -> list[float]:
    """Call at a fixed pace; return how long each took, in milliseconds.

    Counted from when it was to be sent: a call that has to wait for others
    has waited.
    """
    with futures.ThreadPoolExecutor(_WORKERS) as pool:
        return list(
            pool.map(
                _timed(call, time.monotonic() + 0.1, 1 / per_second),
                range(round(per_second * seconds)),
            )
        )


def _timed(
    call: Callable[[int], None], start: float, interval: float
) -> Callable[[int], float]:
    def timed(number: int) -> float:
        due = start + number * interval
        time.sleep(max(0, due - time.monotonic()))
        call(number)
        return (time.monotonic() - due) * 1e3

    return timed


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that this many of a hundred do not exceed."""
    return statistics.quantiles(values, n=100, method='inclusive')[percent - 1]
