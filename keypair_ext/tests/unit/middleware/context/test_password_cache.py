# SPDX-License-Identifier: Apache-2.0

"""What is remembered of a password, where and since when."""

import os

from keypair_ext.middleware.context import htpasswd, password_cache
from keypair_ext.tests.unit.middleware import base


class PasswordCacheTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 1000.0
        self.users = htpasswd.Users(None, {})
        self.cache = password_cache.PasswordCache(lambda: self.now)
        self.cache.put(self.users, b'alice', b'one')

    def age(
        self, user: bytes = b'alice', password: bytes = b'one'
    ) -> float | None:
        return self.cache.age(self.users, user, password)

    def test_the_last_password_of_a_user(self) -> None:
        self.cache.put(self.users, b'alice', b'two')

        self.assertIsNone(self.age())
        self.assertEqual(0, self.age(password=b'two'))

    def test_forgets_when_the_file_changes(self) -> None:
        before, self.users = self.users, htpasswd.Users(None, {})

        self.assertIsNone(self.age())
        self.assertIsNone(self.cache.age(before, b'alice', b'one'))

    def test_late_answer_about_the_old_file_is_not_kept(self) -> None:
        before, self.users = self.users, htpasswd.Users(None, {})
        self.age()

        self.cache.put(before, b'alice', b'one')

        self.assertIsNone(self.age())

    def test_forgets_in_a_real_fork(self) -> None:
        child = os.fork()
        if not child:
            os._exit(int(self.age() is not None))

        _, status = os.waitpid(child, 0)
        self.assertEqual(0, os.waitstatus_to_exitcode(status))
        self.assertEqual(0, self.age())

    def test_no_password_is_in_it(self) -> None:
        self.cache.put(self.users, b'alice', b'open sesame')

        self.assertNotIn('open sesame', repr(vars(self.cache._found)))
