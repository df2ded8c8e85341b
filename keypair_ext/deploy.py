# SPDX-License-Identifier: Apache-2.0

"""Composes: builds every object of the mounts and joins them, each once.

Nothing here opens a connection, starts a thread or touches anything of the
process: a server may fork after it.
"""

import contextlib
import contextvars
import dataclasses
import os
import sys
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar
from wsgiref.types import WSGIApplication

from microversion_parse import Version
from oslo_config import cfg
from oslo_log import log as logging
from paste.deploy import loadwsgi

import keypair_ext
from keypair_ext import (
    conf as keypair_conf,
    config_files,
    exception,
    files,
    keytypes,
    logs,
    notifications,
    profiles,
    quota,
)
from keypair_ext.api import (
    contract,
    discovery,
    dispatch,
    faults,
    handlers,
    limits,
    microversions,
    routes,
)
from keypair_ext.db import engine
from keypair_ext.db.store import Store
from keypair_ext.keypairs import Keypairs
from keypair_ext.keytypes import algorithms, pool, rsa, strength
from keypair_ext.middleware import net, on_demand, request_target
from keypair_ext.middleware.context import http_basic
from keypair_ext.policy.enforcer import Enforcer

LOG = logging.getLogger(__name__)

# By this status of a worker gunicorn knows that starting another one is in
# vain. At any other it would try again, for ever.
_CANNOT_START = 3

# The keys of a paste section that mean something to us.
_LOCAL_KEYS = config_files.SOURCE_KEYS | {
    'profile',
    'max_version',
    'database_group',
}

_Made = TypeVar('_Made')

# A section's oslo_config_project and oslo_config_file.
_Source = tuple[str | None, str | None]


@dataclasses.dataclass(frozen=True)
class _Section:
    """What a paste section asks for.

    :param source: its ``oslo_config_project`` and ``oslo_config_file``.
    :param conf: the configuration that they name.
    """

    source: _Source
    conf: cfg.ConfigOpts = dataclasses.field(hash=False, compare=False)
    group: str
    profile: str
    max_version: Version
    declarations: routes.Declarations = dataclasses.field(hash=False)


class Composition:
    """The objects of all mounts that are loaded together, each made once.

    One engine with its store for a database of a configuration, one enforcer
    for a configuration, and one application with its pool of keys for all
    sections that ask for the same. Methods take a section's keys, and raise
    ``ConfigurationError`` for an operator's mistake.

    :param conf: what sections without a configuration of their own use.
    :param key_types: makes the key types, of the algorithm of generated SSH
        keys and the size of the pool; None for the usual ones.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts = cfg.CONF,
        key_types: Callable[[str, int], dict[str, keytypes.KeyType]]
        | None = None,
    ) -> None:
        self._process_conf = conf
        self._key_types = key_types or _key_types
        self._made: dict[Hashable, Any] = {}

    def _once(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        if key not in self._made:
            self._made[key] = make()
        made: _Made = self._made[key]
        return made

    def load(self, paste_file: str) -> WSGIApplication:
        """Return what a paste file calls ``main``; its sections share."""
        files.read(paste_file)
        before = _UNDER_WAY.set(self)
        try:
            return _load(paste_file)
        finally:
            _UNDER_WAY.reset(before)

    def service(self, paste_file: str) -> WSGIApplication:
        """Return what a server is to call for a paste file's ``main``."""
        return net.Net(
            request_target.RequestTarget(self.load(paste_file)),
            self._faults(self._section({})),
        )

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
        """Return the application of an ``[app:...]`` section."""
        config_files.check_keys(local_conf, _LOCAL_KEYS)
        return self._application(
            self._section(local_conf, declarations=declarations)
        )

    def mounted_in_nova(
        self, app: WSGIApplication, local_conf: Mapping[str, str]
    ) -> dispatch.Filter:
        """Return the filter of a ``[filter:...]`` section before ``app``."""
        config_files.check_keys(local_conf, _LOCAL_KEYS)
        section = self._section(
            local_conf, 'api_database', _nova_max_version()
        )
        if section.profile != profiles.DEFAULT:
            raise exception.ConfigurationError(
                reason=f'A filter in front of Nova takes profile = '
                f'{profiles.DEFAULT} only, not {section.profile}: mount an '
                f'app instead.'
            )
        application = self._application(section)
        return dispatch.Filter(app, application, section.max_version)

    def versions(self, local_conf: Mapping[str, str]) -> discovery.Versions:
        """Return the application that serves the version documents."""
        config_files.check_keys(local_conf, _LOCAL_KEYS)
        section = self._section(local_conf)
        made = self._versions(section)
        # In a Nova it is Nova's to judge.
        keypair_conf.check_address(
            '[api] compute_link_prefix',
            # As for Nova, an empty one is none.
            section.conf.api.compute_link_prefix or None,
        )
        return made

    def configuration(self, local_conf: Mapping[str, str]) -> cfg.ConfigOpts:
        """Return the configuration that a section asks for."""
        return self._section(local_conf).conf

    def max_version(self, local_conf: Mapping[str, str]) -> Version:
        """Return the newest version that a section serves."""
        return self._contracts(self._section(local_conf)).max_version

    def store(self, local_conf: Mapping[str, str]) -> Store:
        """Return the store of a section."""
        return self._store(self._section(local_conf))

    def http_basic(
        self, local_conf: Mapping[str, str]
    ) -> Callable[[WSGIApplication], WSGIApplication]:
        """Return what checks the passwords of a section, of all mounts."""
        config_files.check_keys(local_conf)
        section = self._section(local_conf)
        return self._once(
            ('http_basic', section.source),
            lambda: http_basic.load(section.conf),
        )

    def _section(
        self,
        local_conf: Mapping[str, str],
        group: str = 'database',
        max_version: Version | None = None,
        declarations: routes.Declarations = routes.KEYPAIRS,
    ) -> _Section:
        """Return what a section asks for, and these where it does not say.

        Where nobody says ``max_version`` it is that of the configuration.
        """
        source = (
            local_conf.get('oslo_config_project'),
            local_conf.get('oslo_config_file'),
        )
        conf = self._once(source, lambda: self._read(source))
        return _Section(
            source,
            conf,
            local_conf.get('database_group', group),
            local_conf.get('profile', profiles.DEFAULT),
            _max_version(local_conf.get('max_version'), 'the paste section')
            or max_version
            or _max_version(conf.api.max_version, '[api]')
            or microversions.MAX_VERSION,
            declarations,
        )

    def _application(self, section: _Section) -> dispatch.Application:
        return self._once(section, lambda: self._compose(section))

    def _compose(self, section: _Section) -> dispatch.Application:
        conf = section.conf
        store = self._store(section)
        quota_driver = quota.load(conf, store)
        enforcer = self._once(
            ('enforcer', section.source), lambda: Enforcer(conf)
        )
        contracts = self._contracts(section)
        keypairs = Keypairs(
            store=store,
            key_types=self._key_types(
                contracts.profile.keys.generated_ssh_algorithm,
                conf.keypairs.key_pool_size,
            ),
            quota_driver=quota_driver,
            notifier=notifications.load(conf),
            key_strength=strength.load(conf.keypairs),
        )
        made = dispatch.Application(
            contracts=contracts,
            table=routes.Table(section.declarations),
            handlers={
                **handlers.Handlers(
                    keypairs,
                    enforcer,
                    max_limit=conf.api.max_limit,
                    link_prefix=conf.api.compute_link_prefix,
                ).by_operation,
                **limits.Limits(enforcer, quota_driver).by_operation,
                **self._versions(section).by_operation,
            },
            max_body=conf.oslo_middleware.max_request_body_size,
            fault_table=self._faults(section),
        )
        LOG.info(
            'keypair_ext %s serves os-keypairs, API 2.1 to %s, profile %s; '
            'table in [%s] %s; quota driver %s; policy file %s',
            keypair_ext.release(),
            contracts.max_version,
            section.profile,
            section.group,
            # Neither a password nor parameters, which may be secret.
            self._engine(section)
            .url.set(query={})
            .render_as_string(hide_password=True),
            conf.quota.driver,
            conf.oslo_policy.policy_file,
        )
        return made

    def _read(self, source: _Source) -> cfg.ConfigOpts:
        """Return a configuration in which filters find what they read."""
        conf = (
            self._process_conf
            if source == (None, None)
            else config_files.read_own(*source)
        )
        keypair_conf.register_api_opts(conf)
        return conf

    def _engine(self, section: _Section) -> Any:
        keypair_conf.register_opts(section.conf, section.group)
        return self._once(
            ('engine', section.source, section.group),
            lambda: engine.create_engine(section.conf, section.group),
        )

    def _store(self, section: _Section) -> Store:
        return self._once(
            ('store', section.source, section.group),
            lambda: Store(self._engine(section)),
        )

    def _contracts(self, section: _Section) -> contract.Contracts:
        options = section.conf.keypairs
        name, newest = section.profile, section.max_version
        return self._once(
            ('contracts', section.source, name, newest),
            lambda: contract.Contracts(
                profiles.load(name).with_options(options), newest
            ),
        )

    def _versions(self, section: _Section) -> discovery.Versions:
        contracts = self._contracts(section)
        return discovery.Versions(
            contracts.max_version if contracts.negotiated else None,
            section.conf.api.compute_link_prefix,
            self._faults(section),
        )

    def _faults(self, section: _Section) -> faults.Faults:
        return faults.Faults(
            self._contracts(section).profile.faults,
            section.conf.keypairs.retry_after,
        )


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

    :param directory: holds ``api-paste.ini``, and the configuration files
        unless ``OS_KEYPAIR_EXT_CONFIG_FILES`` names others.
    :raises ConfigurationError: an operator's mistake, in one sentence.
    """
    *conf_files, paste_file = (
        _readable(os.path.abspath(os.path.join(directory, name)))
        for name in (*config_files.names(), 'api-paste.ini')
    )
    files.expect_utf8()
    conf = cfg.CONF
    # These log some errors with a traceback. The store and the enforcer log
    # all of them in a line.
    logging.set_defaults(
        default_log_levels=[
            *logging.get_default_log_levels(),
            'oslo_db=CRITICAL',
            'oslo_policy=CRITICAL',
        ]
    )
    on_demand.set_cors_defaults()
    logging.register_options(conf)
    config_files.read_into(conf, conf_files, keypair_conf.PROJECT)
    logs.set_up(conf)
    return Composition(conf).service(paste_file)


def _readable(path: str) -> str:
    if os.access(path, os.R_OK):
        return path
    raise exception.ConfigurationError(
        reason=f'The file {path} is missing or cannot be read. The service '
        f'reads it from /etc/keypair_ext or the directory that '
        f'OS_KEYPAIR_EXT_CONFIG_DIR names, and OS_KEYPAIR_EXT_CONFIG_FILES '
        f'names others than keypair_ext.conf; the distribution has an '
        f'example in etc/keypair_ext.'
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
        return service(config_files.directory())
    except exception.KeypairExtError as error:
        sys.stderr.write(f'keypair_ext: {error}\n')
        raise SystemExit(_CANNOT_START) from None


def _key_types(
    ssh_algorithm: str, pool_size: int
) -> dict[str, keytypes.KeyType]:
    make_rsa = pool.pooled(rsa.make_rsa, pool_size)
    return keytypes.load(
        make_rsa, algorithms.maker(ssh_algorithm, make_rsa, pool_size)
    )


def _max_version(text: str | None, where: str) -> Version | None:
    if text is None:
        return None
    lowest, newest = microversions.MIN_VERSION, microversions.MAX_VERSION
    with contextlib.suppress(exception.InvalidVersion):
        version = microversions.parse(text)
        # One that is newer is for a Nova that is.
        if version >= lowest and version.major == newest.major:
            return version
    raise exception.ConfigurationError(
        reason=f'max_version in {where}: {text!r} is no version of the '
        f'Compute API; give one from {lowest} on, such as {newest}.'
    )


def _nova_max_version() -> Version | None:
    """Return the maximum of the Nova in this process, if there is one."""
    nova = sys.modules.get('nova.api.openstack.api_version_request')
    if nova is None:
        return None
    return microversions.parse(nova.max_api_version().get_string())
