# SPDX-License-Identifier: Apache-2.0

"""A service whose passwords are being guessed, seen by those who have one."""

import base64
import itertools
import statistics
import threading
import time
from collections.abc import Iterator

import bcrypt

from keypair_ext.tests import base
from keypair_ext.tests.functional import service_cases
from keypair_ext.tests.functional.servers import gunicorn, process, rest

# Checking it takes some 0.2 seconds.
_ROUNDS = 12
_CONNECTIONS = 8


class GuessingTest(base.TestCase):
    """Eight connections send wrong passwords, each for a new user.

    The worker has one thread.
    """

    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        super().setUp()
        home = self.useFixture(process.Directory('service'))
        users = home.path / 'htpasswd'
        self.crypted = bcrypt.hashpw(b'right', bcrypt.gensalt(_ROUNDS))
        users.write_bytes(b'alice:%b\nbob:%b\n' % (self.crypted, self.crypted))
        api = {'auth_strategy': 'http_basic', 'http_basic_user_file': users}
        service_cases.prepare(home.path, {'api': api})
        self.server = self.useFixture(
            gunicorn.Gunicorn(home.path, options=self.options)
        )

    def ask(self, user: str, password: str) -> int:
        """Return the status that a request of a user gets."""
        code = base64.b64encode(f'{user}:{password}'.encode()).decode()
        url = f'{self.server.url}/v2.1/os-keypairs'
        headers = {'Authorization': f'Basic {code}'}
        return rest.call('GET', url, headers=headers).status

    def guess(self) -> None:
        """Have passwords guessed until the test is over."""
        over = threading.Event()
        numbers: Iterator[int] = itertools.count()

        def send() -> None:
            while not over.is_set():
                self.assertIn(self.ask(f'u{next(numbers)}', 'x'), (401, 503))

        threads = [threading.Thread(target=send) for _ in range(_CONNECTIONS)]
        for thread in threads:
            thread.start()
            self.addCleanup(thread.join)
        self.addCleanup(over.set)
        # The burst that there may be.
        time.sleep(3)

    def test_others_are_served(self) -> None:
        self.assertEqual(200, self.ask('alice', 'right'))
        self.guess()

        # Behind the guesses of others she would wait for eight checks.
        taken, checks, costs = [], [], []
        for _ in range(11):
            began = time.monotonic()
            self.assertEqual(200, self.ask('alice', 'right'))
            answered, worked = time.monotonic(), time.thread_time()
            bcrypt.checkpw(b'x', self.crypted)
            costs.append(time.thread_time() - worked)
            taken.append(answered - began)
            checks.append(time.monotonic() - answered)
        if statistics.median(checks) > 3 * statistics.median(costs):
            # Guesses may have a quarter, which is nearly all there is.
            self.skipTest('a process gets less than a third of a processor')
        self.assertLess(
            statistics.median(taken), 4 * statistics.median(checks)
        )

        # A first login, by a client that heeds Retry-After.
        until = time.monotonic() + 60
        while (status := self.ask('bob', 'right')) != 200:
            self.assertEqual(503, status)
            self.assertLess(time.monotonic(), until)
            time.sleep(1)


class GuessingThreadsTest(GuessingTest):
    """With a worker of four threads."""

    options = ('--threads', '4')
