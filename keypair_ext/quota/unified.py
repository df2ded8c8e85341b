# SPDX-License-Identifier: Apache-2.0

"""Unified limits: the limit that the Identity service keeps.

The registered limit is ``server_key_pairs``, as for Nova. Nothing here
imports oslo.limit unless this driver is chosen.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from oslo_config import cfg
from oslo_log import log as logging

from keypair_ext import conf as keypair_conf, exception, identity_client
from keypair_ext.db.store import UNLIMITED

LOG = logging.getLogger(__name__)

RESOURCE = 'server_key_pairs'

_GROUP = 'oslo_limit'

# Each of them says whose limits these are.
_ENDPOINT = ('endpoint_id', 'endpoint_service_type', 'endpoint_service_name')

# Seconds, where the configuration is ours. keystoneauth's own default is to
# wait for ever for an Identity service that listens and does not answer.
_TIMEOUT = 10


class RegisteredLimits(Protocol):
    """What is used of the object by which oslo.limit asks."""

    def get_registered_limits(
        self, resources_to_check: Any
    ) -> Iterable[tuple[str, int]]:
        """Return names and limits, all there are when asked for None."""


class UnifiedDriver:
    """Asks the Identity service, and remembers its answer for a while.

    As for Nova the limit is the same for everybody: key pairs are a user's,
    so the limits of a project do not count.

    :param connect: connects to the Identity service.
    :param failures: what connecting and asking raise.
    :param unregistered: the limit where none is registered.
    :param cache_time: for how many seconds an answer is good.
    :param clock: returns seconds that only grow.
    """

    needs_project = False

    def __init__(
        self,
        connect: Callable[[], RegisteredLimits],
        failures: tuple[type[Exception], ...],
        unregistered: int,
        cache_time: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._failures = failures
        self._unregistered = unregistered
        self._cache_time = cache_time
        self._clock = clock
        self._connection: RegisteredLimits | None = None
        # The limit and when it expires: one value, replaced as a whole, so
        # that threads need no lock.
        self._cached = (UNLIMITED, float('-inf'))

    def limit(self, user_id: str | None, project_id: str | None) -> int:
        """Return the registered limit, negative for none.

        :raises QuotaUnavailable: the Identity service cannot tell it now.
        """
        limit, expiry = self._cached
        if self._clock() < expiry:
            return limit
        try:
            limits = self._ask()
        except self._failures as error:
            LOG.error('The Identity service tells no limits: %s', error)
            raise exception.QuotaUnavailable() from error
        limit = limits.get(RESOURCE, self._unregistered)
        self._cached = (limit, self._clock() + self._cache_time)
        return limit

    def _ask(self) -> dict[str, int]:
        """Return the registered limits.

        The connection is made by the first question and not before, so in
        the process that asks. One that has gone stale since is replaced.
        """
        if self._connection is not None:
            try:
                return dict(self._connection.get_registered_limits(None))
            except self._failures as error:
                LOG.info('Connecting anew to the Identity service: %s', error)
                self._connection = None
        connection = self._connect()
        limits = dict(connection.get_registered_limits(None))
        self._connection = connection
        return limits


def load(conf: cfg.ConfigOpts) -> UnifiedDriver:
    """Return the driver that ``[oslo_limit]`` describes.

    :raises ConfigurationError: it describes none, or cannot be honoured.
    """
    if conf is not cfg.CONF:
        raise _refusal(
            'oslo.limit reads the configuration of the process only. Leave '
            'oslo_config_file and oslo_config_project out of the paste '
            'section, or use local.'
        )
    connect, failures = _import_oslo_limit(conf)
    _check_options(conf[_GROUP])
    if not conf[_GROUP].insecure:
        identity_client.check_tls(_GROUP, conf[_GROUP].get)
    if keypair_conf.is_ours(conf):
        conf.set_default('timeout', _TIMEOUT, group=_GROUP)
    return UnifiedDriver(
        lambda: connect(_no_usage, cache=False),
        failures,
        unregistered=_unregistered(conf),
        cache_time=conf.keypairs.limit_cache_time,
    )


def _import_oslo_limit(
    conf: cfg.ConfigOpts,
) -> tuple[Callable[..., RegisteredLimits], tuple[type[Exception], ...]]:
    """Return what connects, and what connecting and asking raise."""
    try:
        from keystoneauth1 import exceptions as auth_exceptions, loading
        from openstack import exceptions as sdk_exceptions
        from oslo_limit import exception as limit_exceptions
    except ImportError as error:
        raise _refusal(
            "oslo.limit is not installed: pip install 'keypair-ext[unified]'"
        ) from error
    try:
        # The import registers the options, and so reads some of them.
        from oslo_limit import limit

        identity_client.check_plugin(conf, _GROUP)
        loading.load_auth_from_conf_options(conf, _GROUP)
    except (auth_exceptions.ClientException, cfg.Error) as error:
        raise _refusal(f'[{_GROUP}]: {error}') from error
    return limit.Enforcer, (
        auth_exceptions.ClientException,
        limit_exceptions.SessionInitError,
        # Such as a file of authorities that was rotated away.
        OSError,
        sdk_exceptions.SDKException,
        # There is no such endpoint, or the Identity service has an
        # enforcement model that oslo.limit does not implement.
        ValueError,
        NotImplementedError,
    )


def _check_options(options: Any) -> None:
    """Refuse what could not work, and is found out by the first question."""
    needed: list[tuple[str, ...]] = [_ENDPOINT]
    if options.auth_type in ('password', 'v3password'):
        needed += [('username', 'user_id'), ('password',)]
    for names in needed:
        if not any(options[name] for name in names):
            raise _refusal(f'[{_GROUP}] {" or ".join(names)} is not set.')


def _refusal(reason: str) -> exception.ConfigurationError:
    return exception.ConfigurationError(
        reason=f'[quota] driver unified cannot be used: {reason}'
    )


def _unregistered(conf: cfg.ConfigOpts) -> int:
    """Return what Nova's options make of a limit that is not registered."""
    quota = conf.quota
    listed = RESOURCE in quota.unified_limits_resource_list
    if quota.unified_limits_resource_strategy == 'require':
        return 0 if listed else UNLIMITED
    return UNLIMITED if listed else 0


def _no_usage(
    project_id: str | None, resources: Iterable[str]
) -> dict[str, int]:
    """Stand in for a count: the store counts, where it can be sure."""
    return dict.fromkeys(resources, 0)
