# SPDX-License-Identifier: Apache-2.0

"""The context filter of HTTP Basic authentication (RFC 7617).

Users and bcrypt hashes come from a password file, everything else about a
user from the configuration and nothing from the client's headers. What
happens below the filter is not its business: errors go through it.
"""

import base64
import functools
from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext import conf as config
from keypair_ext.middleware.context import (
    htpasswd,
    identity,
    password_cache,
)

_CHALLENGE = 'Basic realm="keypair_ext"'
_ADMIN_ROLE = 'admin'


class HttpBasic:
    """Put the context of the user whose password is right into the environ.

    :param project_id: the project of every user.
    :param roles: the roles of every user.
    :param admins: the users who have the role ``admin`` too.
    """

    def __init__(
        self,
        application: WSGIApplication,
        password_file: htpasswd.PasswordFile,
        memory: password_cache.PasswordCache,
        *,
        project_id: str,
        roles: list[str],
        admins: Iterable[str],
    ) -> None:
        self._application = application
        self._password_file = password_file
        self._memory = memory
        self._project_id = project_id
        self._roles = tuple(roles)
        self._admin_roles = tuple(dict.fromkeys((*roles, _ADMIN_ROLE)))
        self._admins = frozenset(admins)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer 401 unless the password is right, else go on without it."""
        identity.strip_headers(environ)
        user_id = self._user_id(environ.pop('HTTP_AUTHORIZATION', ''))
        if user_id is None:
            return identity.refuse_unauthenticated(
                environ, start_response, _CHALLENGE
            )
        is_admin = user_id in self._admins
        identity.set_context(
            environ,
            user_id,
            self._project_id,
            list(self._admin_roles if is_admin else self._roles),
        )
        return self._application(environ, start_response)

    def _user_id(self, authorization: str) -> str | None:
        """Return who authenticates with this header, if anybody."""
        credentials = _credentials(authorization)
        if credentials is None:
            return None
        user, password = credentials
        users = self._password_file.users()
        if not self._memory.knows(users, user, password):
            if not users.verify(user, password):
                return None
            self._memory.keep(users, user, password)
        return user.decode()


def _credentials(authorization: str) -> tuple[bytes, bytes] | None:
    """Return user and password of an ``Authorization`` header, or None."""
    scheme, _, encoded = authorization.partition(' ')
    if scheme.lower() != 'basic':
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        return None
    user, colon, password = decoded.partition(b':')
    return (user, password) if colon else None


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[WSGIApplication], HttpBasic]:
    """Return what makes the filter of a paste section.

    :raises ConfigurationError: the password file cannot be used.
    """
    conf = config.from_paste(local_conf)
    config.register_api_opts(conf)
    return functools.partial(
        HttpBasic,
        password_file=htpasswd.PasswordFile(conf.api.http_basic_user_file),
        memory=password_cache.PasswordCache(conf.api.http_basic_cache_time),
        project_id=conf.api.http_basic_project_id,
        roles=conf.api.http_basic_roles,
        admins=conf.api.http_basic_admins,
    )
