# SPDX-License-Identifier: Apache-2.0

"""What is remembered for how long, and how much of it."""

import tracemalloc

from keypair_ext import cache
from keypair_ext.tests import base


class CacheTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 100.0
        self.cache: cache.Cache[str, str] = cache.Cache(
            2, 10, clock=lambda: self.now
        )

    def test_for_its_time(self) -> None:
        self.assertIsNone(self.cache.get('a'))
        self.cache.put('a', '1', size=1, seconds=10)
        self.now = 109.9
        self.assertEqual('1', self.cache.get('a'))
        self.now = 110.0
        self.assertIsNone(self.cache.get('a'))

    def test_for_ever(self) -> None:
        self.cache.put('a', '1', size=1)
        self.now = 1e12
        self.assertEqual('1', self.cache.get('a'))

    def test_for_no_time(self) -> None:
        for seconds in (0, -1):
            with self.subTest(seconds=seconds):
                self.cache.put('a', '1', size=1, seconds=10)
                self.cache.put('a', '2', size=1, seconds=seconds)
                self.assertIsNone(self.cache.get('a'))

    def test_the_last_counts_and_forgets_no_other(self) -> None:
        for key, value in (('a', '1'), ('b', '2'), ('a', '3'), ('a', '4')):
            self.cache.put(key, value, size=5)
        self.assertEqual('4', self.cache.get('a'))
        self.assertEqual('2', self.cache.get('b'))

    def test_no_more_than_its_number(self) -> None:
        for number in range(7):
            self.cache.put(f'{number}', '', size=0)
            kept = [n for n in range(7) if self.cache.get(f'{n}') is not None]
            self.assertLessEqual(len(kept), 2)
            self.assertEqual(number, kept[-1])

    def test_no_more_than_its_size(self) -> None:
        self.cache.put('a', '1', size=6)
        self.cache.put('b', '2', size=5)
        self.assertIsNone(self.cache.get('a'))
        self.assertEqual('2', self.cache.get('b'))
        self.cache.put('c', '3', size=11)
        self.assertIsNone(self.cache.get('c'))
        self.assertEqual('2', self.cache.get('b'))

    def test_what_is_long_does_not_grow_the_process(self) -> None:
        bounded: cache.Cache[str, str] = cache.Cache(1000, 1_000_000)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for number in range(2000):
            key = f'{number}'.rjust(100_000)
            bounded.put(key, key, size=2 * len(key))
        used, _ = tracemalloc.get_traced_memory()
        self.assertLess(used, 2_000_000)
