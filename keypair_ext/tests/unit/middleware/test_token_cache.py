# SPDX-License-Identifier: Apache-2.0

"""The cache of tokens, and the filter that hands it out."""

import tracemalloc

from keypair_ext import environ as env
from keypair_ext.middleware import token_cache
from keypair_ext.tests.unit.middleware import base


class TokenCacheTest(base.TestCase):
    def test_all_requests_get_the_same(self) -> None:
        conf = self.file(b'[api]\ntoken_cache_size = 1\n')
        filter_ = token_cache.filter_factory({}, oslo_config_file=conf)(
            self.below
        )
        for _ in range(2):
            self.assertEqual(200, self.call(filter_).status_int)

        first, second = (
            environ[env.TOKEN_CACHE] for environ in self.below.environs
        )
        self.assertIs(first, second)
        first.set('a', b'1', time=9)
        first.set('b', b'2', time=9)
        self.assertIsNone(first.get('a'))
        self.assertEqual(b'2', first.get('b'))

    def test_large_tokens_do_not_grow_the_process(self) -> None:
        tokens = token_cache.Tokens(10)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for number in range(3000):
            tokens.set(f'tokens/{number}', b'%d' % number * 50_000, time=300)
        used, _ = tracemalloc.get_traced_memory()
        self.assertLess(used, 1_000_000)
