# SPDX-License-Identifier: Apache-2.0

"""The filter alone, and behind the real auth_token."""

from collections.abc import Mapping
from typing import Any

import fixtures
import webob
from keystoneauth1 import fixture as token_fixture
from keystonemiddleware import auth_token
from keystonemiddleware.auth_token import _exceptions as token_exceptions
from oslo_config import cfg

from keypair_ext.middleware.context import identity, keystone
from keypair_ext.tests.unit.middleware import base

CONFIRMED = {
    'keystone.token_auth': object(),
    'HTTP_X_IDENTITY_STATUS': 'Confirmed',
    'HTTP_X_USER_ID': 'alice',
}
OUR_CHALLENGE = 'Keystone realm="keypair_ext"'
KEYSTONE_CHALLENGE = 'Keystone uri="http://keystone.example.org"'


class KeystoneContextTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.filter = keystone.filter_factory({})(self.below)

    def test_confirmed(self) -> None:
        environ = {
            'HTTP_X_PROJECT_ID': 'apes',
            'HTTP_X_ROLES': 'member,reader',
            'HTTP_X_AUTH_TOKEN': 'secret',
            'HTTP_X_SERVICE_TOKEN': 'secret',
            'HTTP_X_SERVICE_IDENTITY_STATUS': 'Confirmed',
            'HTTP_X_SERVICE_ROLES': 'service',
            'openstack.request_id': 'req-1',
        }

        self.call(self.filter, None, {**CONFIRMED, **environ})

        caller = self.below.context
        self.assertEqual('alice', caller.user_id)
        self.assertEqual('apes', caller.project_id)
        self.assertEqual(['member', 'reader'], caller.roles)
        self.assertEqual(['service'], caller.service_roles)
        self.assertEqual('req-1', caller.request_id)
        self.assertIsNone(caller.is_admin)
        self.assertNotIn('secret', str(vars(caller)))

    def test_not_confirmed(self) -> None:
        for changes, challenges in (
            ({'keystone.token_auth': None}, []),
            ({'HTTP_X_IDENTITY_STATUS': 'Invalid'}, []),
            ({'HTTP_X_IDENTITY_STATUS': 'confirmed'}, []),
            ({'HTTP_X_IDENTITY_STATUS': 'Confirmed, Invalid'}, []),
            ({'HTTP_X_IDENTITY_STATUS': ''}, []),
            ({'HTTP_X_SERVICE_IDENTITY_STATUS': 'Invalid'}, []),
            ({'HTTP_X_USER_ID': ''}, []),
        ):
            with self.subTest(changes=changes):
                response = self.call(
                    self.filter, None, {**CONFIRMED, **changes}
                )
                self.assert_unauthenticated(response, challenges)

    def test_spoofed_headers_without_auth_token(self) -> None:
        spoofed = dict.fromkeys(identity.IDENTITY_KEYS, 'admin')
        spoofed['HTTP_X_IDENTITY_STATUS'] = 'Confirmed'
        spoofed['HTTP_X_SERVICE_IDENTITY_STATUS'] = 'Confirmed'

        response = self.call(self.filter, environ=spoofed)

        self.assert_unauthenticated(response, [OUR_CHALLENGE])


class FakeAuthToken(auth_token.AuthProtocol):  # type: ignore[misc]
    """The real filter, asking a table instead of Keystone."""

    tokens: dict[str, dict[str, Any]] = {}

    def fetch_token(self, token: str, **kwargs: object) -> dict[str, Any]:
        try:
            return self.tokens[token]
        except KeyError:
            raise token_exceptions.InvalidToken from None


class BehindAuthTokenTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        member = token_fixture.V3Token(user_id='alice', project_id='apes')
        member.add_role('member')
        system = token_fixture.V3Token(user_id='root')
        system.set_system_scope()
        system.add_role('admin')
        service = token_fixture.V3Token(user_id='nova', project_id='service')
        service.add_role('service')
        self.useFixture(
            fixtures.MonkeyPatch(
                f'{__name__}.FakeAuthToken.tokens',
                {'member': member, 'system': system, 'service': service},
            )
        )

    def ask(
        self,
        headers: dict[str, str],
        environ: Mapping[str, str] | None = None,
        *,
        delay: bool,
    ) -> webob.Response:
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        application = FakeAuthToken(
            keystone.filter_factory({})(self.below),
            {
                'oslo_config_config': conf,
                'www_authenticate_uri': 'http://keystone.example.org',
                'auth_type': 'none',
                'delay_auth_decision': str(delay),
                'service_token_roles_required': 'true',
            },
        )
        return self.call(application, headers, environ)

    def test_member(self) -> None:
        for delay in (False, True):
            with self.subTest(delay=delay):
                self.below.environs.clear()
                self.ask({'X-Auth-Token': 'member'}, delay=delay)
                caller = self.below.context
                self.assertEqual('alice', caller.user_id)
                self.assertEqual('apes', caller.project_id)
                self.assertEqual(['member'], caller.roles)
                self.assertIsNone(caller.system_scope)

    def test_system_scope(self) -> None:
        self.ask({'X-Auth-Token': 'system'}, delay=False)

        self.assertEqual('all', self.below.context.system_scope)
        self.assertIsNone(self.below.context.project_id)

    def test_service_token(self) -> None:
        self.ask(
            {'X-Auth-Token': 'member', 'X-Service-Token': 'service'},
            delay=False,
        )

        self.assertEqual('alice', self.below.context.user_id)
        self.assertEqual(['service'], self.below.context.service_roles)

    def test_refused_tokens(self) -> None:
        for headers in (
            {},
            {'X-Auth-Token': 'wrong'},
            {'X-Auth-Token': 'member', 'X-Service-Token': 'wrong'},
            {'X-Auth-Token': 'member', 'X-Service-Token': 'member'},
        ):
            for delay in (False, True):
                with self.subTest(headers=headers, delay=delay):
                    response = self.ask(headers, delay=delay)
                    self.assert_unauthenticated(response, [KEYSTONE_CHALLENGE])

    def test_spoofed_headers(self) -> None:
        spoofed = dict.fromkeys(
            identity.IDENTITY_KEYS
            - {
                'HTTP_X_AUTH_TOKEN',
                'HTTP_X_STORAGE_TOKEN',
                'HTTP_X_SERVICE_TOKEN',
            },
            'Confirmed',
        )
        for delay in (False, True):
            with self.subTest(delay=delay):
                response = self.ask({}, spoofed, delay=delay)
                self.assert_unauthenticated(response, [KEYSTONE_CHALLENGE])

    def test_each_spoofed_header_beside_a_token(self) -> None:
        self.ask({'X-Auth-Token': 'member'}, delay=True)
        expected = self.below.context.to_policy_values()
        for key in identity.IDENTITY_KEYS - {
            'HTTP_X_AUTH_TOKEN',
            'HTTP_X_SERVICE_TOKEN',
        }:
            for value in (
                'admin',
                'Confirmed,admin',
                '\0',
                '\xe9',
                'a' * 100_000,
            ):
                with self.subTest(key=key, value=value[:20]):
                    self.below.environs.clear()
                    self.ask(
                        {'X-Auth-Token': 'member'}, {key: value}, delay=True
                    )
                    self.assertEqual(
                        dict(expected),
                        dict(self.below.context.to_policy_values()),
                    )
