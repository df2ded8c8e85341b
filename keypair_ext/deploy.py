# SPDX-License-Identifier: Apache-2.0

"""Builds every object of a mount and joins them; the only composition.

Nothing here opens a connection, starts a thread or touches anything of the
process: a server may fork after it.
"""

import os
import sys
from collections.abc import Mapping
from wsgiref.types import WSGIApplication

from microversion_parse import Version
from oslo_config import cfg
from oslo_log import log as logging
from paste.deploy import loadwsgi

from keypair_ext import (
    conf as keypair_conf,
    exception,
    faults,
    keytypes,
    logs,
    notifications,
    policy,
    profiles,
    quota,
)
from keypair_ext.api import (
    contract,
    discovery,
    dispatch,
    handlers,
    limits,
    microversions,
    routes,
)
from keypair_ext.db import engine
from keypair_ext.db.store import Store
from keypair_ext.keypairs import Keypairs
from keypair_ext.keytypes import pool, rsa
from keypair_ext.middleware import dot_names, on_demand

LOG = logging.getLogger(__name__)

# By this status of a worker gunicorn knows that starting another one is in
# vain. At any other it would try again, for ever.
_CANNOT_START = 3

# The keys of a paste section that mean something to us.
_LOCAL_KEYS = {
    'profile',
    'max_version',
    'database_group',
    'oslo_config_project',
    'oslo_config_file',
}


def application(
    local_conf: Mapping[str, str],
    declarations: routes.Declarations = routes.KEYPAIRS,
) -> dispatch.Application:
    """Return the application of an ``[app:...]`` section.

    :param local_conf: the section's keys.
    :param declarations: its routes.
    :raises ConfigurationError: an operator's mistake, in one sentence.
    """
    return _application(
        local_conf, 'database', microversions.MAX_VERSION, declarations
    )


def mounted_in_nova(
    app: WSGIApplication, local_conf: Mapping[str, str]
) -> 'dispatch.Filter':
    """Return the filter of a ``[filter:...]`` section in front of ``app``.

    :raises ConfigurationError: an operator's mistake, in one sentence.
    """
    profile = local_conf.get('profile', profiles.DEFAULT)
    if profile != profiles.DEFAULT:
        raise exception.ConfigurationError(
            reason=f'A filter in front of Nova takes profile = '
            f'{profiles.DEFAULT} only, not {profile}: mount an app instead.'
        )
    theirs = _max_version(local_conf) or _nova_max_version()
    application = _application(
        local_conf, 'api_database', theirs, routes.KEYPAIRS
    )
    return dispatch.Filter(app, application, theirs)


def versions(local_conf: Mapping[str, str]) -> discovery.Versions:
    """Return the application that serves the version documents.

    :raises ConfigurationError: an operator's mistake, in one sentence.
    """
    _check_keys(local_conf)
    conf = keypair_conf.from_paste(local_conf)
    keypair_conf.register_api_opts(conf)
    contracts = _contracts(local_conf, microversions.MAX_VERSION)
    return discovery.Versions(
        contracts.max_version if contracts.negotiated else None,
        conf.api.compute_link_prefix,
        faults.Faults(contracts.profile.faults, retry_after=0),
    )


def service(directory: str) -> WSGIApplication:
    """Return the stand-alone service that a directory configures.

    Unlike a mount it owns its process: it fills the global configuration
    and sets up logging.

    :param directory: holds ``keypair_ext.conf`` and ``api-paste.ini``.
    :raises ConfigurationError: an operator's mistake, in one sentence.
    """
    conf_file, paste_file = (
        _readable(os.path.abspath(os.path.join(directory, name)))
        for name in ('keypair_ext.conf', 'api-paste.ini')
    )
    conf = cfg.CONF
    # oslo.db logs some errors with a traceback. The store logs all of them
    # in a line.
    logging.set_defaults(
        default_log_levels=[
            *logging.get_default_log_levels(),
            'oslo_db=CRITICAL',
        ]
    )
    on_demand.set_cors_defaults()
    logging.register_options(conf)
    keypair_conf.read_into(conf, [conf_file], 'keypair_ext')
    logs.set_up(conf)
    return dot_names.DotNames(_load(paste_file))


def _readable(path: str) -> str:
    if os.access(path, os.R_OK):
        return path
    raise exception.ConfigurationError(
        reason=f'The file {path} is missing or cannot be read. The service '
        f'reads it from /etc/keypair_ext or the directory that '
        f'OS_KEYPAIR_EXT_CONFIG_DIR names; the distribution has an example '
        f'in etc/keypair_ext.'
    )


def _load(paste_file: str) -> WSGIApplication:
    """Return what the paste file calls ``main``."""
    try:
        app: WSGIApplication = loadwsgi.loadapp(
            f'config:{paste_file}', name='main'
        )
    except exception.KeypairExtError:
        raise
    except Exception as error:
        # PasteDeploy lets through what the filters of others raise, and
        # that has no common base.
        LOG.debug('The paste file cannot be used', exc_info=True)
        reason = ' '.join(str(error).split())
        raise exception.ConfigurationError(
            reason=f'The paste file {paste_file} cannot be used: {reason} '
            f'({type(error).__name__}). With debug = true in [DEFAULT] the '
            f'log tells where.'
        ) from error
    return app


def service_or_exit() -> WSGIApplication:
    """Return the stand-alone service, or end the process with a sentence.

    ``OS_KEYPAIR_EXT_CONFIG_DIR`` names the directory of its configuration.
    """
    directory = os.environ.get('OS_KEYPAIR_EXT_CONFIG_DIR', '/etc/keypair_ext')
    try:
        return service(directory)
    except exception.KeypairExtError as error:
        sys.stderr.write(f'keypair_ext: {error}\n')
        raise SystemExit(_CANNOT_START) from None


def _application(
    local_conf: Mapping[str, str],
    database_group: str,
    max_version: Version,
    declarations: routes.Declarations,
) -> dispatch.Application:
    _check_keys(local_conf)
    conf, store = _conf_and_store(local_conf, database_group)
    quota_driver = quota.load(conf, store)
    enforcer = policy.Enforcer(conf)
    keypairs = Keypairs(
        store=store,
        key_types=keytypes.load(
            pool.pooled(rsa.make_rsa, conf.keypairs.key_pool_size)
        ),
        quota_driver=quota_driver,
        notifier=notifications.load(conf),
    )
    contracts = _contracts(local_conf, max_version)
    return dispatch.Application(
        contracts=contracts,
        table=routes.Table(declarations),
        handlers={
            **handlers.Handlers(
                keypairs,
                enforcer,
                max_limit=conf.api.max_limit,
                link_prefix=conf.api.compute_link_prefix,
            ).by_operation,
            **limits.Limits(enforcer, quota_driver).by_operation,
        },
        max_body=conf.oslo_middleware.max_request_body_size,
        fault_table=faults.Faults(
            contracts.profile.faults, conf.keypairs.retry_after
        ),
    )


def _conf_and_store(
    local_conf: Mapping[str, str], default_group: str
) -> tuple[cfg.ConfigOpts, Store]:
    group = local_conf.get('database_group', default_group)
    conf = keypair_conf.from_paste(local_conf)
    keypair_conf.register_opts(conf, group)
    return conf, Store(engine.create_engine(conf, group))


def _contracts(
    local_conf: Mapping[str, str], max_version: Version
) -> contract.Contracts:
    profile = profiles.load(local_conf.get('profile', profiles.DEFAULT))
    wanted = _max_version(local_conf) or max_version
    return contract.Contracts(profile, wanted)


def _max_version(local_conf: Mapping[str, str]) -> Version | None:
    text = local_conf.get('max_version')
    if text is None:
        return None
    try:
        version = microversions.parse(text)
    except exception.InvalidVersion as error:
        raise exception.ConfigurationError(
            reason=f'max_version in the paste section: {error}'
        ) from error
    if version < microversions.MIN_VERSION:
        raise exception.ConfigurationError(
            reason=f'max_version in the paste section: {text} is below '
            f'{microversions.MIN_VERSION}, the lowest there is.'
        )
    return version


def _nova_max_version() -> Version:
    """Return the maximum of the Nova in this process, else ours."""
    nova = sys.modules.get('nova.api.openstack.api_version_request')
    if nova is None:
        return microversions.MAX_VERSION
    return microversions.parse(nova.max_api_version().get_string())


def _check_keys(local_conf: Mapping[str, str]) -> None:
    unknown = sorted(set(local_conf) - _LOCAL_KEYS)
    if unknown:
        raise exception.ConfigurationError(
            reason=f'Unknown keys in the paste section: '
            f'{", ".join(unknown)}. Known are '
            f'{", ".join(sorted(_LOCAL_KEYS))}.'
        )
