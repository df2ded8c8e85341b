# SPDX-License-Identifier: Apache-2.0

"""What the context filters share.

The one place that says which headers speak of identity, what a context is
made of and what a refused caller gets. Who is believed is each filter's own
decision.
"""

import http.client
import json
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from oslo_context import context

from keypair_ext import environ as env, exception

_USER_AND_SERVICE = (
    'DOMAIN_ID',
    'DOMAIN_NAME',
    'IDENTITY_STATUS',
    'PROJECT_DOMAIN_ID',
    'PROJECT_DOMAIN_NAME',
    'PROJECT_ID',
    'PROJECT_NAME',
    'ROLES',
    'USER_DOMAIN_ID',
    'USER_DOMAIN_NAME',
    'USER_ID',
    'USER_NAME',
)

# The headers that keystonemiddleware's auth_token sets or removes and those
# that oslo.context believes, the tokens themselves included.
IDENTITY_KEYS = frozenset(
    (
        *(f'HTTP_X_{name}' for name in _USER_AND_SERVICE),
        *(f'HTTP_X_SERVICE_{name}' for name in _USER_AND_SERVICE),
        'HTTP_OPENSTACK_SYSTEM_SCOPE',
        'HTTP_X_AUTH_TOKEN',
        'HTTP_X_IS_ADMIN_PROJECT',
        'HTTP_X_ROLE',
        'HTTP_X_SERVICE_CATALOG',
        'HTTP_X_SERVICE_TOKEN',
        'HTTP_X_STORAGE_TOKEN',
        'HTTP_X_TENANT',
        'HTTP_X_TENANT_ID',
        'HTTP_X_TENANT_NAME',
        'HTTP_X_USER',
    )
)


class Context(context.RequestContext):
    """Who is asking.

    None of what policies may ask about it is deprecated, so that they get a
    dictionary rather than a mapping that warns.
    """

    def to_policy_values(self) -> dict[str, Any]:
        """Return what policies may ask about, by name."""
        return {
            'user_id': self.user_id,
            'user_domain_id': self.user_domain_id,
            'system_scope': self.system_scope,
            'domain_id': self.domain_id,
            'project_id': self.project_id,
            'project_domain_id': self.project_domain_id,
            'roles': self.roles,
            'is_admin_project': self.is_admin_project,
            'service_user_id': self.service_user_id,
            'service_user_domain_id': self.service_user_domain_id,
            'service_project_id': self.service_project_id,
            'service_project_domain_id': self.service_project_domain_id,
            'service_roles': self.service_roles,
        }


def strip_headers(environ: WSGIEnvironment) -> None:
    """Remove what a client says about its identity."""
    for key in IDENTITY_KEYS & environ.keys():
        del environ[key]


def set_context(
    environ: WSGIEnvironment,
    user_id: str,
    project_id: str | None,
    roles: list[str],
    *,
    domain_id: str | None = None,
    system_scope: str | None = None,
) -> None:
    """Put the context of this caller where the application looks for it.

    ``is_admin`` stays None, not decided yet: policy decides it. The context
    is also what the log lines of this thread are about from now on.
    """
    environ[env.CONTEXT] = Context(
        user_id=user_id,
        project_id=project_id,
        roles=roles,
        domain_id=domain_id,
        system_scope=system_scope,
        is_admin=None,
        request_id=environ.get(env.REQUEST_ID),
        global_request_id=environ.get(env.GLOBAL_REQUEST_ID),
    )


def refuse_unauthenticated(
    environ: WSGIEnvironment,
    start_response: StartResponse,
    challenge: str | None,
) -> Iterable[bytes]:
    """Answer 401 as keystonemiddleware does.

    :param challenge: the value of ``WWW-Authenticate``; None where a filter
        above adds one.
    """
    headers = [] if challenge is None else [('WWW-Authenticate', challenge)]
    message = exception.NotAuthenticated.message
    return _refuse(environ, start_response, 401, message, headers)


def refuse_forbidden(
    environ: WSGIEnvironment, start_response: StartResponse, message: str
) -> Iterable[bytes]:
    """Answer 403 in the shape of the 401."""
    return _refuse(environ, start_response, 403, message)


def _refuse(
    environ: WSGIEnvironment,
    start_response: StartResponse,
    code: int,
    message: str,
    headers: Iterable[tuple[str, str]] = (),
) -> Iterable[bytes]:
    title = http.client.responses[code]
    error = {'code': code, 'title': title, 'message': message}
    body = json.dumps({'error': error}).encode()
    start_response(
        f'{code} {title}',
        [
            ('Content-Type', 'application/json'),
            ('Content-Length', str(len(body))),
            *headers,
        ],
    )
    return [] if environ['REQUEST_METHOD'] == 'HEAD' else [body]
