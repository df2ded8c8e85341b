# SPDX-License-Identifier: Apache-2.0

"""What can be known at load of how the Identity service is asked.

The options are keystoneauth's, in whatever group they are.
"""

import os
import ssl
from collections.abc import Callable, Iterable

from oslo_config import cfg

from keypair_ext import conf as keypair_conf, exception, files


def check_plugin(conf: cfg.ConfigOpts, group: str) -> None:
    """Return if a group says how to authenticate, and that is possible.

    :raises ConfigurationError: it does not, or a library is missing.
    """
    # Late: it takes a while, and only services behind Keystone need it.
    from keystoneauth1 import loading

    common = loading.get_auth_common_conf_options()
    conf.register_opts(common, group=group)
    section = conf[group].auth_section or group
    conf.register_opts(common, group=section)
    name = conf[section].auth_type
    if not name:
        raise exception.ConfigurationError(
            reason=f'[{section}] auth_type is not set, by which [{group}] '
            f'learns how the service authenticates itself: set auth_type = '
            f'password, for example.'
        )
    try:
        available = loading.get_plugin_loader(name).available
    except Exception as error:
        # There is none, or it could not be imported, and may say anything.
        raise exception.ConfigurationError(
            reason=f'[{section}] auth_type = {name} cannot be used: '
            f'{" ".join(str(error).split())} ({type(error).__name__}).'
        ) from error
    if not available:
        raise exception.ConfigurationError(
            reason=f'[{section}] auth_type = {name} cannot be used: a '
            f'library that it needs is not installed.'
        )
    conf.register_opts(loading.get_auth_plugin_conf_options(name), section)
    if 'auth_url' in conf[section]:
        keypair_conf.check_address(
            f'[{section}] auth_url', conf[section].auth_url
        )


def check_tls(
    group: str, get: Callable[[str], str | None], prefix: str = ''
) -> None:
    """Return if the files that a group's options name can secure a connection.

    :param get: returns the value of an option of the group.
    :param prefix: of the options ``cafile``, ``certfile`` and ``keyfile``.
    :raises ConfigurationError: one is missing or is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    where = f'[{group}] {prefix}'
    authorities = get(f'{prefix}cafile')
    if authorities:
        _try(
            f'{where}cafile = {authorities}',
            [authorities],
            lambda: (
                context.load_verify_locations(capath=authorities)
                if os.path.isdir(authorities)
                else context.load_verify_locations(authorities)
            ),
        )
    certificate = get(f'{prefix}certfile')
    if certificate:
        key = get(f'{prefix}keyfile') or None
        named = f' with keyfile = {key}' if key else ''
        _try(
            f'{where}certfile = {certificate}{named}',
            [certificate, key or certificate],
            # Without a password the library would ask the terminal for one.
            lambda: context.load_cert_chain(certificate, key, lambda: ''),
        )


def _try(what: str, paths: Iterable[str], load: Callable[[], object]) -> None:
    try:
        for path in paths:
            files.check_regular(path)
        load()
    except (OSError, ValueError) as error:
        problem = getattr(error, 'strerror', None) or str(error)
        raise exception.ConfigurationError(
            reason=f'{what} cannot be used: {problem}.'
        ) from error
