# SPDX-License-Identifier: Apache-2.0

"""The people of the areas, in a real Keystone from the first time they ask.

Areas say by headers who asks. Here that becomes the token of a user with that
id, and with those roles in a project with that id, for ids are in requests and
answers. Keystone chooses ids itself, so they are changed in its database.
"""

import contextlib
import dataclasses
import sqlite3
import threading
from collections.abc import Sequence
from typing import Any, Final
from urllib import parse as urlparse

import fixtures

from keypair_ext.tests.functional.conformance.wire import Request
from keypair_ext.tests.functional.servers import keystone, process

_USER: Final = 'X-User-Id'
_HEADERS: Final = (
    _USER,
    'X-Project-Id',
    'X-Roles',
    'OpenStack-System-Scope',
    'X-Domain-Id',
)

# Where Keystone keeps the id of a user, and that of a project without any.
_USERS: Final = (
    ('user', 'id'),
    ('local_user', 'user_id'),
    ('assignment', 'actor_id'),
    ('system_assignment', 'actor_id'),
    ('application_credential', 'user_id'),
)
_PROJECTS: Final = (('project', 'id'),)


class People(fixtures.Fixture):
    """A Keystone, and those who are in it.

    Its database is a file: an id may be of any length there, two roles may
    differ in case only, and it is there while MariaDB is away.
    """

    keystone: keystone.Keystone

    def _setUp(self) -> None:
        directory = self.useFixture(process.Directory('people')).path
        self._database = directory / 'keystone.db'
        self.keystone = self.useFixture(
            keystone.Keystone(f'sqlite:///{self._database}')
        )
        # The servers are asked at the same time.
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, ...], str] = {}
        self._users: set[str] = set()
        self._projects: set[str] = set()

    def signed(self, request: Request) -> Request:
        """Return the request with a token instead of those headers.

        What nobody asks stays as it is, and so does a token that is there.
        """
        said = {
            name: value.encode('latin-1').decode()
            for name, value in request.headers
            if name in _HEADERS
        }
        if not said.get(_USER):
            return request
        who = tuple(said.get(name, '') for name in _HEADERS)
        with self._lock:
            if who not in self._tokens:
                self._tokens[who] = self._token(*who)
        headers = [each for each in request.headers if each[0] not in _HEADERS]
        headers.append(('X-Auth-Token', self._tokens[who]))
        return dataclasses.replace(request, headers=tuple(headers))

    def _token(
        self, user: str, project: str, names: str, system: str, domain: str
    ) -> str:
        """Return a token for what a caller has roles in.

        Without roles it is for nothing: Keystone issues no other.
        """
        roles = [self.keystone.role(name) for name in names.split(',') if name]
        user_id = self._user(user)
        credential = None
        scope: object = 'unscoped'
        if roles and project:
            credential = self._credential(user_id, project, roles)
        elif roles and system == 'all':
            self._grant('/system', user_id, roles)
            scope = {'system': {'all': True}}
        elif roles and domain:
            self._grant(f'/domains/{domain}', user_id, roles)
            scope = {'domain': {'id': domain}}
        self._rename(_USERS, user_id, user)
        if credential is not None:
            return self.keystone.credential_token(credential)
        return self.keystone.password_token({'id': user}, scope)

    def _user(self, name: str) -> str:
        """Return the id of a user, which for a new one is Keystone's."""
        if name in self._users:
            return name
        self._users.add(name)
        return self.keystone.create_user(f'user {len(self._users)}')

    def _credential(
        self, user_id: str, project: str, roles: Sequence[str]
    ) -> dict[str, Any]:
        """Return an application credential for those roles and no others.

        A user may ask with more of them in the same project.
        """
        if project not in self._projects:
            self._projects.add(project)
            made = self.keystone.create_project(project)
            self._rename(_PROJECTS, made, project)
        self._grant(f'/projects/{urlparse.quote(project)}', user_id, roles)
        token = self.keystone.password_token(
            {'id': user_id}, {'project': {'id': project}}
        )
        document = {
            'name': f'credential {len(self._tokens)}',
            'roles': [{'id': role} for role in roles],
        }
        made = self.keystone.request(
            'POST',
            f'/users/{urlparse.quote(user_id)}/application_credentials',
            {'application_credential': document},
            {'X-Auth-Token': token},
        )
        credential: dict[str, Any] = made['application_credential']
        return credential

    def _grant(self, target: str, user_id: str, roles: Sequence[str]) -> None:
        user = urlparse.quote(user_id)
        for role in roles:
            self.keystone.request('PUT', f'{target}/users/{user}/roles/{role}')

    def _rename(
        self, columns: Sequence[tuple[str, str]], old: str, new: str
    ) -> None:
        connection = sqlite3.connect(self._database, timeout=60)
        with contextlib.closing(connection), connection:
            for table, column in columns:
                connection.execute(
                    f'UPDATE {table} SET {column} = ?'  # noqa: S608
                    f' WHERE {column} = ?',
                    (new, old),
                )
