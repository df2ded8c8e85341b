# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""RSA keys made ahead, so that who asks for one need not wait for it.

A key belongs to the process that made it. A server forks its workers from
a process that has loaded the application, and a key that two workers held
would be handed to two users.
"""

import collections
import os
import sys
import threading
import time
import weakref

from cryptography.hazmat.primitives.asymmetric import rsa
from oslo_log import log as logging

from keypair_ext.keytypes.rsa import MakeRSA

LOG = logging.getLogger(__name__)

# How many keys are handed out between two lines about how many were ready.
_REPORT_EVERY = 100

# How long the thread lets alone whoever has just taken a key: making the next
# one at once takes a processor from the request that is still under way.
_HEAD_START_SECONDS = 0.03


class KeyPool:
    """Hands out keys, each once, made ahead by a thread where it can.

    The thread starts with the first key asked for, so never in a process
    that only loads the application and forks.

    :param make: makes a key.
    :param size: how many are kept ready.
    """

    def __init__(self, make: MakeRSA, size: int) -> None:
        self._make = make
        self._size = size
        self._begin()
        _begin_anew_after_fork(self)

    def _begin(self) -> None:
        """Forget all keys and whoever was making them."""
        self._pid = os.getpid()
        self._ready: collections.deque[rsa.RSAPrivateKey] = collections.deque()
        self._changed = threading.Condition()
        self._turn = threading.Lock()
        self._started = False
        self._hits = self._misses = 0

    def take(self) -> rsa.RSAPrivateKey:
        """Return a key that nobody else has or will get."""
        # uWSGI forks without Python's knowing; the hook alone is not enough.
        if os.getpid() != self._pid:
            self._begin()
        with self._changed:
            if not self._started:
                self._start()
            key = self._ready.popleft() if self._ready else None
            self._changed.notify()
            self._count(key is not None)
        return key or self._make_in_turn()

    def _make_in_turn(self) -> rsa.RSAPrivateKey:
        """Make a key, unless one gets ready while others have their turn.

        With every thread of a process making one, whoever only reads waits
        for a processor.
        """
        with self._turn:
            with self._changed:
                if self._ready:
                    return self._ready.popleft()
            return self._make()

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

    def _start(self) -> None:
        self._started = True
        # A daemon: what it holds needs no saving when the process ends.
        threading.Thread(
            target=self._fill,
            args=(self._changed, self._ready),
            name='keypair_ext-key-pool',
            daemon=True,
        ).start()

    def _fill(
        self,
        changed: threading.Condition,
        ready: collections.deque[rsa.RSAPrivateKey],
    ) -> None:
        while True:
            with changed:
                changed.wait_for(lambda: len(ready) < self._size)
                is_urgent = not ready
            if not is_urgent:
                time.sleep(_HEAD_START_SECONDS)
            key = self._make()
            with changed:
                ready.append(key)


def pooled(make: MakeRSA, size: int) -> MakeRSA:
    """Return ``make`` with a pool in front of it, where there may be one.

    :param size: how many keys are kept ready; 0 is no pool.
    """
    if size == 0:
        return make
    if _is_green():
        LOG.info(
            'Threads of this process are green (eventlet or gevent), so RSA '
            'keys are made when asked for, not ahead.'
        )
        return make
    return KeyPool(make, size).take


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
            alive._begin()

    os.register_at_fork(after_in_child=begin_anew)
