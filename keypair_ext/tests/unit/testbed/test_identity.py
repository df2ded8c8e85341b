# SPDX-License-Identifier: Apache-2.0

"""The Identity imitation: what its answers say, and bodies that are none.

Which requests there are, their statuses, and the shape of their answers are
held against Keystone's own in ``functional/identity``.
"""

import json
from email.message import Message
from typing import Any

from keypair_ext.testbed import identity
from keypair_ext.testbed.cloud import Cloud
from keypair_ext.testbed.server import Answer, Request
from keypair_ext.tests import base

_DOMAIN = {'id': 'default'}
_KEY = 'application_credential'


class IdentityTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud = Cloud(seed=1)
        self.ids = {
            resource['name']: resource['id']
            for kind in (self.cloud.users, self.cloud.projects)
            for resource in kind.values()
        }

    def ask(
        self,
        method: str,
        path: str,
        document: object = None,
        token: str = '',
    ) -> Answer:
        headers = Message()
        headers['X-Auth-Token'] = token
        body = b'' if document is None else json.dumps(document).encode()
        request = Request(method, f'/identity{path}', headers, body)
        return identity.answer(self.cloud, request, 'http://bed')

    def get(self, path: str, token: str = '') -> Any:
        answer = self.ask('GET', path, token=token)
        self.assertEqual(200, answer.status)
        return json.loads(answer.body)

    def password(self, user: str, **changed: object) -> dict[str, Any]:
        secret = self.cloud.passwords[self.ids[user]]
        return {
            'methods': ['password'],
            'password': {
                'user': {
                    'name': user,
                    'domain': _DOMAIN,
                    'password': secret,
                    **changed,
                }
            },
        }

    def log_in(self, how: object, scope: object = None) -> Answer:
        auth = {'identity': how}
        if scope is not None:
            auth['scope'] = scope
        return self.ask('POST', '/v3/auth/tokens', {'auth': auth})

    def token(self, user: str, scope: object = None) -> str:
        if scope is None:
            project = 'alt_demo' if user == 'member2' else 'demo'
            scope = {'project': {'id': self.ids[project]}}
        answer = self.log_in(self.password(user), scope)
        self.assertEqual(201, answer.status)
        return dict(answer.headers)['X-Subject-Token']


class LoginTest(IdentityTestCase):
    def _scoped(self, user: str, scope: object) -> Any:
        answer = self.log_in(self.password(user), scope)
        return json.loads(answer.body).get('token', answer.status)

    def test_scopes(self) -> None:
        demo = {'name': 'demo', 'domain': {'name': 'Default'}}
        for scope in {'project': demo}, {'project': {'id': self.ids['demo']}}:
            told = self._scoped('member', scope)
            self.assertEqual(self.ids['demo'], told['project']['id'])
            self.assertEqual('Default', told['project']['domain']['name'])
            names = [role['name'] for role in told['roles']]
            self.assertEqual(['member', 'reader'], names)
        for domain in _DOMAIN, {'name': 'Default'}:
            told = self._scoped('admin', {'domain': domain})
            self.assertEqual('default', told['domain']['id'])
        self.assertNotIn('roles', self._scoped('member', {'unscoped': {}}))

    def test_what_is_refused(self) -> None:
        demo = {'project': {'id': self.ids['demo']}}
        for scope, status in (
            ({'project': {}}, 400),
            ({'domain': _DOMAIN}, 401),
            ({**demo, 'domain': _DOMAIN}, 400),
            (3, 400),
        ):
            with self.subTest(scope=scope):
                self.assertEqual(status, self._scoped('member', scope))

    def test_mistakes(self) -> None:
        for how, status in (
            (self.password('member', password='\ud800'), 401),
            (self.password('member', password=3), 400),
            (self.password('member', name=None), 400),
            (self.password('member', domain=None), 400),
            ({'methods': 'password'}, 400),
        ):
            with self.subTest(how=how):
                self.assertEqual(status, self.log_in(how).status)

    def test_by_token(self) -> None:
        token = self.token('member', 'unscoped')
        how = {'methods': ['token'], 'token': {'id': token}}
        answer = self.log_in(how, {'project': {'id': self.ids['demo']}})
        told = json.loads(answer.body)['token']
        self.assertEqual({'token', 'password'}, set(told['methods']))
        self.assertEqual(self.ids['demo'], told['project']['id'])
        self.assertEqual(2, len(told['audit_ids']))


class ResourcesTest(IdentityTestCase):
    def test_the_catalogue(self) -> None:
        catalog = self.get('/v3/auth/catalog', self.token('member'))['catalog']
        self.assertEqual(
            {
                'identity': 'http://bed/identity/v3',
                'compute': 'http://bed/compute/v2.1',
                'image': 'http://bed/image',
                'network': 'http://bed/network',
                'block-storage': 'http://bed/volume',
            },
            {each['type']: each['endpoints'][0]['url'] for each in catalog},
        )

    def test_by_name(self) -> None:
        token = self.token('admin')
        (user,) = self.get('/v3/users?name=Member', token)['users']
        self.assertEqual(self.ids['member'], user['id'])
        self.assertEqual([], self.get('/v3/users?name=no', token)['users'])
        for method, path, status in (
            ('GET', '/v3/nosuch', 404),
            ('PATCH', '/v3/users', 405),
        ):
            answer = self.ask(method, path, token=token)
            self.assertEqual(status, answer.status)

    def test_projects_of_a_user(self) -> None:
        for user, names in (
            ('admin', ['demo', 'alt_demo']),
            ('member', ['demo']),
            ('member2', ['alt_demo']),
        ):
            path = f'/v3/users/{self.ids[user]}/projects'
            projects = self.get(path, self.token(user))['projects']
            self.assertEqual(names, [each['name'] for each in projects])

    def test_assignments(self) -> None:
        token = self.token('admin')
        path = f'/v3/role_assignments?user.id={self.ids["member"]}'
        (plain,) = self.get(path, token)['role_assignments']
        self.assertEqual({'project': {'id': self.ids['demo']}}, plain['scope'])
        (named,) = self.get(f'{path}&include_names', token)['role_assignments']
        self.assertEqual('member', named['role']['name'])
        self.assertEqual('demo', named['scope']['project']['name'])
        path = '/v3/role_assignments?scope.system=all'
        (admin,) = self.get(path, token)['role_assignments']
        self.assertEqual(self.ids['admin'], admin['user']['id'])


class CredentialsTest(IdentityTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.member = self.token('member')
        self.path = f'/v3/users/{self.ids["member"]}/application_credentials'

    def _create(self, **fields: Any) -> Answer:
        return self.ask('POST', self.path, {_KEY: fields}, self.member)

    def test_roles(self) -> None:
        answer = self._create(name='ci', roles=[{'name': 'reader'}])
        made = json.loads(answer.body)[_KEY]
        how = {'id': made['id'], 'secret': made['secret']}
        answer = self.log_in({'methods': [_KEY], _KEY: how})
        told = json.loads(answer.body)['token']
        self.assertEqual(self.ids['demo'], told['project']['id'])
        self.assertEqual(['reader'], [role['name'] for role in told['roles']])

    def test_mistakes(self) -> None:
        for fields, status in (
            ({'name': 3}, 400),
            ({'name': 'a', 'access_rules': ['all']}, 400),
            ({'name': 'a', 'expires_at': 'soon'}, 400),
        ):
            with self.subTest(fields=fields):
                self.assertEqual(status, self._create(**fields).status)

    def test_as_it_is_told_again(self) -> None:
        end = '2099-01-01T02:00:00+02:00'
        made = json.loads(self._create(name='ci', expires_at=end).body)[_KEY]
        self.assertEqual('2099-01-01T00:00:00.000000Z', made['expires_at'])
        (listed,) = self.get(self.path, self.member)[f'{_KEY}s']
        self.assertEqual(made, {**listed, 'secret': made['secret']})
