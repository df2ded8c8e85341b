# SPDX-License-Identifier: Apache-2.0

"""The database check behind ``/healthcheck``."""

from typing import Any

from oslo_config import cfg
from oslo_middleware.healthcheck import pluginbase

from keypair_ext import deploy, exception


class DatabaseHealthcheck(pluginbase.HealthcheckBaseExtension):
    """Says whether the database of the service answers.

    A backend of oslo.middleware's healthcheck, ``keypair_ext_database``. It
    asks by the connections of the application in the same paste file.

    :param conf: the keys of the paste section, ``database_group`` among
        them.
    """

    def __init__(self, oslo_conf: cfg.ConfigOpts, conf: Any) -> None:
        super().__init__(oslo_conf, conf)
        self._store = deploy.composition().store(conf)

    def healthcheck(self, server_port: int) -> pluginbase.HealthcheckResult:
        """Return whether a trivial query is answered now."""
        try:
            self._store.ping()
        except exception.ServiceUnavailable as error:
            return pluginbase.HealthcheckResult(
                available=False, reason='DATABASE', details=str(error)
            )
        return pluginbase.HealthcheckResult(available=True, reason='OK')
