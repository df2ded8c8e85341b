# SPDX-License-Identifier: Apache-2.0

"""The context filter of HTTP Basic authentication (RFC 7617).

Users and bcrypt hashes come from a password file, everything else about a
user from the configuration and nothing from the client's headers. What
happens below the filter is not its business: errors go through it.
"""

import base64
import functools
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_config import cfg
from oslo_middleware import cors

from keypair_ext import (
    conf as config,
    exception,
    profiles,
)
from keypair_ext.api import faults
from keypair_ext.middleware.context import (
    cross_site,
    guesses,
    htpasswd,
    identity,
)

_CHALLENGE = 'Basic realm="keypair_ext"'
_ADMIN_ROLE = 'admin'

# Whoever sends what is no user and password is nobody, which takes as long
# to find out as that a password is wrong.
_NOBODY = (b'', b'')


class HttpBasic:
    """Put the context of the user whose password is right into the environ.

    :param options: the group ``[api]``.
    :param guesses_limit: bounds what wrong passwords take.
    :param guard: refuses what a page of another site could send.
    :param fault_table: tells errors.
    """

    def __init__(
        self,
        application: WSGIApplication,
        password_file: htpasswd.PasswordFile,
        options: Any,
        *,
        guesses_limit: guesses.Guesses,
        guard: cross_site.Guard,
        fault_table: faults.Faults,
    ) -> None:
        self._application = application
        self._password_file = password_file
        self._guesses = guesses_limit
        self._guard = guard
        self._faults = fault_table
        self._cache_time: float = options.http_basic_cache_time
        self._project_id: str = options.http_basic_project_id
        self._roles: list[str] = options.http_basic_roles
        self._admin_roles = dict.fromkeys((*self._roles, _ADMIN_ROLE))
        self._admins = frozenset(options.http_basic_admins)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer 401 unless the password is right, else go on without it.

        503 while wrong passwords take too much; 403 or 415 for what a page
        of another site could have a browser send.
        """
        identity.strip_headers(environ)
        try:
            user_id = self._user_id(environ.pop('HTTP_AUTHORIZATION', ''))
            if user_id is None:
                return identity.refuse_unauthenticated(
                    environ, start_response, _CHALLENGE
                )
            self._guard.check(environ)
        except exception.KeypairExtError as error:
            return self._faults.answer(error)(environ, start_response)
        roles = self._admin_roles if user_id in self._admins else self._roles
        identity.set_context(environ, user_id, self._project_id, [*roles])
        return self._application(environ, start_response)

    def _user_id(self, authorization: str) -> str | None:
        """Return who authenticates with this header, if anybody.

        :raises TooManyGuesses: it cannot be looked at now.
        """
        scheme, _, encoded = authorization.partition(' ')
        if scheme.lower() != 'basic':
            return None
        user, password = _credentials(encoded)
        return user.decode() if self._is_right(user, password) else None

    def _is_right(self, user: bytes, password: bytes) -> bool:
        users = self._password_file.users()
        age = users.age(user, password)
        if age is not None and age < self._cache_time:
            return True
        verify = functools.partial(users.verify, user, password)
        # Who was right before need not wait for those who guess.
        if age is not None:
            return verify()
        return self._guesses.check(user + b':' + password, verify)


def _credentials(encoded: str) -> tuple[bytes, bytes]:
    """Return the user and the password that a header holds."""
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        return _NOBODY
    user, colon, password = decoded.partition(b':')
    return (user, password) if colon else _NOBODY


def load(conf: cfg.ConfigOpts) -> Callable[..., HttpBasic]:
    """Return what puts the filter in front of an application.

    All that it is put in front of have one memory, and one bound for guesses.

    :raises ConfigurationError: the password file cannot be used.
    """
    config.register_api_opts(conf)
    origins = [*cors.CORS(None, conf).allowed_origins]
    if conf.api.compute_link_prefix:
        origins.append(cross_site.origin_of(conf.api.compute_link_prefix))
    return functools.partial(
        HttpBasic,
        password_file=htpasswd.PasswordFile(conf.api.http_basic_user_file),
        options=conf.api,
        guesses_limit=guesses.Guesses(),
        guard=cross_site.Guard(origins),
        fault_table=faults.Faults(
            profiles.Faults(), conf.keypairs.retry_after
        ),
    )
