# SPDX-License-Identifier: Apache-2.0

"""The context filter that believes its client: for tests and benchmarks.

A client is who its headers say: ``X-User-Id``, ``X-Project-Id``, ``X-Roles``
(comma separated), and ``OpenStack-System-Scope`` and ``X-Domain-Id`` for
another scope than a project. Whatever of user, project and roles has no
header is taken from ``X-Auth-Token: user[:project[:role,...]]``. A project
that is not named is not made up, so that a caller without one can be played.

The one exception is the token ``notused``, which clients with
``auth_type = none`` send and cannot change: it is the user ``notused`` in the
project ``notused`` with the roles of an ordinary user.
"""

import functools
import ipaddress
import logging
from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext import conf as config, config_files
from keypair_ext.middleware.context import identity

LOG = logging.getLogger(__name__)

_CHALLENGE = 'Keystone realm="keypair_ext"'
_NOT_USED = 'notused'
_NOT_USED_CLAIMS = 'notused:notused:member,reader'

# A proxy on this machine speaks for clients that need not be. The words of
# which proxies make the names of their headers, whoever made them.
_WORDS = """
    ADDR ADDRESS CLUSTER CLOUD FRONT ORIGINAL ORIGINATING PORT REAL REWRITE
    SCHEME SSL START VIA AKAMAI AMZ AMZN APPENGINE APPGW ARR AZURE CDN CF
    CLOUDFRONT ENVOY FASTLY HAPROXY INCAP SUCURI TRAEFIK VARNISH
"""
_OF_A_PROXY = frozenset(
    (
        *_WORDS.split(),
        *(
            f'{whose}IP{version}'
            for whose in ('', 'CLIENT', 'REAL', 'REMOTE', 'USER')
            for version in ('', '4', '6', 'V4', 'V6')
        ),
    )
)
_PARTS_OF_A_PROXY = ('FORWARD', 'PROXY', 'PROXIED', 'X_HOST')


class NoAuth:
    """Put the context that the client claims into the environ."""

    def __init__(
        self, application: WSGIApplication, *, allow_remote: bool
    ) -> None:
        self._application = application
        self._allow_remote = allow_remote

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer 403 to a remote client, 401 to nobody, else go on."""
        if not (self._allow_remote or is_local(environ)):
            return identity.refuse_forbidden(
                environ,
                start_response,
                'Without authentication only clients on this machine are '
                'served, unless [api] noauth_allow_remote is set.',
            )
        user_id, project_id, roles = _claims(environ)
        domain_id = environ.get('HTTP_X_DOMAIN_ID')
        scope = environ.get('HTTP_OPENSTACK_SYSTEM_SCOPE')
        # Each line of the log says whom it is about, as it is.
        told = f'{user_id}{project_id}{roles}{domain_id}{scope}'
        if not user_id or not told.isprintable():
            return identity.refuse_unauthenticated(
                environ, start_response, _CHALLENGE
            )
        identity.set_context(
            environ,
            user_id,
            project_id or None,
            [*map(str.strip, roles.split(','))] if roles else [],
            domain_id=domain_id,
            system_scope=scope,
        )
        return self._application(environ, start_response)


def is_local(environ: WSGIEnvironment) -> bool:
    """Tell if the client is known to be on this machine.

    It is not where a proxy forwarded the request and says so, nor where the
    server gives no address: behind a Unix socket there is usually a proxy. A
    proxy that adds no header cannot be seen.
    """
    return not _are_of_a_proxy(tuple(environ)) and _is_loopback(
        environ.get('REMOTE_ADDR', '')
    )


@functools.lru_cache(maxsize=16)
def _are_of_a_proxy(keys: tuple[str, ...]) -> bool:
    names = '_'.join([key for key in keys if 'HTTP_' in key])
    return not _OF_A_PROXY.isdisjoint(names.split('_')) or any(
        part in names for part in _PARTS_OF_A_PROXY
    )


@functools.lru_cache(maxsize=16)
def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    # ::ffff:127.0.0.1 is what a server on a dual-stack socket sees.
    mapped = getattr(parsed, 'ipv4_mapped', None)
    return (mapped or parsed).is_loopback


def _claims(environ: WSGIEnvironment) -> tuple[str, str, str]:
    """Return user, project and roles as the client gives them."""
    token: str = environ.get('HTTP_X_AUTH_TOKEN', '')
    if token == _NOT_USED and 'HTTP_X_USER_ID' not in environ:
        token = _NOT_USED_CLAIMS
    parts = [*token.split(':', 2), '', '']
    return (
        environ.get('HTTP_X_USER_ID', parts[0]),
        environ.get('HTTP_X_PROJECT_ID', parts[1]),
        environ.get('HTTP_X_ROLES', parts[2]),
    )


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[WSGIApplication], NoAuth]:
    """Return what makes the filter of a paste section."""
    conf = config_files.from_paste(local_conf)
    config.register_api_opts(conf)
    allow_remote = conf.api.noauth_allow_remote
    LOG.warning(
        'Every client%s is believed on its word: noauth is for tests only',
        '' if allow_remote else ' on this machine',
    )
    return functools.partial(NoAuth, allow_remote=allow_remote)
