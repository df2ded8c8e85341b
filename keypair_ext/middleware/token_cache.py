# SPDX-License-Identifier: Apache-2.0

"""Lets keystonemiddleware remember tokens in the worker's memory.

``auth_token`` takes a cache from the environ, where its option ``cache``
names one. What it gets here is bounded, and found without a network.
"""

from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext import cache, conf as config, config_files, environ as env

# Bytes, on average: that of a token is mostly its service catalog.
_SIZE_OF_A_TOKEN = 16 * 1024


class Tokens:
    """What ``auth_token`` wants of a memcached client.

    :param number: how many tokens are remembered.
    """

    def __init__(self, number: int) -> None:
        self._cache: cache.Cache[str, bytes] = cache.Cache(
            number, number * _SIZE_OF_A_TOKEN
        )

    def get(self, key: str) -> bytes | None:
        """Return what is remembered."""
        return self._cache.get(key)

    def set(self, key: str, value: bytes, time: int) -> None:
        """Remember a value for so many seconds."""
        self._cache.put(key, value, len(key) + len(value), time)


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return what hands ``auth_token``, below it, a cache."""
    conf = config_files.from_paste(local_conf)
    config.register_api_opts(conf)

    def mount(app: WSGIApplication) -> WSGIApplication:
        tokens = Tokens(conf.api.token_cache_size)

        def hand_down(
            environ: WSGIEnvironment, start_response: StartResponse
        ) -> Iterable[bytes]:
            environ[env.TOKEN_CACHE] = tokens
            return app(environ, start_response)

        return hand_down

    return mount
