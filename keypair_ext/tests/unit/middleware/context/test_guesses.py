# SPDX-License-Identifier: Apache-2.0

"""How much of a worker's time wrong passwords get, and who goes first."""

from keypair_ext import exception
from keypair_ext.middleware.context import guesses
from keypair_ext.tests import base

# Seconds that checking a password takes here.
COST = 0.5


class GuessesTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 1000.0
        self.guesses = guesses.Guesses(lambda: self.now, lambda: self.now)
        self.worked = 0.0
        self.count = 0

    def check(self, credentials: bytes, right: bool = False) -> bool | None:
        """Send a password; None if nobody looks at it."""

        def is_right() -> bool:
            self.now += COST
            self.worked += COST
            return right

        try:
            return self.guesses.check(credentials, is_right)
        except exception.TooManyGuesses:
            return None

    def guess(self, seconds: float) -> None:
        """Send 500 new passwords a second, as fast as they are answered."""
        end = self.now + seconds
        while self.now < end:
            self.count += 1
            self.check(b'%d' % self.count)
            self.now += 0.002

    def test_a_few_wrong_passwords_are_looked_at(self) -> None:
        self.assertEqual([False] * 4, [self.check(b'x') for _ in range(4)])

    def test_many_get_a_quarter_of_the_time(self) -> None:
        began = self.now
        self.guess(200)

        self.assertLess(self.worked, 3.5 + 0.25 * (self.now - began))
        self.assertGreater(self.worked, 0.2 * (self.now - began))

    def test_time_that_passes_lets_others_in_again(self) -> None:
        self.guess(19)
        self.assertIsNone(self.check(b'bob', right=True))
        self.now += 10

        self.assertTrue(self.check(b'bob', right=True))

    def test_right_passwords_take_nothing(self) -> None:
        for number in range(100):
            self.assertTrue(self.check(b'%d' % number, right=True))

    def test_who_comes_back_when_told_gets_in(self) -> None:
        self.guess(19)
        self.assertIsNone(self.check(b'bob', right=True))
        # Too early, which does not make the wait any longer.
        self.guess(0.6)
        self.assertIsNone(self.check(b'bob', right=True))
        self.guess(0.6)

        self.assertTrue(self.check(b'bob', right=True))

    def test_whoever_comes_back_with_a_wrong_one_waits_anew(self) -> None:
        self.guess(19)
        self.check(b'x')
        self.guess(1.1)

        self.assertIs(False, self.check(b'x'))
        self.assertIsNone(self.check(b'x'))

    def test_those_who_come_back_do_not_get_more_than_there_is(self) -> None:
        began = self.now
        for _ in range(100):
            for number in range(20):
                self.check(b'%d' % number)
            self.now += 1

        self.assertLess(self.worked, 3.5 + 0.25 * (self.now - began))

    def test_an_error_counts_as_wrong(self) -> None:
        def broken() -> bool:
            self.now += 10
            raise RuntimeError

        self.assertRaises(RuntimeError, self.guesses.check, b'x', broken)
        self.assertIsNone(self.check(b'y'))

    def test_checks_at_once_do_not_get_more_than_there_is(self) -> None:
        # What a check takes is known from the one before, and put aside.
        self.check(b'x')
        self.now += 100
        begun = 0

        def begin_another() -> bool:
            nonlocal begun
            begun += 1
            self.guesses.check(b'%d' % begun, begin_another)
            return False

        self.assertRaises(
            exception.TooManyGuesses, self.guesses.check, b'', begin_another
        )
        self.assertEqual(4, begun)
