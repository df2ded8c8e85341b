# SPDX-License-Identifier: Apache-2.0

"""Tokens of a real Keystone, good ones and all others, in every mount.

Plain Nova is asked too: its statuses are the ones that ours has to have.
"""

import unittest
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from keypair_ext import environ as env
from keypair_ext.tests import base
from keypair_ext.tests.functional.keystone import cloud
from keypair_ext.tests.functional.servers import (
    ini,
    keystone,
    process,
    rest,
    uwsgi,
)
from keypair_ext.tests.unit.keytypes import vectors

_REASON = cloud.reason_to_skip('KEYPAIR_EXT_TEST_KEYSTONE', 'tox -e keystone')

_DELAYED = {'keystone_authtoken': {'delay_auth_decision': True}}
_CACHED = {'keystone_authtoken': {'cache': env.TOKEN_CACHE}}

# What a client would say to pass for an administrator.
_SPOOFED = {
    'X-Identity-Status': 'Confirmed',
    'X-User-Id': 'f' * 32,
    'X-User-Name': 'admin',
    'X-User-Domain-Id': 'default',
    'X-Project-Id': 'e' * 32,
    'X-Project-Name': 'admin',
    'X-Project-Domain-Id': 'default',
    'X-Roles': 'admin,member,reader,service',
    'X-Role': 'admin',
    'X-User': 'admin',
    'X-Tenant-Id': 'e' * 32,
    'X-Is-Admin-Project': 'True',
    'OpenStack-System-Scope': 'all',
    'X-Service-Identity-Status': 'Confirmed',
    'X-Service-User-Id': 'f' * 32,
    'X-Service-Roles': 'service',
}


class Keystone(keystone.Keystone):
    """Keystone, and one beside it whose tokens hardly live."""

    def expired_token(self, account: keystone.Account) -> str:
        """Return a token whose time is over."""
        home = self.useFixture(process.Directory('issuer')).path
        issuer = self.useFixture(self._issuer(home))
        token = self._issue(issuer.url, account)
        process.wait_until(
            lambda: self._validate(token) == 404, 'the token has expired'
        )
        return token

    def _issuer(self, home: Path) -> uwsgi.UWSGI:
        """Return a Keystone with the same keys and the same database."""
        text = (self._home / 'keystone.conf').read_text()
        (home / 'keystone.conf').write_text(
            f'{text}\n[token]\nexpiration = 2\n'
        )
        return uwsgi.UWSGI(
            self._venv,
            'keystone.wsgi.api:application',
            directory=home,
            env={'OS_KEYSTONE_CONFIG_DIR': str(home)},
            lazy=True,
        )

    @staticmethod
    def _issue(url: str, account: keystone.Account) -> str:
        user = {'id': account.user_id, 'password': account.password}
        document = {
            'auth': {
                'identity': {
                    'methods': ['password'],
                    'password': {'user': user},
                },
                'scope': {'project': {'id': account.project_id}},
            }
        }
        answer = rest.call('POST', f'{url}/v3/auth/tokens', document)
        return str(answer.expect(201).headers['X-Subject-Token'])

    def _validate(self, token: str) -> int:
        return rest.call(
            'GET',
            f'{self.url}/auth/tokens',
            headers={
                'X-Auth-Token': self.admin_token(),
                'X-Subject-Token': token,
            },
        ).status


@unittest.skipIf(_REASON, _REASON)
class TokensTest(base.TestCase):
    """The tests share a cloud with all mounts in it.

    Token caches are on, so a token is used in one test only.
    """

    identity: ClassVar[Keystone]
    endpoints: ClassVar[Mapping[str, str]]
    member: ClassVar[keystone.Account]
    service: ClassVar[keystone.Account]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        small = cls.use(cloud.Cloud(Keystone))
        assert isinstance(small.keystone, Keystone)
        cls.identity = small.keystone
        cls.endpoints = {
            'plain': small.nova(with_filter=False),
            'filter': small.nova(),
            'filter, delayed': small.nova(_DELAYED),
            'service': small.service(),
            'service, delayed': small.service(_DELAYED),
            'service, cached': small.service(_CACHED),
            'service, cached, delayed': small.service(
                ini.merge(_CACHED, _DELAYED)
            ),
            'app': small.app(),
            'app, delayed': small.app(_DELAYED),
        }
        cls.member = cls.identity.account('member')
        cls.service = cls.identity.account('service')

    def answers(
        self,
        token: str | None = None,
        method: str = 'GET',
        path: str = '/os-keypairs',
        document: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, rest.Answer]:
        """Ask all mounts the same."""
        sent = {'OpenStack-API-Version': 'compute 2.10', **(headers or {})}
        if token is not None:
            sent['X-Auth-Token'] = token
        return {
            mount: rest.call(method, url + path, document, sent)
            for mount, url in self.endpoints.items()
        }

    def statuses(
        self, token: str | None = None, **request: Any
    ) -> dict[str, int]:
        return {
            mount: answer.status
            for mount, answer in self.answers(token, **request).items()
        }

    def assert_all(
        self, status: int, token: str | None = None, **request: Any
    ) -> None:
        """Check that all mounts answer with the same status."""
        self.assertEqual(
            dict.fromkeys(self.endpoints, status),
            self.statuses(token, **request),
        )

    def assert_create(
        self,
        status: int,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        **fields: str,
    ) -> None:
        """Check what becomes of a key pair that is then deleted."""
        found = {}
        for mount, url in self.endpoints.items():
            name = uuid.uuid4().hex
            sent = {'OpenStack-API-Version': 'compute 2.10', **(headers or {})}
            if token is not None:
                sent['X-Auth-Token'] = token
            keypair = {
                'name': name,
                'public_key': vectors.ED25519.line,
                **fields,
            }
            collection = f'{url}/os-keypairs'
            answer = rest.call('POST', collection, {'keypair': keypair}, sent)
            found[mount] = answer.status
            if answer.status == 201:
                rest.call(
                    'DELETE', f'{collection}/{name}', headers=sent
                ).expect(204)
        self.assertEqual(dict.fromkeys(self.endpoints, status), found)

    def assert_refused(
        self,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Check that nothing can be done, whatever else is said."""
        self.assert_all(401, token, headers=headers)
        self.assert_all(401, token, path='/os-keypairs/k', headers=headers)
        self.assert_all(
            401,
            token,
            method='DELETE',
            path='/os-keypairs/k',
            headers=headers,
        )
        self.assert_create(401, token, headers)

    def test_good(self) -> None:
        token = self.identity.token(self.member)
        self.assert_all(200, token)
        self.assert_create(201, token)

    def test_none(self) -> None:
        self.assert_refused()
        for mount, answer in self.answers().items():
            challenge = answer.headers['WWW-Authenticate']
            self.assertEqual(
                f'Keystone uri="{self.identity.url}"', challenge, mount
            )

    def test_garbage(self) -> None:
        garbage = ('', 'x', 'gAAAAAB' + 'x' * 180, 'root:ffff:admin', '../..')
        for token in garbage:
            self.assert_refused(token)

    def test_expired(self) -> None:
        token = self.identity.expired_token(self.member)
        self.assert_refused(token)
        self.assert_refused(token, _SPOOFED)

        # A service may go on with a job that took longer than the token.
        service = {'X-Service-Token': self.identity.token(self.service)}
        self.assert_all(200, token, headers=service)
        nobody = {'X-Service-Token': self.identity.token(self.member)}
        self.assert_refused(self.identity.expired_token(self.member), nobody)

    def test_revoked(self) -> None:
        token = self.identity.token(self.member)
        self.identity.revoke(token)
        self.assert_refused(token)

    def test_revoked_after_it_was_used(self) -> None:
        """A cache, of whatever kind, believes a token for a while."""
        token = self.identity.token(self.member)
        self.assert_all(200, token)
        self.identity.revoke(token)
        self.assert_all(200, token)

    def test_user_is_gone(self) -> None:
        account = self.identity.account('member')
        token = self.identity.token(account)
        self.identity.request('DELETE', f'/users/{account.user_id}')
        self.assert_refused(token)

    def test_unscoped(self) -> None:
        """One's own can be seen, and no project pays for another."""
        token = self.identity.unscoped_token(self.member)
        self.assert_all(200, token)
        self.assert_all(404, token, path='/os-keypairs/nothing')
        self.assert_create(403, token)

    def test_project_in_the_path(self) -> None:
        token = self.identity.token(self.member)
        own, other = self.member.project_id, self.service.project_id
        self.assert_all(200, token, path=f'/{own}/os-keypairs')
        self.assert_all(400, token, path=f'/{other}/os-keypairs')
        self.assert_all(
            400, token, method='DELETE', path=f'/{other}/os-keypairs/k'
        )

    def test_system_scope(self) -> None:
        token = self.identity.admin_system_token()
        self.assert_all(403, token)
        self.assert_all(403, token, path='/os-keypairs/k')
        self.assert_create(403, token)

    def test_reader(self) -> None:
        token = self.identity.token(self.identity.account('reader'))
        self.assert_all(200, token)
        self.assert_create(201, token)
        other = self.member.user_id
        self.assert_all(403, token, path=f'/os-keypairs?user_id={other}')
        self.assert_create(403, token, user_id=other)

    def test_roles_that_nobody_knows(self) -> None:
        token = self.identity.token(self.identity.account('gardener'))
        self.assert_all(200, token)
        self.assert_create(201, token)

    def test_no_roles(self) -> None:
        """Keystone gives no token to who has no role in the project."""
        account = self.identity.account()
        refused = self.assertRaises(
            AssertionError, self.identity.token, account
        )
        self.assertTrue(str(refused).startswith('401'))

        # A role that is taken away takes the token with it.
        account = self.identity.account('member')
        token = self.identity.token(account)
        roles = self.identity.request('GET', '/roles?name=member')['roles']
        self.identity.request(
            'DELETE',
            f'/projects/{account.project_id}/users/{account.user_id}'
            f'/roles/{roles[0]["id"]}',
        )
        self.assert_refused(token)

    def test_admin(self) -> None:
        token = self.identity.token(self.identity.account('admin'))
        other = self.member.user_id
        self.assert_all(200, token, path=f'/os-keypairs?user_id={other}')

    def test_service_token(self) -> None:
        token = self.identity.token(self.member)
        service = {'X-Service-Token': self.identity.token(self.service)}
        self.assert_all(200, token, headers=service)
        self.assert_create(201, token, service)

    def test_service_token_alone(self) -> None:
        service = {'X-Service-Token': self.identity.token(self.service)}
        self.assert_refused(None, service)

    def test_service_token_that_is_garbage(self) -> None:
        """Where auth_token leaves the decision to Nova, Nova ignores it."""
        token = self.identity.token(self.member)
        self.assertEqual(
            {**dict.fromkeys(self.endpoints, 401), 'filter, delayed': 200},
            self.statuses(token, headers={'X-Service-Token': 'x'}),
        )

    def test_spoofed_without_token(self) -> None:
        self.assert_refused(None, _SPOOFED)

    def test_spoofed_with_garbage(self) -> None:
        self.assert_refused('x', _SPOOFED)

    def test_spoofed_with_a_service_token(self) -> None:
        service = {'X-Service-Token': self.identity.token(self.service)}
        self.assert_refused(None, {**_SPOOFED, **service})

    def test_spoofed_with_token(self) -> None:
        """What the token says counts, and nothing else."""
        token = self.identity.token(self.member)
        self.assert_create(201, token, _SPOOFED)
        for user_id in (_SPOOFED['X-User-Id'], self.service.user_id):
            self.assert_all(
                403,
                token,
                path=f'/os-keypairs?user_id={user_id}',
                headers=_SPOOFED,
            )
            self.assert_create(403, token, _SPOOFED, user_id=user_id)
        self.assert_all(
            400,
            token,
            path=f'/{_SPOOFED["X-Project-Id"]}/os-keypairs',
            headers=_SPOOFED,
        )
        unscoped = self.identity.unscoped_token(self.member)
        self.assert_create(403, unscoped, _SPOOFED)
