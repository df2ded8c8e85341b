# SPDX-License-Identifier: Apache-2.0

"""An imitation of Identity and Compute whose answers are counted."""

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib import parse as urlparse

import fixtures

from keypair_ext.tests.functional.servers import wsgi_server

Answer = tuple[str, object]
_StartResponse = Callable[[str, list[tuple[str, str]]], object]


def user(user_id: str, *, enabled: bool = True) -> Answer:
    """Return what Identity answers for a user whom it knows."""
    return '200 OK', {'user': {'id': user_id, 'enabled': enabled}}


UNKNOWN: Answer = (
    '404 Not Found',
    {'error': {'code': 404, 'title': 'Not Found', 'message': 'no such user'}},
)

# Who asks.
OPERATOR = 'operator'


class Services(fixtures.Fixture):
    """Both services on one port; ``url`` has no path.

    :ivar answers: what is answered to a path and query, each once, besides
        tokens and versions. :meth:`left` says what was not asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, list[Answer]] = {}
        self.unexpected: list[str] = []
        self.everything: Answer | None = None

    def _setUp(self) -> None:
        self.url = self.useFixture(wsgi_server.Server(self)).url
        self._lock = threading.Lock()

    def options(self) -> dict[str, object]:
        """Return ``[keystone_authtoken]`` to log in here."""
        return {
            'auth_type': 'password',
            'auth_url': f'{self.url}/v3',
            'username': OPERATOR,
            'password': 'secret',
            'user_domain_id': 'default',
            'project_name': 'admin',
            'project_domain_id': 'default',
        }

    def expect_user(self, user_id: str, *answers: Answer) -> None:
        """Answer questions for a user."""
        path = f'/v3/users/{urlparse.quote(user_id, safe="")}'
        self.answers.setdefault(path, []).extend(answers)

    def expect_operator(self) -> None:
        """Know who asks."""
        self.expect_user(OPERATOR, user(OPERATOR))

    def left(self) -> list[str]:
        """Return the answers that nobody has asked for, and wrong asking."""
        return [
            *(path for path, answers in self.answers.items() if answers),
            *self.unexpected,
        ]

    def __call__(
        self, environ: dict[str, Any], start_response: _StartResponse
    ) -> Iterable[bytes]:
        status, document, headers = self._answer(environ)
        body = (
            document
            if isinstance(document, bytes)
            else json.dumps(document).encode()
        )
        start_response(
            status,
            [
                ('Content-Type', 'application/json'),
                ('Content-Length', str(len(body))),
                *headers,
            ],
        )
        return [body]

    def _answer(
        self, environ: dict[str, Any]
    ) -> tuple[str, object, list[tuple[str, str]]]:
        path = urlparse.quote(environ['PATH_INFO'], encoding='latin-1')
        if environ['QUERY_STRING']:
            path += f'?{environ["QUERY_STRING"]}'
        if self.everything is not None:
            return *self.everything, []
        if path == '/v3/auth/tokens':
            environ['wsgi.input'].read(int(environ['CONTENT_LENGTH']))
            token = self._token()
            return '201 Created', token, [('X-Subject-Token', 'token')]
        if path.rstrip('/') in ('', '/v3'):
            return '200 OK', self._versions(), []
        with self._lock:
            answers = self.answers.get(path)
            if answers:
                return *answers.pop(0), []
            self.unexpected.append(path)
        return '418 Not Expected', {}, []

    def _versions(self) -> object:
        links = [{'rel': 'self', 'href': f'{self.url}/v3/'}]
        version = {'id': 'v3.14', 'status': 'stable', 'links': links}
        return {'version': version}

    def _token(self) -> object:
        def service(kind: str, path: str) -> object:
            endpoint = {
                'id': kind,
                'interface': 'public',
                'region': 'RegionOne',
                'region_id': 'RegionOne',
                'url': f'{self.url}{path}',
            }
            return {'type': kind, 'id': kind, 'endpoints': [endpoint]}

        return {
            'token': {
                'user': {'id': OPERATOR, 'name': OPERATOR},
                'project': {'id': 'admin', 'name': 'admin'},
                'methods': ['password'],
                'roles': [{'id': 'admin', 'name': 'admin'}],
                'expires_at': '2199-01-01T00:00:00.000000Z',
                'issued_at': '2026-01-01T00:00:00.000000Z',
                'catalog': [
                    service('identity', '/v3'),
                    service('compute', '/v2.1'),
                ],
            }
        }
