# SPDX-License-Identifier: Apache-2.0

"""Which files a configuration is read from, and reading them.

:mod:`keypair_ext.conf` has the options.
"""

import contextlib
import glob
import io
import os
from collections.abc import Iterable, Mapping

from oslo_config import cfg

from keypair_ext import exception, files

# The keys of a paste section that say where its configuration is.
SOURCE_KEYS = frozenset({'oslo_config_project', 'oslo_config_file'})


def check_keys(
    local_conf: Mapping[str, str], known: frozenset[str] = SOURCE_KEYS
) -> None:
    """Return if a paste section has none but known keys.

    :raises ConfigurationError: it has others, which nobody would read.
    """
    unknown = sorted(set(local_conf) - known)
    if unknown:
        raise exception.ConfigurationError(
            reason=f'Unknown keys in the paste section: '
            f'{", ".join(unknown)}. Known are {", ".join(sorted(known))}; '
            f'options belong in the configuration file.'
        )


def from_paste(local_conf: Mapping[str, str]) -> cfg.ConfigOpts:
    """Return the configuration that a paste section asks for.

    :param local_conf: the section's own keys. ``oslo_config_project`` and
        ``oslo_config_file`` ask for a configuration of the section's own;
        without them it is the process's.
    :raises ConfigurationError: a configuration file is asked for and there
        is none, or it cannot be read; or the section has other keys.
    """
    check_keys(local_conf)
    project = local_conf.get('oslo_config_project')
    path = local_conf.get('oslo_config_file')
    if project is None and path is None:
        return cfg.CONF
    return read_own(project, path)


def read_own(project: str | None, path: str | None) -> cfg.ConfigOpts:
    """Return a configuration of a section's own.

    :param path: its file; None for the usual one of the project.
    :raises ConfigurationError: there is none, or it cannot be read.
    """
    # Not also a file with the name of the server's program.
    found = [path] if path else cfg.find_config_files(project, prog='')
    if not found:
        raise exception.ConfigurationError(
            reason=f'No configuration file {project}.conf was found: looked '
            f'in ~/.{project}, ~, /etc/{project} and /etc. Create one, or '
            f'name it with oslo_config_file in the paste section.'
        )
    return parse(found, project)


def directory() -> str:
    """Return where the files of the service are."""
    return os.environ.get('OS_KEYPAIR_EXT_CONFIG_DIR') or '/etc/keypair_ext'


def names() -> list[str]:
    """Return the service's configuration files, relative to its directory.

    ``OS_KEYPAIR_EXT_CONFIG_FILES`` has their names with ``;`` between them,
    as Nova's ``OS_NOVA_CONFIG_FILES`` has.
    """
    named = os.environ.get('OS_KEYPAIR_EXT_CONFIG_FILES', '').split(';')
    return [name.strip() for name in named if name.strip()] or [
        'keypair_ext.conf'
    ]


def default_files() -> list[str]:
    """Return the files that the service, and commands not told, read."""
    return [os.path.join(directory(), name) for name in names()]


def parse(named: Iterable[str], project: str | None = None) -> cfg.ConfigOpts:
    """Read configuration files into a ``ConfigOpts`` of their own.

    :param named: the files; see :func:`read_into`.
    :raises ConfigurationError: a file is missing, unreadable or malformed.
    """
    conf = cfg.ConfigOpts()
    read_into(conf, named, project)
    return conf


def read_into(
    conf: cfg.ConfigOpts, named: Iterable[str], project: str | None = None
) -> None:
    """Fill ``conf`` from files, and from nothing else but the environment.

    :param named: the files, each with what is in the directory of its name
        and ``.d`` beside it: ``keypair_ext.conf.d/*.conf``. Later ones win.
    :raises ConfigurationError: a file is missing, unreadable or malformed.
    """
    read = [
        path
        for name in named
        for path in (name, *sorted(glob.glob(f'{glob.escape(name)}.d/*.conf')))
    ]
    for path in read:
        files.read(path)
    _read(conf, read, [], project)


def _read(
    conf: cfg.ConfigOpts,
    read: list[str],
    directories: list[str],
    project: str | None = None,
) -> None:
    told = io.StringIO()
    try:
        # A wrong value of an option that could be on the command line is
        # printed, and ends the process with success.
        with contextlib.redirect_stderr(told):
            # It searches for nothing where lists are given, even empty ones.
            conf(
                [],
                project=project,
                default_config_files=read,
                default_config_dirs=directories,
            )
    except (cfg.Error, OSError, UnicodeDecodeError, SystemExit) as error:
        reason = ' '.join((told.getvalue() or str(error)).split())
        raise exception.ConfigurationError(
            reason=f'Configuration {", ".join(read)} cannot be used: {reason}.'
        ) from error


def notification_drivers(conf: cfg.ConfigOpts) -> list[str]:
    """Return the drivers that ``[oslo_messaging_notifications]`` names.

    :raises ConfigurationError: a configuration file is malformed.
    """
    group = 'oslo_messaging_notifications'
    try:
        return list(conf[group].driver)
    except (cfg.NoSuchGroupError, cfg.NoSuchOptError):
        # oslo.messaging has not registered it, and would refuse to do so
        # after us: the files are asked without telling the configuration.
        scratch = cfg.ConfigOpts()
        scratch.register_opt(cfg.MultiStrOpt('driver', default=[]), group)
        _read(
            scratch,
            getattr(conf, 'config_file', []),
            getattr(conf, 'config_dir', []),
        )
        return list(scratch[group].driver)
