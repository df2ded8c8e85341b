# SPDX-License-Identifier: Apache-2.0

"""Who is certainly far from the quota, and for how long."""

from keypair_ext.db import headroom
from keypair_ext.tests import base

LIMIT = 20_000


class HeadroomTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 100.0
        self.headroom = headroom.Headroom(clock=lambda: self.now)

    def suffices(self, newest_id: int, limit: int = LIMIT) -> bool:
        return self.headroom.suffices('alice', newest_id, limit)

    def is_worth_a_count(self, newest_id: int, limit: int = LIMIT) -> bool:
        return self.headroom.is_worth_a_count('alice', newest_id, limit)

    def test_nothing_is_known(self) -> None:
        self.headroom.remember('bob', 500, 10)
        self.assertFalse(self.suffices(500))
        self.assertTrue(self.is_worth_a_count(500))

    def test_usual_limits_are_always_counted(self) -> None:
        for limit in (0, 1, 100, headroom.RESERVE):
            self.assertFalse(self.is_worth_a_count(500, limit))
        self.headroom.remember('alice', 500, 1)
        self.assertFalse(self.suffices(501, headroom.RESERVE))

    def test_any_new_id_may_be_the_users(self) -> None:
        self.headroom.remember('alice', 500, 10_000)
        last = 500 + LIMIT - headroom.RESERVE - 10_000
        self.assertTrue(self.suffices(500))
        self.assertTrue(self.suffices(last))
        self.assertFalse(self.suffices(last + 1))
        # The new ones may have been others'.
        self.assertTrue(self.is_worth_a_count(last + 1))

    def test_close_to_the_limit(self) -> None:
        self.headroom.remember('alice', 500, LIMIT - headroom.RESERVE + 1)
        self.assertFalse(self.suffices(501))
        self.assertFalse(self.is_worth_a_count(501))
        self.assertTrue(self.suffices(501, LIMIT + 1000))

    def test_a_lower_id_than_was_counted(self) -> None:
        self.headroom.remember('alice', 500, 10)
        self.assertFalse(self.suffices(499))
        self.assertTrue(self.is_worth_a_count(499))

    def test_for_its_time(self) -> None:
        self.headroom.remember('alice', 500, 10)
        self.now += headroom.BELIEVED_SECONDS - 0.1
        self.assertTrue(self.suffices(501))
        self.now += 0.1
        self.assertFalse(self.suffices(501))
        self.assertTrue(self.is_worth_a_count(501))

    def test_does_not_grow_with_users(self) -> None:
        for number in range(10_000):
            self.headroom.remember(f'user{number}', number, 1)
        self.assertLess(len(self.headroom._counts), 5_000)
        self.assertTrue(self.headroom.suffices('user9999', 10_000, LIMIT))
