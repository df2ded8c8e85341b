# SPDX-License-Identifier: Apache-2.0

"""keystonemiddleware's ``auth_token``, with our manners in case of trouble.

What can be known to be wrong with ``[keystone_authtoken]`` is told when the
filter is loaded. An Identity service that cannot be asked is a fault 503,
where ``auth_token`` answers a page or lets an exception through.
"""

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any
from wsgiref.types import WSGIApplication

import webob.exc
from keystoneauth1 import exceptions as auth_exceptions
from keystonemiddleware import auth_token
from oslo_config import cfg, types
from oslo_log import log as logging

from keypair_ext import (
    conf as config,
    config_files,
    environ as env,
    exception,
    identity_client,
    profiles,
)
from keypair_ext.api import faults, routes

LOG = logging.getLogger(__name__)

_GROUP = 'keystone_authtoken'
# In a paste section it is text.
_is_on = types.Boolean()

_SECURED = ('sasl', 'tls')

# What auth_token raises for options that it cannot use.
_MISTAKES = (
    auth_exceptions.ClientException,
    auth_token.ConfigurationError,
    cfg.Error,
    OSError,
    ValueError,
)

# What asking the Identity service, or memcached, raises; and what is made of
# an answer that is none of Identity's, such as the page of a proxy.
_FAILURES = (
    auth_exceptions.ClientException,
    OSError,
    ImportError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)


class AuthToken(auth_token.AuthProtocol):  # type: ignore[misc]
    """Check tokens, or say that they cannot be checked now."""

    def __init__(
        self,
        application: WSGIApplication,
        options: dict[str, Any],
        fault_table: faults.Faults,
    ) -> None:
        super().__init__(application, options)
        self._faults = fault_table

    def process_request(self, request: webob.Request) -> Any:
        """Return an answer in place of the application's, or None."""
        try:
            return super().process_request(request)
        except webob.exc.HTTPServiceUnavailable:
            # auth_token has logged why.
            pass
        except _FAILURES as error:
            LOG.error(
                'The Identity service cannot be asked: %s: %s',
                type(error).__name__,
                ' '.join(str(error).split()),
            )
        fault = self._faults.answer(exception.IdentityUnavailable())
        return request.get_response(fault)

    def validate_allowed_request(
        self, request: webob.Request, token: Mapping[str, Any]
    ) -> None:
        """Return if the access rules of a token, if it has any, let it.

        ``auth_token`` also looks for the service in the token's catalogue,
        which is not there where nothing else needs it; and at the method that
        was sent, where a query may name another one to go by.
        """
        ours = {'type': self._conf.get('service_type')}
        method = routes.method(request.environ)
        asked = type(request)({**request.environ, 'REQUEST_METHOD': method})
        super().validate_allowed_request(asked, {'catalog': [ours], **token})


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[WSGIApplication], AuthToken]:
    """Return what makes the filter of a paste section.

    :param local_conf: options of ``[keystone_authtoken]``, which then win
        over those in the configuration.
    :raises ConfigurationError: the Identity service could never be asked.
    """
    source = {
        key: local_conf.pop(key)
        for key in config_files.SOURCE_KEYS & local_conf.keys()
    }
    conf = config_files.from_paste(source)
    config.register_api_opts(conf)
    for group, registered in auth_token.list_opts():
        config.register_missing(conf, registered, group)
    fault_table = faults.Faults(profiles.Faults(), conf.keypairs.retry_after)

    def mount(application: WSGIApplication) -> AuthToken:
        try:
            _check(local_conf, conf)
            return AuthToken(
                application,
                {**local_conf, 'oslo_config_config': conf},
                fault_table,
            )
        except _MISTAKES as error:
            raise exception.ConfigurationError(
                reason=f'[{_GROUP}] cannot be used: '
                f'{" ".join(str(error).split())}.'
            ) from error

    return mount


def _check(options: Mapping[str, str], conf: cfg.ConfigOpts) -> None:
    section = conf[_GROUP]

    def get(name: str) -> Any:
        if name in options:
            return options[name]
        # Not all releases of the library have all options.
        return section[name] if name in section else False  # noqa: SIM401 (get raises for an unknown one)

    config.check_address(
        f'[{_GROUP}] www_authenticate_uri', get('www_authenticate_uri') or None
    )
    if not options.keys() & {'auth_type', 'auth_section'}:
        identity_client.check_plugin(conf, _GROUP)
    if not _is_on(get('insecure')):
        identity_client.check_tls(_GROUP, get)
    if _is_on(get('memcache_tls_enabled')):
        identity_client.check_tls(_GROUP, get, 'memcache_tls_')
    if get('cache') not in (None, '', env.TOKEN_CACHE):
        LOG.warning(
            '[%s] cache is %r, which no filter of keypair_ext offers: unless '
            'another one does, no token is remembered; for ours it is %s.',
            _GROUP,
            get('cache'),
            env.TOKEN_CACHE,
        )
    if get('memcached_servers') and get('cache') != env.TOKEN_CACHE:
        _check_memcache(
            any(_is_on(get(f'memcache_{way}_enabled')) for way in _SECURED)
        )


def _check_memcache(secured: bool) -> None:
    module, package = (
        ('bmemcached', 'python-binary-memcached')
        if secured
        else ('memcache', 'python-memcached')
    )
    if importlib.util.find_spec(module) is None:
        raise exception.ConfigurationError(
            reason=f'[{_GROUP}] memcached_servers needs the package '
            f'{package}, which is not installed: install it, or remember '
            f'tokens in the process with cache = {env.TOKEN_CACHE}.'
        )
