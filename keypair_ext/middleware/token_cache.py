# SPDX-License-Identifier: Apache-2.0

"""Lets keystonemiddleware remember tokens in the worker's memory.

``auth_token`` takes a cache from the environ, where its option ``cache``
names one. What it gets here is bounded, and found without a network: to ask
memcached takes nearly half of what is done with a token.
"""

import functools
import time
from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext import conf as config, environ as env


class TokenCache:
    """A filter that hands ``auth_token``, below it, a cache.

    :param size: how many tokens are remembered.
    """

    def __init__(self, application: WSGIApplication, size: int) -> None:
        self._application = application
        self._cache = Cache(size)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Go on, with the cache in the environ."""
        environ[env.TOKEN_CACHE] = self._cache
        return self._application(environ, start_response)


class Cache:
    """What ``auth_token`` wants of a memcached client.

    It may be used by any number of threads, and be inherited over a fork.

    :param size: how many values are kept; with one more, all are forgotten.
    """

    def __init__(
        self, size: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size = size
        self._clock = clock
        self._kept: dict[str, tuple[bytes, float]] = {}

    def get(self, key: str) -> bytes | None:
        """Return a value whose time is not over."""
        value, end = self._kept.get(key, (None, 0.0))
        return value if self._clock() < end else None

    def set(self, key: str, value: bytes, time: int) -> None:
        """Keep a value.

        :param time: for how many seconds; if none, it is not kept.
        """
        if len(self._kept) >= self._size and key not in self._kept:
            self._kept.clear()
        self._kept[key] = value, self._clock() + time


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[WSGIApplication], TokenCache]:
    """Return what makes the filter of a paste section."""
    conf = config.from_paste(local_conf)
    config.register_api_opts(conf)
    return functools.partial(TokenCache, size=conf.api.token_cache_size)
