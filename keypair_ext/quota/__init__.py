# SPDX-License-Identifier: Apache-2.0

"""Where the limit of key pairs comes from: one file a driver."""

from collections.abc import Callable
from typing import Protocol

from oslo_config import cfg
from oslo_context import context as oslo_context

from keypair_ext import exception
from keypair_ext.db.store import UNLIMITED, Store
from keypair_ext.quota import local, unified


class Driver(Protocol):
    """Tells how many key pairs a user may have.

    ``needs_project`` says whether the limit hangs on the project.
    """

    needs_project: bool

    def limit(self, user_id: str | None, project_id: str | None) -> int:
        """Return the limit, negative for no limit.

        :param user_id: who is asking, None for anybody in the project.
        :param project_id: the project of who is asking.
        :raises QuotaUnavailable: the limit cannot be learnt now.
        """


class NoopDriver:
    """Sets no limit."""

    needs_project = False

    def limit(self, user_id: str | None, project_id: str | None) -> int:
        return UNLIMITED


_OURS: dict[str, Callable[[cfg.ConfigOpts, Store], Driver]] = {
    'local': local.LocalDriver,
    'unified': lambda conf, store: unified.load(conf),
    'noop': lambda conf, store: NoopDriver(),
}
# Nova's class names are aliases, so that nova.conf needs no change.
_DRIVERS = {
    **_OURS,
    'nova.quota.DbQuotaDriver': _OURS['local'],
    'nova.quota.UnifiedLimitsDriver': _OURS['unified'],
    'nova.quota.NoopQuotaDriver': _OURS['noop'],
}


def check_project(
    driver: Driver, context: oslo_context.RequestContext
) -> None:
    """Return if there is a project whose quota pays, or none is needed.

    :raises Forbidden: the context has none, though the driver wants one, and
        is not an administrator's.
    """
    excused = context.is_admin or not driver.needs_project
    if not (context.project_id or excused):
        raise exception.Forbidden()


def load(conf: cfg.ConfigOpts, store: Store) -> Driver:
    """Return the driver that ``[quota] driver`` names.

    :raises ConfigurationError: we cannot honour it.
    """
    name = conf.quota.driver
    if name not in _DRIVERS:
        raise exception.ConfigurationError(
            reason=f'[quota] driver {name} is not known here. Use one of: '
            f'{", ".join(_DRIVERS)}.'
        )
    return _DRIVERS[name](conf, store)
