# SPDX-License-Identifier: Apache-2.0

"""A paste filter for real Nova: identity from request headers, no Keystone.

It stands in for ``authtoken keystonecontext`` so that a test can be anybody.
Nova's virtual environment imports a copy of this one file, alone: it must
import nothing of keypair_ext, and Nova only when the filter is loaded.
"""

import importlib
import json
from collections.abc import Callable, Iterable
from typing import Any

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_REFUSAL = json.dumps(
    {
        'error': {
            'code': 401,
            'title': 'Unauthorized',
            'message': 'The request you have made requires authentication.',
        },
    }
).encode()


class ContextFilter:
    """Put the ``nova.context`` that the headers describe into the environ."""

    def __init__(self, application: Application, www_authenticate: str):
        self._application = application
        self._www_authenticate = www_authenticate
        self._context = importlib.import_module('nova.context').RequestContext

    def __call__(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer 401 without a user, else what the application answers."""
        environ.update(_headers_of_token(environ))
        if not environ.get('HTTP_X_USER_ID'):
            return self._refuse(start_response)
        environ['nova.context'] = self._context.from_environ(
            environ,
            user_auth_plugin=None,
            remote_address=environ.get('REMOTE_ADDR'),
            service_catalog=None,
        )
        return self._application(environ, start_response)

    def _refuse(self, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as keystonemiddleware's auth_token does."""
        start_response(
            '401 Unauthorized',
            [
                ('Content-Type', 'application/json'),
                ('Content-Length', str(len(_REFUSAL))),
                ('WWW-Authenticate', self._www_authenticate),
            ],
        )
        return [_REFUSAL]


def _headers_of_token(environ: Environ) -> Environ:
    """Return the identity in ``user[:project[:role,...]]``, if any.

    A header of its own (X-User-Id, X-Project-Id, X-Roles) wins over the
    token's part.
    """
    parts = environ.get('HTTP_X_AUTH_TOKEN', '').split(':', 2)
    names = ('HTTP_X_USER_ID', 'HTTP_X_PROJECT_ID', 'HTTP_X_ROLES')
    return {
        name: part
        for name, part in zip(names, parts, strict=False)
        if part and name not in environ
    }


def filter_factory(
    global_conf: dict[str, str], **local_conf: str
) -> Callable[[Application], ContextFilter]:
    """Make the filter; ``www_authenticate_uri`` is what a 401 points to."""
    uri = local_conf.get('www_authenticate_uri', 'http://127.0.0.1:5000')
    return lambda app: ContextFilter(app, f'Keystone uri="{uri}"')
