# SPDX-License-Identifier: Apache-2.0

"""Composes: builds every object of the mounts and joins them, each once.

Nothing here opens a connection, starts a thread or touches anything of the
process: a server may fork after it.
"""

import contextvars
import dataclasses
import importlib.metadata
import os
import sys
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar
from wsgiref.types import WSGIApplication

from microversion_parse import Version
from oslo_config import cfg
from oslo_log import log as logging
from paste.deploy import loadwsgi

from keypair_ext import (
    conf as keypair_conf,
    exception,
    faults,
    files,
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
from keypair_ext.middleware import net, on_demand, request_target

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

_Made = TypeVar('_Made')

# A paste section's oslo_config_project and oslo_config_file.
_Source = tuple[str | None, str | None]


@dataclasses.dataclass(frozen=True)
class _Mount:
    """What a section asks for: two that ask for the same get the same."""

    source: _Source
    group: str
    profile: str
    max_version: Version
    declarations: routes.Declarations = dataclasses.field(hash=False)


class Composition:
    """The objects of all mounts that are loaded together.

    There is one engine, with its store, for each database of each
    configuration, one enforcer for each configuration, and one application
    for all sections that ask for the same.

    :param conf: what sections without a configuration of their own use.
    """

    def __init__(self, conf: cfg.ConfigOpts = cfg.CONF) -> None:
        self._conf = conf
        self._made: dict[tuple[Hashable, ...], Any] = {}

    def _once(self, make: Callable[..., _Made], *key: Hashable) -> _Made:
        """Return what ``make`` makes of the key, the same each time."""
        entry = (make, *key)
        if entry not in self._made:
            self._made[entry] = make(*key)
        made: _Made = self._made[entry]
        return made

    def close(self) -> None:
        """Close the connections of all stores."""
        for made in self._made.values():
            if isinstance(made, Store):
                made.close()

    def application(
        self,
        local_conf: Mapping[str, str],
        declarations: routes.Declarations = routes.KEYPAIRS,
    ) -> dispatch.Application:
        """Return the application of an ``[app:...]`` section.

        :param local_conf: the section's keys.
        :param declarations: its routes.
        :raises ConfigurationError: an operator's mistake, in one sentence.
        """
        mount = _mount(local_conf, 'database', declarations=declarations)
        return self._once(self._application, mount)

    def mounted_in_nova(
        self, app: WSGIApplication, local_conf: Mapping[str, str]
    ) -> dispatch.Filter:
        """Return the filter of a ``[filter:...]`` section before ``app``.

        :raises ConfigurationError: an operator's mistake, in one sentence.
        """
        profile = local_conf.get('profile', profiles.DEFAULT)
        if profile != profiles.DEFAULT:
            raise exception.ConfigurationError(
                reason=f'A filter in front of Nova takes profile = '
                f'{profiles.DEFAULT} only, not {profile}: mount an app '
                f'instead.'
            )
        mount = _mount(local_conf, 'api_database', _nova_max_version())
        application = self._once(self._application, mount)
        return dispatch.Filter(app, application, mount.max_version)

    def versions(self, local_conf: Mapping[str, str]) -> discovery.Versions:
        """Return the application that serves the version documents.

        :raises ConfigurationError: an operator's mistake, in one sentence.
        """
        mount = _mount(local_conf)
        contracts = self._contracts_of(mount)
        conf = self.configuration(local_conf)
        keypair_conf.register_api_opts(conf)
        return discovery.Versions(
            contracts.max_version if contracts.negotiated else None,
            conf.api.compute_link_prefix,
            self._once(self._faults, mount),
        )

    def configuration(self, local_conf: Mapping[str, str]) -> cfg.ConfigOpts:
        """Return the configuration that a section asks for.

        :raises ConfigurationError: there is none, or it cannot be read.
        """
        return self._once(self._configuration, _source(local_conf))

    def store(self, local_conf: Mapping[str, str]) -> Store:
        """Return the store of a section, by default in ``[database]``.

        :raises ConfigurationError: an operator's mistake, in one sentence.
        """
        group = local_conf.get('database_group', 'database')
        return self._once(self._store, _source(local_conf), group)

    def enforcer(self, local_conf: Mapping[str, str]) -> policy.Enforcer:
        """Return who decides for a section.

        :raises ConfigurationError: an operator's mistake, in one sentence.
        """
        return self._once(self._enforcer, _source(local_conf))

    def fault_table(self, local_conf: Mapping[str, str]) -> faults.Faults:
        """Return who tells the errors of a section.

        :raises ConfigurationError: an operator's mistake, in one sentence.
        """
        mount = _mount(local_conf)
        return self._once(self._faults, mount)

    def load(self, paste_file: str) -> WSGIApplication:
        """Return what a paste file calls ``main``; its sections share.

        :raises ConfigurationError: an operator's mistake, in one sentence.
        """
        files.check_text(paste_file)
        before = _UNDER_WAY.set(self)
        try:
            return _load(paste_file)
        finally:
            _UNDER_WAY.reset(before)

    def _application(self, mount: _Mount) -> dispatch.Application:
        store = self._once(self._store, mount.source, mount.group)
        conf = self._once(self._configuration, mount.source)
        quota_driver = quota.load(conf, store)
        enforcer = self._once(self._enforcer, mount.source)
        keypairs = Keypairs(
            store=store,
            key_types=keytypes.load(
                pool.pooled(rsa.make_rsa, conf.keypairs.key_pool_size)
            ),
            quota_driver=quota_driver,
            notifier=notifications.load(conf),
        )
        contracts = self._contracts_of(mount)
        made = dispatch.Application(
            contracts=contracts,
            table=routes.Table(mount.declarations),
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
            fault_table=self._once(self._faults, mount),
        )
        LOG.info(
            'keypair_ext %s serves os-keypairs, API 2.1 to %s, profile %s; '
            'table in [%s] %s; quota driver %s; policy file %s',
            _version(),
            contracts.max_version,
            mount.profile,
            mount.group,
            self._address(mount),
            conf.quota.driver,
            conf.oslo_policy.policy_file,
        )
        return made

    def _configuration(self, source: _Source) -> cfg.ConfigOpts:
        project, path = source
        if project is None and path is None:
            return self._conf
        return keypair_conf.from_paste(
            {
                key: value
                for key, value in (
                    ('oslo_config_project', project),
                    ('oslo_config_file', path),
                )
                if value is not None
            }
        )

    def _engine(self, source: _Source, group: str) -> Any:
        conf = self._once(self._configuration, source)
        keypair_conf.register_opts(conf, group)
        return engine.create_engine(conf, group)

    def _store(self, source: _Source, group: str) -> Store:
        return Store(self._once(self._engine, source, group))

    def _address(self, mount: _Mount) -> str:
        """Return the database's URL without what may be secret."""
        url = self._once(self._engine, mount.source, mount.group).url
        address: str = url.set(query={}).render_as_string(hide_password=True)
        return address

    def _enforcer(self, source: _Source) -> policy.Enforcer:
        return policy.Enforcer(self._once(self._configuration, source))

    def _contracts_of(self, mount: _Mount) -> contract.Contracts:
        return self._once(_contracts, mount.profile, mount.max_version)

    def _faults(self, mount: _Mount) -> faults.Faults:
        conf = self._once(self._configuration, mount.source)
        keypair_conf.register_api_opts(conf)
        profile = self._contracts_of(mount).profile
        return faults.Faults(profile.faults, conf.keypairs.retry_after)


# Whose paste file is being loaded: PasteDeploy hands factories nothing but
# text.
_UNDER_WAY: contextvars.ContextVar[Composition] = contextvars.ContextVar(
    'keypair_ext composition'
)


def composition() -> Composition:
    """Return the composition of the file that is being loaded.

    A mount in the paste file of others has one for itself.
    """
    return _UNDER_WAY.get(None) or Composition()


def service(directory: str) -> WSGIApplication:
    """Return the stand-alone service that a directory configures.

    Unlike a mount it owns its process: it fills the global configuration,
    sets up logging and has all text read as UTF-8.

    :param directory: holds ``keypair_ext.conf`` and ``api-paste.ini``.
    :raises ConfigurationError: an operator's mistake, in one sentence.
    """
    conf_file, paste_file = (
        _readable(os.path.abspath(os.path.join(directory, name)))
        for name in ('keypair_ext.conf', 'api-paste.ini')
    )
    files.expect_utf8()
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
    keypair_conf.read_into(conf, [conf_file], keypair_conf.PROJECT)
    logs.set_up(conf)
    composed = Composition(conf)
    return net.Net(
        request_target.RequestTarget(composed.load(paste_file)),
        composed.fault_table({}),
    )


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
    try:
        return service(os.path.dirname(keypair_conf.default_file()))
    except exception.KeypairExtError as error:
        sys.stderr.write(f'keypair_ext: {error}\n')
        raise SystemExit(_CANNOT_START) from None


def _mount(
    local_conf: Mapping[str, str],
    group: str = 'database',
    max_version: Version = microversions.MAX_VERSION,
    declarations: routes.Declarations = routes.KEYPAIRS,
) -> _Mount:
    """Return what a section asks for, with these where it does not say."""
    unknown = sorted(set(local_conf) - _LOCAL_KEYS)
    if unknown:
        raise exception.ConfigurationError(
            reason=f'Unknown keys in the paste section: '
            f'{", ".join(unknown)}. Known are '
            f'{", ".join(sorted(_LOCAL_KEYS))}.'
        )
    return _Mount(
        _source(local_conf),
        local_conf.get('database_group', group),
        local_conf.get('profile', profiles.DEFAULT),
        _max_version(local_conf) or max_version,
        declarations,
    )


def _source(local_conf: Mapping[str, str]) -> _Source:
    return (
        local_conf.get('oslo_config_project'),
        local_conf.get('oslo_config_file'),
    )


def _contracts(profile: str, max_version: Version) -> contract.Contracts:
    return contract.Contracts(profiles.load(profile), max_version)


def _version() -> str:
    try:
        return importlib.metadata.version('keypair-ext')
    except importlib.metadata.PackageNotFoundError:
        return '(not installed)'


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
