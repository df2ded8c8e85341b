# SPDX-License-Identifier: Apache-2.0

"""A real Keystone under uWSGI, and the people and tokens tests ask it for."""

import grp
import os
import pwd
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib import parse as urlparse

import fixtures

from keypair_ext.tests.functional.servers import (
    ini,
    process,
    rest,
    uwsgi,
    venv,
)

REQUIREMENTS: Final = (
    'keystone==30.0.0',
    'PyMySQL',
    'python-memcached',
    'uwsgi',
)
REGION: Final = 'RegionOne'
_DOMAIN: Final = 'default'
_ADMIN: Final = 'admin'
_PASSWORD: Final = 'secret'


@dataclass(frozen=True)
class Account:
    """A user, with a password and the roles it has in one project."""

    user_id: str
    user_name: str
    project_id: str
    project_name: str
    roles: tuple[str, ...] = ()
    password: str = _PASSWORD


class Keystone(fixtures.Fixture):
    """Keystone with Fernet tokens, bootstrapped, on a free port.

    ``url`` ends in ``/v3``.  Everything is asked of the running API, as an
    operator's scripts would do.
    """

    server: uwsgi.UWSGI

    def __init__(
        self,
        database_url: str | None = None,
        *,
        conf: ini.Sections | None = None,
        processes: int = 1,
        port: int | None = None,
    ):
        """Describe the server.

        :param database_url: an empty database; without it an SQLite file.
        :param conf: more options, such as a short ``[token] expiration``.
        """
        super().__init__()
        self._database_url = database_url
        self._conf = conf or {}
        self._processes = processes
        self._token = ''
        self._roles: dict[str, str] = {}
        self.port = port or process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}/v3'

    def _setUp(self) -> None:
        self._venv = venv.ensure('keystone', REQUIREMENTS)
        self._home = self.useFixture(process.Directory('keystone')).path
        self._configure()
        self._manage('db_sync')
        self._manage(
            'fernet_setup',
            '--keystone-user',
            pwd.getpwuid(os.geteuid()).pw_name,
            '--keystone-group',
            grp.getgrgid(os.getegid()).gr_name,
        )
        self._bootstrap()
        self._serve()
        self._token = self.admin_token()

    # The server

    def _configure(self) -> None:
        """Write keystone.conf; cheap hashes, for tests log in often."""
        database = self._database_url or f'sqlite:///{self._home}/keystone.db'
        ini.write(
            self._home / 'keystone.conf',
            ini.merge(
                {
                    'database': {'connection': database},
                    'fernet_tokens': {'key_repository': self._home / 'tokens'},
                    'fernet_receipts': {
                        'key_repository': self._home / 'receipts'
                    },
                    'identity': {'password_hash_rounds': 4},
                    'oslo_policy': {
                        'policy_file': self._home / 'policy.yaml',
                        'policy_dirs': self._home / 'policy.d',
                    },
                },
                self._conf,
            ),
        )

    def _manage(self, *arguments: str) -> None:
        process.run(
            [
                self._venv / 'bin' / 'keystone-manage',
                '--config-file',
                self._home / 'keystone.conf',
                *arguments,
            ],
            env=process.clean_environment(self._home),
        )

    def _bootstrap(self) -> None:
        self._manage(
            'bootstrap',
            '--bootstrap-username',
            _ADMIN,
            '--bootstrap-password',
            _PASSWORD,
            '--bootstrap-project-name',
            _ADMIN,
            '--bootstrap-region-id',
            REGION,
            '--bootstrap-public-url',
            self.url,
            '--bootstrap-internal-url',
            self.url,
            '--bootstrap-admin-url',
            self.url,
        )

    def _serve(self) -> None:
        self.server = self.useFixture(
            uwsgi.UWSGI(
                self._venv,
                'keystone.wsgi.api:application',
                directory=self._home,
                env={'OS_KEYSTONE_CONFIG_DIR': str(self._home)},
                port=self.port,
                processes=self._processes,
                lazy=True,
            )
        )

    # Tokens

    def admin_token(self) -> str:
        """Return a token of the administrator, in its project."""
        return self.password_token(
            {'name': _ADMIN, 'domain': {'id': _DOMAIN}},
            {'project': {'name': _ADMIN, 'domain': {'id': _DOMAIN}}},
        )

    def admin_system_token(self) -> str:
        """Return a token of the administrator, for the whole system."""
        return self.password_token(
            {'name': _ADMIN, 'domain': {'id': _DOMAIN}},
            {'system': {'all': True}},
        )

    def token(self, account: Account) -> str:
        """Return a token of an account, in its project.

        Keystone refuses it to an account that has no role there.
        """
        return self.password_token(
            {'id': account.user_id},
            {'project': {'id': account.project_id}},
            account.password,
        )

    def unscoped_token(self, account: Account) -> str:
        """Return a token of an account that is good for no project."""
        return self.password_token(
            {'id': account.user_id}, 'unscoped', account.password
        )

    def revoke(self, token: str) -> None:
        """Revoke a token."""
        self.request(
            'DELETE', '/auth/tokens', headers={'X-Subject-Token': token}
        )

    def password_token(
        self, user: dict[str, Any], scope: object, password: str = _PASSWORD
    ) -> str:
        """Return a token of a user, by id or by name, for a scope."""
        method = {
            'methods': ['password'],
            'password': {'user': {**user, 'password': password}},
        }
        return self._authenticate({'identity': method, 'scope': scope})

    def credential_token(self, credential: dict[str, Any]) -> str:
        """Return a token by an application credential, as it was made."""
        method = {
            'methods': ['application_credential'],
            'application_credential': {
                'id': credential['id'],
                'secret': credential['secret'],
            },
        }
        return self._authenticate({'identity': method})

    def _authenticate(self, document: dict[str, Any]) -> str:
        answer = rest.call(
            'POST', f'{self.url}/auth/tokens', {'auth': document}
        )
        return str(answer.expect(201).headers['X-Subject-Token'])

    # People

    def account(
        self,
        *roles: str,
        user: str | None = None,
        project_id: str | None = None,
    ) -> Account:
        """Create a user with roles in a project, by default a new one.

        Without roles the user is nobody in that project.
        """
        user_name = user or f'user-{uuid.uuid4().hex}'
        if project_id is None:
            project_id = self.create_project(f'project-{uuid.uuid4().hex}')
        project = self.request('GET', f'/projects/{project_id}')
        user_id = self.create_user(user_name)
        for role in roles:
            self.grant(user_id, project_id, role)
        return Account(
            user_id, user_name, project_id, project['project']['name'], roles
        )

    def create_project(self, name: str) -> str:
        """Create a project and return its id."""
        return self._create('project', {'name': name, 'domain_id': _DOMAIN})

    def create_user(self, name: str, password: str = _PASSWORD) -> str:
        """Create a user and return its id."""
        return self._create(
            'user',
            {
                'name': name,
                'password': password,
                'domain_id': _DOMAIN,
            },
        )

    def grant(self, user_id: str, project_id: str, role: str) -> None:
        """Give a role in a project; a role nobody knows yet is created."""
        self.request(
            'PUT',
            f'/projects/{project_id}/users/{user_id}/roles/{self.role(role)}',
        )

    def role(self, name: str) -> str:
        """Return the id of a role; one nobody knows yet is created."""
        if name not in self._roles:
            query = urlparse.urlencode({'name': name})
            found = self.request('GET', f'/roles?{query}')['roles']
            self._roles[name] = (
                found[0]['id']
                if found
                else self._create('role', {'name': name})
            )
        return self._roles[name]

    # Services

    def register_compute(self, url: str) -> str:
        """Put a compute endpoint into the catalogue; return its id."""
        service = self._create('service', {'type': 'compute', 'name': 'nova'})
        return [
            self._create(
                'endpoint',
                {
                    'service_id': service,
                    'region_id': REGION,
                    'interface': interface,
                    'url': url,
                },
            )
            for interface in ('admin', 'internal', 'public')
        ][-1]

    def register_limit(self, resource: str, limit: int) -> None:
        """Register compute's default limit of a resource."""
        services = self.request('GET', '/services?type=compute')['services']
        self.request(
            'POST',
            '/registered_limits',
            {
                'registered_limits': [
                    {
                        'service_id': services[0]['id'],
                        'region_id': REGION,
                        'resource_name': resource,
                        'default_limit': limit,
                    }
                ]
            },
        )

    def limit_options(
        self, service: Account, endpoint_id: str
    ) -> dict[str, object]:
        """Return ``[oslo_limit]``, and let the service read all limits.

        :param endpoint_id: what ``register_compute`` returned.
        """
        path = f'/system/users/{service.user_id}/roles/{self.role("reader")}'
        self.request('PUT', path)
        return {
            'auth_url': self.url,
            'auth_type': 'password',
            'username': service.user_name,
            'user_domain_id': _DOMAIN,
            'password': service.password,
            'system_scope': 'all',
            'endpoint_id': endpoint_id,
        }

    def authtoken_options(
        self, service: Account, memcached: Sequence[str] = ()
    ) -> dict[str, object]:
        """Return ``[keystone_authtoken]`` for a service.

        :param service: the account the service logs in with.
        :param memcached: ``host:port`` of the token cache's servers.
        """
        options: dict[str, object] = {
            'www_authenticate_uri': self.url,
            'auth_url': self.url,
            'auth_type': 'password',
            'username': service.user_name,
            'user_domain_id': _DOMAIN,
            'password': service.password,
            'project_id': service.project_id,
            'region_name': REGION,
            'service_type': 'compute',
        }
        if memcached:
            options['memcached_servers'] = ','.join(memcached)
            # The advanced pool imports eventlet, which a Nova that runs
            # under threads forbids.
            options['memcache_use_advanced_pool'] = False
        return options

    # The API

    def _create(self, kind: str, document: dict[str, Any]) -> str:
        made = self.request('POST', f'/{kind}s', {kind: document})
        return str(made[kind]['id'])

    def request(
        self,
        method: str,
        path: str,
        document: object = None,
        headers: dict[str, str] | None = None,
        statuses: Collection[int] = (200, 201, 204),
    ) -> Any:
        """Ask the API as the administrator; return the answer's document."""
        answer = rest.call(
            method,
            self.url + path,
            document,
            {'X-Auth-Token': self._token, **(headers or {})},
        ).expect(*statuses)
        return answer.json() if answer.body else None
