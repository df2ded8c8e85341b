# SPDX-License-Identifier: Apache-2.0

"""Reading password files, and checking passwords against them."""

import os
import pathlib

import bcrypt
import fixtures

from keypair_ext import exception
from keypair_ext.middleware.context import htpasswd
from keypair_ext.tests.unit.middleware import base


def entry(user: bytes, password: bytes, rounds: int = 4) -> bytes:
    return user + b':' + bcrypt.hashpw(password, bcrypt.gensalt(rounds))


class PasswordFileTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def write(self, path: str, *lines: bytes) -> None:
        pathlib.Path(path).write_bytes(b'\n'.join(lines))

    def load(self, *lines: bytes) -> htpasswd.PasswordFile:
        self.path = self.file(b'\n'.join(lines))
        return htpasswd.PasswordFile(self.path)

    def load_error(self, *lines: bytes) -> str:
        error = self.assertRaises(
            exception.ConfigurationError, self.load, *lines
        )
        return str(error).replace(self.path_of(error), 'FILE')

    def path_of(self, error: Exception) -> str:
        return next(
            word.rstrip(',')
            for word in str(error).split()
            if word.startswith('/')
        )

    def test_users(self) -> None:
        users = self.load(entry(b'alice', b'one'), entry(b'bob', b'two'))

        self.assertTrue(users.users().verify(b'alice', b'one'))
        self.assertTrue(users.users().verify(b'bob', b'two'))
        self.assertFalse(users.users().verify(b'alice', b'two'))
        self.assertFalse(users.users().verify(b'carol', b'one'))

    def test_every_bcrypt_prefix(self) -> None:
        line = entry(b'alice', b'one')
        for prefix in (b'$2a$', b'$2b$', b'$2y$'):
            with self.subTest(prefix=prefix):
                users = self.load(line.replace(b'$2b$', prefix)).users()
                self.assertTrue(users.verify(b'alice', b'one'))

    def test_blank_lines_comments_and_line_ends(self) -> None:
        alice, bob = entry(b'alice', b'one'), entry(b'bob', b'two')

        users = self.load(b'# people', b'', b'  ', alice + b'\r', bob).users()

        self.assertTrue(users.verify(b'alice', b'one'))
        self.assertTrue(users.verify(b'bob', b'two'))

    def test_empty_file(self) -> None:
        self.assertFalse(self.load().users().verify(b'alice', b''))

    def test_missing_file(self) -> None:
        self.assertEqual(
            'The password file /nowhere/htpasswd cannot be read: No such '
            'file or directory. Make it with "htpasswd -B", or name another '
            'in [api] http_basic_user_file.',
            self.mistake(htpasswd.PasswordFile, '/nowhere/htpasswd'),
        )

    def test_file_that_cannot_be_read(self) -> None:
        directory = self.useFixture(fixtures.TempDir()).path

        self.assertIn(
            'Is a directory', self.mistake(htpasswd.PasswordFile, directory)
        )

    def test_hash_that_is_not_bcrypt(self) -> None:
        good = entry(b'x', b'y').partition(b':')[2]
        for crypted in (
            b'',
            b'one',
            b'$apr1$AbCdEfGh$0123456789012345678901',
            b'{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
            good.replace(b'$2b$', b'$2x$'),
            good.replace(b'$04$', b'$03$'),
            good.replace(b'$04$', b'$32$'),
            good[:-1],
            good + b'.',
            good + b':extra',
            good[:28] + b'z' + good[29:],
        ):
            with self.subTest(crypted=crypted):
                self.assertEqual(
                    'Password file FILE, line 2: the password is not a bcrypt '
                    'hash as "htpasswd -B" makes it ($2y$, $2b$ or $2a$).',
                    self.load_error(entry(b'a', b'b'), b'alice:' + crypted),
                )

    def test_every_accepted_salt_is_one_that_bcrypt_takes(self) -> None:
        for last in b'.Oeu':
            salt = b'$2b$04$' + b'.' * 21 + bytes([last])
            with self.subTest(salt=salt):
                users = self.load(b'alice:' + salt + b'.' * 31).users()
                self.assertFalse(users.verify(b'alice', b'one'))

    def test_other_faults(self) -> None:
        good = entry(b'alice', b'one')
        for line, fault in (
            (b':' + good, 'there is no user name'),
            (b'\xff' + good, 'the user name is not UTF-8'),
            (
                b'\xef\xbb\xbf' + good,
                'a byte order mark comes before the user name',
            ),
            (good, 'the user has a line already'),
        ):
            with self.subTest(line=line):
                self.assertEqual(
                    f'Password file FILE, line 2: {fault}.',
                    self.load_error(good, line),
                )

    def test_changed_file(self) -> None:
        file = self.load(entry(b'alice', b'one'))
        before = file.users()
        self.write(self.path, entry(b'bob', b'two'), entry(b'c', b'three'))

        users = file.users()

        self.assertIsNot(before, users)
        self.assertIs(users, file.users())
        self.assertFalse(users.verify(b'alice', b'one'))
        self.assertTrue(users.verify(b'bob', b'two'))
        self.assertIn('Read 2 users', self.log.output)

    def test_replaced_file_of_the_same_age_and_size(self) -> None:
        file = self.load(entry(b'alice', b'one'))
        file.users()
        old = os.stat(self.path)
        new = self.file(entry(b'alice', b'two'))
        os.utime(new, ns=(old.st_atime_ns, old.st_mtime_ns))
        os.replace(new, self.path)

        self.assertFalse(file.users().verify(b'alice', b'one'))
        self.assertTrue(file.users().verify(b'alice', b'two'))

    def test_late_answer_about_the_old_file_is_not_kept(self) -> None:
        line = entry(b'alice', b'one')
        file = self.load(line)
        before = file.users()
        self.write(self.path, line, b'')
        users = file.users()

        self.assertTrue(before.verify(b'alice', b'one'))

        self.assertIsNone(users.age(b'alice', b'one'))

    def test_changed_file_with_a_broken_line(self) -> None:
        alice, bob, carol = (
            entry(name, b'one') for name in (b'alice', b'bob', b'carol')
        )
        file = self.load(alice, bob, carol)
        self.write(self.path, alice, b'bob:secret')

        users = file.users()

        self.assertTrue(users.verify(b'alice', b'one'))
        self.assertFalse(users.verify(b'bob', b'one'))
        self.assertFalse(users.verify(b'carol', b'one'))
        self.assertIn('line 2: the password is not', self.log.output)
        self.assertNotIn('secret', self.log.output)

    def test_removed_file_refuses_everybody_until_it_is_back(self) -> None:
        line = entry(b'alice', b'one')
        file = self.load(line)
        os.unlink(self.path)

        self.assertFalse(file.users().verify(b'alice', b'one'))
        self.assertIs(file.users(), file.users())
        self.assertEqual(1, self.log.output.count('all users are refused'))

        self.write(self.path, line)
        self.assertTrue(file.users().verify(b'alice', b'one'))


class VerifyTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        # In units of the cheapest hash there is. A cost of one more is twice
        # the work.
        self.work = 0
        check = bcrypt.checkpw

        def counting(password: bytes, crypted: bytes) -> bool:
            self.work += 2 ** (int(crypted[4:6]) - 4)
            return check(password, crypted)

        self.useFixture(fixtures.MonkeyPatch('bcrypt.checkpw', counting))

    def make_users(self, *costs: int) -> htpasswd.Users:
        """Return users named a, b, c with these costs, and such passwords."""
        names = (b'%c' % letter for letter in b'abc')
        lines = [
            entry(name, name, cost)
            for name, cost in zip(names, costs, strict=False)
        ]
        path = self.file(b'\n'.join(lines))
        return htpasswd.PasswordFile(path).users()

    def test_every_refusal_is_as_much_work(self) -> None:
        for costs, work in (
            ((4, 7, 5), 8),
            ((4, 4, 4), 1),
            ((7,), 8),
            ((), 1),
        ):
            users = self.make_users(*costs)
            for user, password in (
                (b'a', b'x'),
                (b'b', b'a'),
                (b'c', b''),
                (b'a', b'a\0'),
                (b'b', b'b' * 1000),
                (b'nobody', b'a'),
                (b'nobody', b'a\0'),
                (b'nobody', b'x' * 1000),
                (b'', b''),
                (b'\xff', b'a'),
            ):
                with self.subTest(costs=costs, user=user, password=password):
                    self.work = 0
                    self.assertFalse(users.verify(user, password))
                    self.assertEqual(work, self.work)

    def test_a_right_password_is_no_more_than_its_hash(self) -> None:
        users = self.make_users(4, 7, 5)
        for user, work in ((b'a', 1), (b'b', 8), (b'c', 2)):
            with self.subTest(user=user):
                self.work = 0
                self.assertTrue(users.verify(user, user))
                self.assertEqual(work, self.work)

    def test_long_password(self) -> None:
        # As htpasswd does, only 72 bytes count.
        path = self.file(entry(b'alice', b'p' * 72))
        users = htpasswd.PasswordFile(path).users()

        self.assertTrue(users.verify(b'alice', b'p' * 73))
        self.assertTrue(users.verify(b'alice', b'p' * 70000))
        self.assertFalse(users.verify(b'alice', b'p' * 71))

    def test_password_in_utf_8(self) -> None:
        path = self.file(entry('älice'.encode(), 'gehëim 🔑'.encode()))
        users = htpasswd.PasswordFile(path).users()

        self.assertTrue(users.verify('älice'.encode(), 'gehëim 🔑'.encode()))
        self.assertFalse(users.verify('älice'.encode(), b'geh\xebim'))


class RememberedTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = 1000.0
        self.useFixture(
            fixtures.MonkeyPatch('time.monotonic', lambda: self.now)
        )
        path = self.file(entry(b'alice', b'open sesame'))
        self.users = htpasswd.PasswordFile(path).users()

    def test_the_last_right_password_of_a_user(self) -> None:
        for password in (b'open sesame', b'wrong'):
            self.assertIsNone(self.users.age(b'alice', password))
            self.users.verify(b'alice', password)
        self.now += 5

        self.assertEqual(5, self.users.age(b'alice', b'open sesame'))
        self.assertIsNone(self.users.age(b'alice', b'wrong'))
        self.assertIsNone(self.users.age(b'bob', b'open sesame'))

    def test_no_password_is_in_it(self) -> None:
        self.users.verify(b'alice', b'open sesame')

        self.assertNotIn('open sesame', repr(vars(self.users)))
