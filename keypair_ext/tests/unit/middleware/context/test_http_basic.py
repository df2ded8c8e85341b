# SPDX-License-Identifier: Apache-2.0

"""Basic authentication, from the header to the context."""

import base64
import pathlib
import tracemalloc

import bcrypt
import fixtures
import webob

from keypair_ext import config_files
from keypair_ext.middleware.context import guesses, http_basic, identity
from keypair_ext.tests.unit.middleware import base
from keypair_ext.tests.unit.middleware.context import test_htpasswd

CHALLENGE = 'Basic realm="keypair_ext"'


def basic(user: str, password: str, scheme: str = 'Basic') -> dict[str, str]:
    encoded = base64.b64encode(f'{user}:{password}'.encode()).decode()
    return {'Authorization': f'{scheme} {encoded}'}


class HttpBasicTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.path = self.file(
            b'\n'.join(
                [
                    test_htpasswd.entry(b'alice', b'one'),
                    test_htpasswd.entry('björn'.encode(), 'zwëi'.encode()),
                    test_htpasswd.entry(b'root', b'a:b'),
                ]
            )
        )
        self.now = 100.0
        self.cost = 0.0
        self.filter = self.make()
        self.checks = 0
        check = bcrypt.checkpw

        def counting(password: bytes, crypted: bytes) -> bool:
            self.checks += 1
            self.now += self.cost
            return check(password, crypted)

        self.useFixture(fixtures.MonkeyPatch('bcrypt.checkpw', counting))

    def make(self, **api: object) -> http_basic.HttpBasic:
        path = self.config(http_basic_user_file=self.path, **api)
        make = http_basic.load(config_files.parse([path]))
        return make(
            self.below,
            guesses_limit=guesses.Guesses(lambda: self.now, lambda: self.now),
        )

    def ask(self, headers: dict[str, str]) -> webob.Response:
        return self.call(self.filter, headers)

    def test_user(self) -> None:
        response = self.ask(basic('alice', 'one'))

        self.assertEqual(200, response.status_int)
        caller = self.below.context
        self.assertEqual('alice', caller.user_id)
        self.assertEqual('default', caller.project_id)
        self.assertEqual(['member', 'reader'], caller.roles)
        self.assertIsNone(caller.system_scope)
        self.assertIsNone(caller.is_admin)

    def test_utf_8(self) -> None:
        self.ask(basic('björn', 'zwëi'))

        self.assertEqual('björn', self.below.context.user_id)

    def test_scheme_in_any_case_and_colon_in_password(self) -> None:
        response = self.ask(basic('root', 'a:b', scheme='bAsIc '))

        self.assertEqual(200, response.status_int)

    def test_configured_identity(self) -> None:
        self.filter = self.make(
            http_basic_project_id='apes',
            http_basic_roles='reader,auditor',
            http_basic_admins='root,ghost',
        )

        self.ask(basic('alice', 'one'))
        self.ask(basic('root', 'a:b'))

        alice, root = (
            environ['nova.context'] for environ in self.below.environs
        )
        self.assertEqual('apes', root.project_id)
        self.assertEqual(['reader', 'auditor'], alice.roles)
        self.assertEqual(['reader', 'auditor', 'admin'], root.roles)

    def test_admin_role_is_not_doubled(self) -> None:
        self.filter = self.make(
            http_basic_roles='admin,reader', http_basic_admins='root'
        )

        self.ask(basic('root', 'a:b'))

        self.assertEqual(['admin', 'reader'], self.below.context.roles)

    def test_callers_do_not_share_their_roles(self) -> None:
        self.ask(basic('alice', 'one'))
        self.below.context.roles.append('admin')
        self.below.environs.clear()
        self.ask(basic('alice', 'one'))

        self.assertEqual(['member', 'reader'], self.below.context.roles)

    def test_nothing_to_check(self) -> None:
        encoded = base64.b64encode(b'alice:one').decode()
        for value in (
            '',
            encoded,
            f'Basic{encoded}',
            f'Bearer {encoded}',
            f'Digest {encoded}',
            f'\0Basic {encoded}',
            '\xe9' * 100_000,
        ):
            with self.subTest(value=value):
                self.assert_nobody({'HTTP_AUTHORIZATION': value}, checks=0)
        self.assert_nobody({}, checks=0)

    def test_malformed_credentials_take_as_long_as_wrong_ones(self) -> None:
        encoded = base64.b64encode(b'alice:one').decode()
        no_colon = base64.b64encode(b'alice').decode()
        not_utf8 = base64.b64encode(b'bj\xf6rn:x').decode()
        nul = base64.b64encode(b'alice\0:one').decode()
        for value in (
            'Basic',
            'Basic ',
            f'Basic {encoded} x',
            f'Basic {encoded},Basic {encoded}',
            f'Basic {encoded}!',
            f'Basic {encoded}\0',
            f'Basic {encoded[:-1]}',
            f'Basic {no_colon}',
            f'Basic {not_utf8}',
            f'Basic {nul}',
            'Basic \xe9',
            'Basic ====',
            'Basic ' + 'QQ' * 100_000,
        ):
            with self.subTest(value=value):
                self.assert_nobody({'HTTP_AUTHORIZATION': value}, checks=1)

    def assert_nobody(self, environ: dict[str, str], checks: int) -> None:
        self.checks = 0
        response = self.call(self.filter, environ=environ)
        self.assert_unauthenticated(response, [CHALLENGE])
        self.assertEqual(checks, self.checks)

    def test_wrong_user_or_password(self) -> None:
        for user, password in (
            ('alice', 'two'),
            ('alice', ''),
            ('alice', 'one\0'),
            ('alice', 'x' * 1000),
            ('Alice', 'one'),
            ('nobody', 'one'),
            ('nobody', 'x' * 1000),
            ('', ''),
        ):
            with self.subTest(user=user, password=password):
                self.checks = 0
                response = self.ask(basic(user, password))
                self.assert_unauthenticated(response, [CHALLENGE])
                self.assertEqual(1, self.checks)

    def test_identity_headers_do_not_go_through(self) -> None:
        spoofed = dict.fromkeys(identity.IDENTITY_KEYS, 'admin')

        self.call(self.filter, basic('alice', 'one'), spoofed)

        self.assertTrue(identity.IDENTITY_KEYS.isdisjoint(self.below.environ))
        self.assertEqual('alice', self.below.context.user_id)
        self.assertEqual(['member', 'reader'], self.below.context.roles)

    def test_password_does_not_go_through(self) -> None:
        self.ask(basic('alice', 'one'))

        self.assertNotIn('HTTP_AUTHORIZATION', self.below.environ)

    def test_right_password_is_remembered(self) -> None:
        for _ in range(3):
            self.assertEqual(200, self.ask(basic('alice', 'one')).status_int)

        self.assertEqual(1, self.checks)

    def test_wrong_password_is_not_remembered(self) -> None:
        self.ask(basic('alice', 'one'))
        for _ in range(3):
            self.assertEqual(401, self.ask(basic('alice', 'two')).status_int)

        self.assertEqual(4, self.checks)

    def test_nothing_is_remembered_for_no_time(self) -> None:
        self.filter = self.make(http_basic_cache_time=0)
        for _ in range(3):
            self.ask(basic('alice', 'one'))

        self.assertEqual(3, self.checks)

    def guess(self) -> webob.Response:
        """Send wrong passwords until they have taken their share."""
        self.cost = 0.2
        for number in range(10_000):
            response = self.ask(basic(f'user{number}', 'x' * number))
            if response.status_int != 401:
                return response
        raise AssertionError('They are all looked at.')

    def test_too_many_guesses(self) -> None:
        response = self.guess()

        self.assertEqual(503, response.status_int)
        self.assertEqual('1', response.headers['Retry-After'])
        self.assertEqual(
            'application/json; charset=UTF-8', response.headers['Content-Type']
        )
        self.assertEqual(503, response.json['serviceUnavailable']['code'])
        self.assertEqual([], self.below.environs)

    def test_guesses_do_not_keep_out_who_was_in_before(self) -> None:
        for cache_time in (0, 60):
            self.filter = self.make(http_basic_cache_time=cache_time)
            self.ask(basic('alice', 'one'))
            self.guess()

            self.assertEqual(200, self.ask(basic('alice', 'one')).status_int)

    def test_what_is_sent_does_not_grow_the_process(self) -> None:
        self.ask(basic('alice', 'one'))
        # Most are turned away, and known when they come back.
        self.cost = 0.2
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for number in range(500):
            self.ask(basic(f'{number}' * 50_000, 'x' * 50_000))
            self.ask(basic('alice', f'{number}' * 50_000))
        used, _ = tracemalloc.get_traced_memory()

        self.assertLess(used, 2_000_000)

    def test_changed_password(self) -> None:
        self.ask(basic('alice', 'one'))
        pathlib.Path(self.path).write_bytes(
            test_htpasswd.entry(b'alice', b'two')
        )

        self.assertEqual(401, self.ask(basic('alice', 'one')).status_int)
        self.assertEqual(200, self.ask(basic('alice', 'two')).status_int)

    def test_error_below_goes_through(self) -> None:
        error = RuntimeError('below')

        def broken(*args: object) -> list[bytes]:
            raise error

        self.filter._application = broken

        self.assertIs(
            error,
            self.assertRaises(RuntimeError, self.ask, basic('alice', 'one')),
        )

    def test_nothing_is_logged(self) -> None:
        self.ask(basic('alice', 'one'))
        self.ask(basic('alice', 'two'))
        self.ask(basic('nobody', 'three'))

        self.assertEqual('', self.log.output)
