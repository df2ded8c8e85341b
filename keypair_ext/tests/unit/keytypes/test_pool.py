# SPDX-License-Identifier: Apache-2.0

"""The key pool: no key twice, whatever forks, and no thread too early."""

import collections
import itertools
import json
import os
import sys
import threading
import time
import types
import warnings
from typing import Any, ClassVar
from unittest import mock

from keypair_ext.keytypes import pool
from keypair_ext.tests import base


class Counter:
    """Makes numbers in the place of keys, each with the maker's process."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self) -> Any:
        return os.getpid(), next(self._numbers)


def made_ahead(keys: pool.KeyPool) -> list[Any]:
    """Return the keys that are kept ready, when all of them are."""
    return [key.result(10) for key in keys._supply._keys]


class KeyPoolTest(base.TestCase):
    def test_nothing_is_made_before_the_first_is_asked_for(self) -> None:
        made = []
        before = threading.active_count()
        pool.KeyPool(lambda: made.append(1), 4)  # type: ignore[arg-type,return-value]
        self.assertEqual([], made)
        self.assertEqual(before, threading.active_count())

    def test_keys_are_made_ahead(self) -> None:
        keys = pool.KeyPool(Counter(), 3)
        for _ in range(2):
            keys.take()
            self.assertEqual(3, len(made_ahead(keys)))

    def test_threads_do_not_all_make_keys_at_once(self) -> None:
        at_once: list[int] = []
        making = threading.Semaphore(0)

        def make() -> Any:
            making.release()
            time.sleep(0.02)
            at_once.append(making._value)
            making.acquire()
            return next(numbers)

        numbers = itertools.count()
        keys = pool.KeyPool(make, 1)
        taken: collections.deque[Any] = collections.deque()
        threads = [
            threading.Thread(target=lambda: taken.append(keys.take()))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(8, len(set(taken)))
        self.assertLessEqual(max(at_once), 2)

    def test_who_makes_keys_lets_others_go_first(self) -> None:
        if sys.platform != 'linux':
            self.skipTest('Elsewhere niceness is of whole processes.')

        def make() -> Any:
            thread = threading.get_native_id()
            return os.getpriority(os.PRIO_PROCESS, thread)

        own = os.getpriority(os.PRIO_PROCESS, 0)
        self.assertEqual(min(own + 10, 19), pool.KeyPool(make, 1).take())
        self.assertEqual(own, os.getpriority(os.PRIO_PROCESS, 0))

    def test_a_burst_does_not_wait_for_the_head_start(self) -> None:
        with mock.patch.object(pool, '_HEAD_START_SECONDS', 60):
            keys = pool.KeyPool(Counter(), 1)
            started = time.monotonic()
            taken = [keys.take() for _ in range(20)]
        self.assertLess(time.monotonic() - started, 30)
        self.assertEqual(20, len(set(taken)))

    def test_a_key_ahead_leaves_a_head_start(self) -> None:
        with (
            mock.patch.object(pool, '_HEAD_START_SECONDS', 0.2),
            mock.patch.object(pool, '_MAKERS', 0),
        ):
            supply = pool._Supply(Counter(), 2)
            supply.next()
            orders = [supply._orders.get() for _ in range(3)]
            for key in orders[:2]:
                supply._make_one(key)
            started = time.monotonic()
            supply._make_one(orders[2])
        self.assertGreaterEqual(time.monotonic() - started, 0.19)

    def test_an_error_is_told_to_whoever_meets_it(self) -> None:
        make = mock.Mock(side_effect=[ValueError('no'), ValueError('never')])
        keys = pool.KeyPool(make, 0)
        self.assertRaisesRegex(ValueError, 'never', keys.take)

    def test_an_error_of_some_time_ago_is_told_to_nobody(self) -> None:
        make = mock.Mock(side_effect=[1, ValueError('no'), 3, 4])
        with mock.patch.object(pool, '_MAKERS', 1):
            keys = pool.KeyPool(make, 1)
            self.assertEqual(1, keys.take())
            keys._supply._keys[0].exception(10)
            self.assertIn(keys.take(), (3, 4))

    def test_keys_are_made_where_no_thread_can_be_started(self) -> None:
        keys = pool.KeyPool(Counter(), 2)
        with (
            mock.patch.object(
                threading.Thread, 'start', side_effect=RuntimeError('full')
            ),
            self.assertLogs(pool.LOG.logger, 'WARNING') as logs,
        ):
            first = keys.take()
        self.assertIn('full', logs.output[0])
        taken = {first, *(keys.take() for _ in range(5))}
        self.assertEqual(6, len(taken))

    def test_no_key_twice_with_many_threads(self) -> None:
        keys = pool.KeyPool(Counter(), 5)
        taken: collections.deque[Any] = collections.deque()

        def take_many() -> None:
            for _ in range(500):
                taken.append(keys.take())

        threads = [threading.Thread(target=take_many) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(4000, len(set(taken)))

    def test_forked_children_share_nothing(self) -> None:
        # 10,000 keys over five processes, from a pool that was full.
        keys = pool.KeyPool(Counter(), 50)
        keys.take()
        self.assertEqual(50, len(made_ahead(keys)))
        children = [self._fork_and_take(keys, 2000) for _ in range(4)]
        taken: list[Any] = [keys.take() for _ in range(2000)]
        for pid, reader in children:
            with os.fdopen(reader) as stream:
                taken += json.load(stream)
            self.assertEqual(0, os.waitpid(pid, 0)[1])
        self.assertEqual(10000, len(taken))
        self.assertEqual(10000, len({tuple(key) for key in taken}))

    def _fork_and_take(
        self, keys: pool.KeyPool, count: int
    ) -> tuple[int, int]:
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of what is tested here: forking with threads.
            warnings.simplefilter('ignore', DeprecationWarning)
            pid = os.fork()
        if pid:
            os.close(writer)
            return pid, reader
        status = 1
        try:
            taken: list[Any] = [keys.take() for _ in range(count)]
            # Each was made here: none came along from the parent.
            ours = all(key[0] == os.getpid() for key in taken)
            with os.fdopen(writer, 'w') as stream:
                json.dump(taken, stream)
            status = 0 if ours else 2
        finally:
            os._exit(status)

    def test_a_fork_that_python_does_not_see(self) -> None:
        keys = pool.KeyPool(Counter(), 2)
        first = keys.take()
        waiting = {*made_ahead(keys)}
        with mock.patch.object(os, 'getpid', return_value=-1):
            taken = keys.take()
        self.assertNotIn(taken, waiting | {first})
        self.assertEqual(-1, keys._supply.pid)

    def test_says_how_many_were_ready(self) -> None:
        keys = pool.KeyPool(Counter(), 1)
        with self.assertLogs(pool.LOG.logger, 'INFO') as logs:
            for _ in range(100):
                keys.take()
        self.assertEqual(1, len(logs.output))
        self.assertIn('of the last 100 keys were ready', logs.output[0])


class PooledTest(base.TestCase):
    def test_size_zero_is_no_pool(self) -> None:
        make = Counter()
        self.assertIs(make, pool.pooled(make, 0))

    def test_a_pool(self) -> None:
        make = pool.pooled(Counter(), 1)
        # The two threads have begun one each.
        self.assertIn(make(), [(os.getpid(), 1), (os.getpid(), 2)])

    GREEN: ClassVar = {
        'eventlet.patcher': types.SimpleNamespace(
            is_monkey_patched=lambda name: name == 'thread'
        ),
        'gevent.monkey': types.SimpleNamespace(
            is_module_patched=lambda name: name == 'threading'
        ),
    }

    def test_no_thread_where_threads_are_green(self) -> None:
        for name, module in self.GREEN.items():
            keys = pool.KeyPool(Counter(), 4)
            threads = threading.active_count()
            with mock.patch.dict(sys.modules, {name: module}):
                self.assertEqual((os.getpid(), 1), keys.take())
            self.assertEqual(threads, threading.active_count())
