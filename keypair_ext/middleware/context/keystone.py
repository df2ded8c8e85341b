# SPDX-License-Identifier: Apache-2.0

"""The context filter behind keystonemiddleware's ``auth_token``.

It believes the identity headers only where ``auth_token`` handled this very
request and confirmed its token. So a client's own headers are worth nothing,
also when the pipeline lacks ``auth_token`` or sets ``delay_auth_decision``.
"""

from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext import environ as env
from keypair_ext.middleware.context import identity

_STATUS_KEY = 'HTTP_X_IDENTITY_STATUS'
_SERVICE_STATUS_KEY = 'HTTP_X_SERVICE_IDENTITY_STATUS'
_CONFIRMED = 'Confirmed'
_CHALLENGE = 'Keystone realm="keypair_ext"'


class KeystoneContext:
    """Put the context of a confirmed token into the environ."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer 401 without a confirmed token, else go on."""
        if not _is_confirmed(environ):
            # auth_token adds its own challenge to a 401 that passes it.
            challenge = None if env.TOKEN_AUTH in environ else _CHALLENGE
            return identity.refuse_unauthenticated(
                environ, start_response, challenge
            )
        # The tokens stay behind: we call nobody in the caller's name, and
        # what the context does not hold no log or notification can show.
        environ[env.CONTEXT] = identity.Context.from_environ(
            environ, is_admin=None, auth_token=None, service_token=None
        )
        return self._application(environ, start_response)


def _is_confirmed(environ: WSGIEnvironment) -> bool:
    """Tell if Keystone vouches for the user, and for the service if any."""
    return (
        environ.get(env.TOKEN_AUTH) is not None
        and environ.get(_STATUS_KEY) == _CONFIRMED
        and environ.get(_SERVICE_STATUS_KEY, _CONFIRMED) == _CONFIRMED
        and bool(environ.get('HTTP_X_USER_ID'))
    )


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[WSGIApplication], KeystoneContext]:
    """Return what makes the filter of a paste section; it has no options."""
    return KeystoneContext
