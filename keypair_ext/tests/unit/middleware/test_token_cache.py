# SPDX-License-Identifier: Apache-2.0

"""The cache of tokens, and the filter that hands it out."""

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


class CacheTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 100.0
        self.cache = token_cache.Cache(2, clock=lambda: self.now)

    def test_for_its_time(self) -> None:
        self.assertIsNone(self.cache.get('a'))
        self.cache.set('a', b'1', time=10)
        self.now = 109.9
        self.assertEqual(b'1', self.cache.get('a'))
        self.now = 110.0
        self.assertIsNone(self.cache.get('a'))

    def test_the_last_counts(self) -> None:
        self.cache.set('a', b'1', time=10)
        self.cache.set('a', b'2', time=20)
        self.now = 115.0
        self.assertEqual(b'2', self.cache.get('a'))

    def test_a_value_again_forgets_no_other(self) -> None:
        for key in ('a', 'b', 'a'):
            self.cache.set(key, key.encode(), time=10)
        self.assertEqual(b'b', self.cache.get('b'))

    def test_no_time(self) -> None:
        for time in (0, -1):
            with self.subTest(time=time):
                self.cache.set('a', b'1', time=10)
                self.cache.set('a', b'2', time=time)
                self.assertIsNone(self.cache.get('a'))

    def test_no_more_than_its_size(self) -> None:
        for number in range(7):
            self.cache.set(f'{number}', b'', time=10)
            kept = [n for n in range(7) if self.cache.get(f'{n}') is not None]
            self.assertLessEqual(len(kept), 2)
            self.assertEqual(number, kept[-1])
