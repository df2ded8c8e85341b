# SPDX-License-Identifier: Apache-2.0

"""What is remembered of a password, where and for how long."""

import os

import fixtures

from keypair_ext.middleware.context import htpasswd, password_cache
from keypair_ext.tests.unit.middleware import base


class PasswordCacheTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 1000.0
        self.users = htpasswd.Users(None, {})
        self.memory = password_cache.PasswordCache(60, lambda: self.now)

    def test_knows_what_it_kept(self) -> None:
        self.memory.keep(self.users, b'alice', b'one')

        self.assertTrue(self.memory.knows(self.users, b'alice', b'one'))
        self.assertFalse(self.memory.knows(self.users, b'alice', b'two'))
        self.assertFalse(self.memory.knows(self.users, b'alice', b''))
        self.assertFalse(self.memory.knows(self.users, b'bob', b'one'))

    def test_knows_nobody_at_first(self) -> None:
        self.assertFalse(self.memory.knows(self.users, b'alice', b'one'))

    def test_forgets_with_time(self) -> None:
        self.memory.keep(self.users, b'alice', b'one')

        self.now += 59.9
        self.assertTrue(self.memory.knows(self.users, b'alice', b'one'))
        self.now += 0.1
        self.assertFalse(self.memory.knows(self.users, b'alice', b'one'))

    def test_use_does_not_prolong(self) -> None:
        self.memory.keep(self.users, b'alice', b'one')
        self.now += 59
        self.memory.knows(self.users, b'alice', b'one')
        self.now += 59

        self.assertFalse(self.memory.knows(self.users, b'alice', b'one'))

    def test_zero_seconds_keep_nothing(self) -> None:
        memory = password_cache.PasswordCache(0, lambda: self.now)
        memory.keep(self.users, b'alice', b'one')

        self.assertFalse(memory.knows(self.users, b'alice', b'one'))

    def test_forgets_when_the_file_changes(self) -> None:
        self.memory.keep(self.users, b'alice', b'one')
        users = htpasswd.Users(None, {})

        self.assertFalse(self.memory.knows(users, b'alice', b'one'))
        self.assertFalse(self.memory.knows(self.users, b'alice', b'one'))

    def test_late_answer_about_the_old_file_is_not_kept(self) -> None:
        users = htpasswd.Users(None, {})
        self.memory.knows(users, b'alice', b'one')

        self.memory.keep(self.users, b'alice', b'one')

        self.assertFalse(self.memory.knows(users, b'alice', b'one'))

    def test_forgets_in_another_process(self) -> None:
        self.memory.keep(self.users, b'alice', b'one')
        parent = self.digests()

        with fixtures.MonkeyPatch('os.getpid', lambda: -1):
            self.assertFalse(self.memory.knows(self.users, b'alice', b'one'))
            self.memory.keep(self.users, b'alice', b'one')
            self.assertNotEqual(parent, self.digests())

    def test_forgets_in_a_real_fork(self) -> None:
        self.memory.keep(self.users, b'alice', b'one')

        child = os.fork()
        if not child:
            known = self.memory.knows(self.users, b'alice', b'one')
            os._exit(int(known))

        _, status = os.waitpid(child, 0)
        self.assertEqual(0, os.waitstatus_to_exitcode(status))
        self.assertTrue(self.memory.knows(self.users, b'alice', b'one'))

    def test_one_digest_per_user_and_no_password(self) -> None:
        for password in (b'one', b'two', b'three'):
            self.memory.keep(self.users, b'alice', password)

        (digest,) = self.digests()
        self.assertEqual(32, len(digest))
        self.assertTrue(self.memory.knows(self.users, b'alice', b'three'))

    def test_keys_differ(self) -> None:
        self.memory.keep(self.users, b'alice', b'one')
        self.memory.keep(self.users, b'bob', b'one')
        same_key = set(self.digests())
        other = password_cache.PasswordCache(60, lambda: self.now)
        other.keep(self.users, b'alice', b'one')

        self.assertEqual(1, len(same_key))
        self.assertTrue(same_key.isdisjoint(self.digests(other)))

    def digests(
        self, memory: password_cache.PasswordCache | None = None
    ) -> list[bytes]:
        notes = (memory or self.memory)._notes
        assert notes is not None
        return [digest for digest, _ in notes.digests.values()]
