# SPDX-License-Identifier: Apache-2.0

"""The Identity imitation: who gets which token, and who may see what."""

import json
from email.message import Message
from typing import Any

from keypair_ext.testbed import identity
from keypair_ext.testbed.cloud import Cloud, Token
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
        subject: str = '',
    ) -> Answer:
        headers = Message()
        for name, value in (
            ('X-Auth-Token', token),
            ('X-Subject-Token', subject),
        ):
            if value:
                headers[name] = value
        body = b'' if document is None else json.dumps(document).encode()
        request = Request(method, f'/identity{path}', headers, body)
        return identity.answer(self.cloud, request, 'http://bed')

    def get(self, path: str, token: str = '') -> Any:
        answer = self.ask('GET', path, token=token)
        self.assertEqual(200, answer.status)
        return json.loads(answer.body)

    def status(self, method: str, path: str, token: str = '') -> int:
        return self.ask(method, path, token=token).status

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
        self.assertIn(
            'system', self._scoped('admin', {'system': {'all': True}})
        )
        for domain in _DOMAIN, {'name': 'Default'}:
            told = self._scoped('admin', {'domain': domain})
            self.assertEqual('default', told['domain']['id'])
        nothing: object
        for nothing in None, 'unscoped', {'unscoped': {}}:
            self.assertNotIn('roles', self._scoped('member', nothing))

    def test_what_is_refused(self) -> None:
        demo = {'project': {'id': self.ids['demo']}}
        for scope, status in (
            ({'project': {'id': self.ids['alt_demo']}}, 401),
            ({'project': {'id': 'nosuch'}}, 401),
            ({'project': {'name': 'demo'}}, 400),
            ({'project': {}}, 400),
            ({'domain': _DOMAIN}, 401),
            ({'system': {'all': True}}, 401),
            ({}, 400),
            ({**demo, 'domain': _DOMAIN}, 400),
            (3, 400),
        ):
            with self.subTest(scope=scope):
                self.assertEqual(status, self._scoped('member', scope))

    def test_mistakes(self) -> None:
        for how, status in (
            (self.password('member', password='wrong'), 401),
            (self.password('member', password='\ud800'), 401),
            (self.password('member', password=3), 400),
            (self.password('member', name='nobody'), 401),
            (self.password('member', name=None), 400),
            (self.password('member', domain=None), 400),
            (self.password('member', domain={'id': 'nosuch'}), 401),
            ({'methods': ['password']}, 400),
            ({'methods': ['magic'], 'magic': {}}, 401),
            ({'methods': []}, 401),
            ({'methods': 'password'}, 400),
            ({}, 400),
        ):
            with self.subTest(how=how):
                answer = self.log_in(how)
                self.assertEqual(status, answer.status)
                error = json.loads(answer.body)['error']
                error.pop('identity', None)
                self.assertEqual({'code', 'title', 'message'}, error.keys())
                self.assertEqual(
                    status == 401, 'WWW-Authenticate' in dict(answer.headers)
                )
        document: object
        for document in None, {}, [], {'auth': 3}:
            answer = self.ask('POST', '/v3/auth/tokens', document)
            self.assertEqual(400, answer.status)

    def test_by_token(self) -> None:
        how = {
            'methods': ['token'],
            'token': {'id': self.token('member', 'unscoped')},
        }
        answer = self.log_in(how, {'project': {'id': self.ids['demo']}})
        told = json.loads(answer.body)['token']
        self.assertEqual({'token', 'password'}, set(told['methods']))
        self.assertEqual(self.ids['demo'], told['project']['id'])
        self.assertEqual(2, len(told['audit_ids']))
        how['token'] = {'id': 'nosuch'}
        self.assertEqual(404, self.log_in(how).status)


class TokensTest(IdentityTestCase):
    def test_who_may_look_at_one(self) -> None:
        for user, status in (
            ('member', 200),
            ('admin', 200),
            ('reader', 403),
            ('member2', 403),
        ):
            for method in 'GET', 'HEAD':
                answer = self.ask(
                    method,
                    '/v3/auth/tokens',
                    token=self.token(user),
                    subject=self.token('member'),
                )
                self.assertEqual(status, answer.status, user)

    def test_revoked(self) -> None:
        token, admin = self.token('member'), self.token('admin')
        self.get('/v3/auth/projects', token)
        path = '/v3/auth/tokens'
        for status in 204, 404:
            answer = self.ask('DELETE', path, token=admin, subject=token)
            self.assertEqual(status, answer.status)
        self.assertEqual(401, self.status('GET', '/v3/auth/projects', token))

    def test_its_time_is_over(self) -> None:
        token = self.token('member')
        found = self.cloud.tokens[token]
        over = {**vars(found), 'expires_at': '2020-01-01T00:00:00.000000Z'}
        self.cloud.tokens[token] = Token(**over)
        self.assertEqual(401, self.status('GET', '/v3/auth/projects', token))

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
        unscoped = self.token('member', 'unscoped')
        self.assertEqual(403, self.status('GET', '/v3/auth/catalog', unscoped))


class ResourcesTest(IdentityTestCase):
    def test_who_may_see_what(self) -> None:
        member, demo = self.ids['member'], self.ids['demo']
        admin = self.token('admin')
        for path, for_member, for_reader in (
            ('/v3/auth/projects', 200, 200),
            ('/v3/auth/domains', 200, 200),
            ('/v3/auth/system', 200, 200),
            ('/v3/users', 403, 403),
            ('/v3/users?name=member', 403, 403),
            (f'/v3/users/{member}', 200, 403),
            (f'/v3/users/{member}/projects', 200, 403),
            (f'/v3/users/{member}/application_credentials', 200, 403),
            ('/v3/projects', 403, 403),
            (f'/v3/projects/{demo}', 200, 200),
            (f'/v3/projects/{self.ids["alt_demo"]}', 403, 403),
            ('/v3/domains', 403, 403),
            ('/v3/domains/default', 200, 200),
            ('/v3/roles', 403, 403),
            ('/v3/role_assignments', 403, 403),
        ):
            with self.subTest(path=path):
                self.assertEqual(401, self.status('GET', path))
                self.get(path, admin)
                for user, status in (
                    ('member', for_member),
                    ('reader', for_reader),
                ):
                    token = self.token(user)
                    self.assertEqual(status, self.status('GET', path, token))

    def test_by_name(self) -> None:
        token = self.token('admin')
        (user,) = self.get('/v3/users?name=Member', token)['users']
        self.assertEqual(self.ids['member'], user['id'])
        self.assertEqual([], self.get('/v3/users?name=no', token)['users'])
        for path in '/v3/users/nosuch', '/v3/projects/nosuch', '/v3/nosuch':
            self.assertEqual(404, self.status('GET', path, token))
        self.assertEqual(405, self.status('PATCH', '/v3/users', token))

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

    def _create(self, token: str = '', /, **fields: Any) -> Answer:
        document = {_KEY: fields}
        return self.ask('POST', self.path, document, token or self.member)

    def _created(self, **fields: Any) -> dict[str, Any]:
        answer = self._create(**fields)
        self.assertEqual(201, answer.status)
        made: dict[str, Any] = json.loads(answer.body)[_KEY]
        return made

    def _use(self, scope: object = None, **how: object) -> Answer:
        return self.log_in({'methods': [_KEY], _KEY: how}, scope)

    def test_logging_in(self) -> None:
        made = self._created(name='ci', roles=[{'name': 'reader'}])
        secret = made['secret']
        user = {'name': 'member', 'domain': _DOMAIN}
        for how in {'id': made['id']}, {'name': 'ci', 'user': user}:
            answer = self._use(**how, secret=secret)
            self.assertEqual(201, answer.status)
            told = json.loads(answer.body)['token']
            self.assertEqual(self.ids['demo'], told['project']['id'])
            names = [role['name'] for role in told['roles']]
            self.assertEqual(['reader'], names)
        for how, status in (
            ({'id': made['id'], 'secret': 'wrong'}, 401),
            ({'id': made['id']}, 401),
            ({'id': 'nosuch', 'secret': secret}, 404),
            ({'name': 'ci', 'secret': secret}, 400),
            ({'id': made['id'], 'secret': secret, 'scope': 1}, 400),
        ):
            with self.subTest(how=how):
                self.assertEqual(status, self._use(**how).status)

    def test_it_is_restricted(self) -> None:
        made = self._created(name='ci')
        answer = self._use(id=made['id'], secret=made['secret'])
        token = dict(answer.headers)['X-Subject-Token']
        self.assertEqual(403, self._create(token, name='more').status)
        self.assertEqual(
            403, self.status('DELETE', f'{self.path}/{made["id"]}', token)
        )

    def test_deleting(self) -> None:
        made = self._created(name='ci')
        answer = self._use(id=made['id'], secret=made['secret'])
        token = dict(answer.headers)['X-Subject-Token']
        path = f'{self.path}/{made["id"]}'
        for status in 204, 404:
            self.assertEqual(status, self.status('DELETE', path, self.member))
        self.assertEqual(401, self.status('GET', '/v3/auth/projects', token))
        self.assertEqual([], self.get(self.path, self.member)[f'{_KEY}s'])

    def test_mistakes(self) -> None:
        self._created(name='ci')
        for fields, status in (
            ({'name': 'ci'}, 409),
            ({}, 400),
            ({'name': 3}, 400),
            ({'name': 'a', 'roles': [{'name': 'admin'}]}, 400),
            ({'name': 'a', 'access_rules': ['all']}, 400),
            ({'name': 'a', 'expires_at': 'soon'}, 400),
            ({'name': 'a', 'expires_at': '2000-01-01T00:00:00'}, 400),
        ):
            with self.subTest(fields=fields):
                self.assertEqual(status, self._create(**fields).status)
        self.assertEqual(
            403, self._create(self.token('admin'), name='a').status
        )

    def test_its_secret_is_told_once(self) -> None:
        made = self._created(name='ci', expires_at='2099-01-01T02:00:00+02:00')
        self.assertEqual('2099-01-01T00:00:00.000000Z', made['expires_at'])
        (listed,) = self.get(self.path, self.member)[f'{_KEY}s']
        self.assertEqual(made, {**listed, 'secret': made['secret']})
        self.assertNotIn('secret', listed)
