# SPDX-License-Identifier: Apache-2.0

"""RSA keys, made ahead by threads that let requests go first.

A key belongs to the process that made it. A server forks its workers from
a process that has loaded the application, and a key that two workers held
would be handed to two users.
"""

import collections
import contextlib
import os
import queue
import sys
import threading
import weakref
from concurrent import futures

from cryptography.hazmat.primitives.asymmetric import rsa
from oslo_log import log as logging

from keypair_ext.keytypes.rsa import MakeRSA

LOG = logging.getLogger(__name__)

# How many keys are handed out between two lines about how many were ready.
_REPORT_EVERY = 100

# One makes what a request waits for, the other goes on.
_MAKERS = 2

# What nice(1) adds, too. Without it a request that only reads waits for a
# processor until a key is made: ``beside`` in benchmarks/generation.py.
_NICENESS = 10

# How long they let alone whoever has just taken a key that was ready: making
# the next one at once disturbs the request that is still under way.
_HEAD_START_SECONDS = 0.03

_Key = futures.Future[rsa.RSAPrivateKey]


class KeyPool:
    """Hands out keys, each once, made ahead where they can be.

    The threads start with the first key asked for, so never in a process
    that only loads the application and forks.

    :param make: makes a key.
    :param size: how many are kept ready.
    """

    def __init__(self, make: MakeRSA, size: int) -> None:
        self._make = make
        self._size = size
        self._supply = _Supply(make, size)
        _begin_anew_after_fork(self)

    def begin_anew(self) -> '_Supply':
        """Forget all keys and whoever was making them."""
        self._supply = supply = _Supply(self._make, self._size)
        return supply

    def take(self) -> rsa.RSAPrivateKey:
        """Return a key that nobody else has or will get."""
        # Asked here: a server may make them green after it has loaded us.
        if _is_green():
            return self._make()
        supply = self._supply
        # uWSGI forks without Python's knowing; the hook alone is not enough.
        if supply.pid != os.getpid():
            supply = self.begin_anew()
        try:
            key = supply.next()
        except RuntimeError as error:
            LOG.warning('Keys cannot be made ahead: %s', error)
            return self._make()
        # Why making one has failed some time ago is not for this request.
        return self._make() if key.exception() else key.result()


class _Supply:
    """The keys of one process, and the threads that make them."""

    def __init__(self, make: MakeRSA, size: int) -> None:
        self.pid = os.getpid()
        self._make = make
        self._size = size
        self._changed = threading.Condition()
        # The first was ordered first, and is made first.
        self._keys: collections.deque[_Key] = collections.deque()
        self._orders: queue.SimpleQueue[_Key] = queue.SimpleQueue()
        self._makers = 0
        self._hits = self._misses = 0

    def next(self) -> _Key:
        """Return a key that is made or will be, and order another one.

        :raises RuntimeError: there can be no more threads.
        """
        with self._changed:
            while self._makers < _MAKERS:
                self._start_maker()
            while len(self._keys) <= self._size:
                key = _Key()
                # In this order: a server may interrupt a request in between,
                # and nobody is to wait for what was not ordered.
                self._orders.put(key)
                self._keys.append(key)
            key = self._keys.popleft()
            is_ready = key.done()
            self._count(is_ready)
            if not is_ready:
                # It is not ahead any more.
                self._changed.notify_all()
        return key

    def _count(self, hit: bool) -> None:
        self._hits += hit
        self._misses += not hit
        handed_out = self._hits + self._misses
        if handed_out == _REPORT_EVERY:
            LOG.info(
                'Key pool: %(hits)d of the last %(all)d keys were ready. '
                'If few are, raise [keypairs] key_pool_size.',
                {'hits': self._hits, 'all': handed_out},
            )
            self._hits = self._misses = 0

    def _start_maker(self) -> None:
        # A daemon: what it holds needs no saving when the process ends.
        threading.Thread(
            target=self._make_ordered,
            name='keypair_ext-key-pool',
            daemon=True,
        ).start()
        self._makers += 1

    def _make_ordered(self) -> None:
        """Make keys, for ever, without taking a processor from requests."""
        # Elsewhere it would be the whole process that steps back.
        if sys.platform == 'linux':
            with contextlib.suppress(OSError):
                os.nice(_NICENESS)
        while True:
            self._make_one(self._orders.get())

    def _make_one(self, key: _Key) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: not self._is_ahead(key), _HEAD_START_SECONDS
            )
        try:
            key.set_result(self._make())
        except BaseException as error:  # noqa: BLE001 (who takes it, sees)
            key.set_exception(error)

    def _is_ahead(self, key: _Key) -> bool:
        """Say whether a key is not taken yet, and another one is ready."""
        return key in self._keys and self._keys[0].done()


def pooled(make: MakeRSA, size: int) -> MakeRSA:
    """Return ``make`` with a pool in front of it.

    :param size: how many keys are kept ready; 0 is no pool.
    """
    return KeyPool(make, size).take if size else make


def _is_green() -> bool:
    """Say whether a library made this process's threads cooperative."""
    eventlet = sys.modules.get('eventlet.patcher')
    if eventlet is not None and eventlet.is_monkey_patched('thread'):
        return True
    gevent = sys.modules.get('gevent.monkey')
    return gevent is not None and gevent.is_module_patched('threading')


def _begin_anew_after_fork(pool: KeyPool) -> None:
    """Empty the pool in a child, as soon as Python knows of the fork."""
    # A hook cannot be taken back, and must not keep the pool alive.
    reference = weakref.ref(pool)

    def begin_anew() -> None:
        alive = reference()
        if alive is not None:
            alive.begin_anew()

    os.register_at_fork(after_in_child=begin_anew)
