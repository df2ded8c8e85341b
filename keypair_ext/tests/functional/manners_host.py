# SPDX-License-Identifier: Apache-2.0

"""A process that mounts us and prints what that has changed, as JSON.

Run by test_manners: ``manners_host.py CONFIG_FILE PASTE_FILE NAME...`` mounts
the sections of these names, one after the other.
"""

import json
import logging
import os
import signal
import sys
import threading
import warnings
from typing import Any

# What a host has loaded before us: a library may do to the process what it
# likes, we may not.
import alembic.command
import bcrypt
import cryptography.hazmat.primitives.serialization
import cryptography.x509
import fastjsonschema
import jsonschema
import keystonemiddleware.auth_token
import microversion_parse
import oslo_db.options
import oslo_db.sqlalchemy.engines
import oslo_middleware
import oslo_middleware.opts
import oslo_policy._checks
import oslo_policy.policy
import paste.urlmap
import sqlalchemy.dialects.sqlite
from oslo_config import cfg
from oslo_log import log
from paste.deploy import loadwsgi

LIBRARIES = (
    alembic.command,
    bcrypt,
    cryptography.hazmat.primitives.serialization,
    cryptography.x509,
    fastjsonschema,
    jsonschema,
    keystonemiddleware.auth_token,
    microversion_parse,
    oslo_db.options,
    oslo_db.sqlalchemy.engines,
    oslo_middleware.opts,
    oslo_policy.policy,
    paste.urlmap,
    sqlalchemy.dialects.sqlite,
)

State = dict[str, Any]


def be_a_host(config_file: str) -> None:
    """Configure the process as a service does that has us as a guest."""
    conf = cfg.CONF
    log.register_options(conf)
    conf.register_opt(
        cfg.StrOpt('auth_strategy', default='host', help="The host's own."),
        group='api',
    )
    conf.register_opt(cfg.IntOpt('max_limit', default=7), group='api')
    conf(['--config-file', config_file], project='host')
    sys.argv[1:] = ['the', "host's", 'own']
    logging.getLogger('host').setLevel(logging.ERROR)
    warnings.filterwarnings('ignore', module='host')
    signal.signal(signal.SIGUSR1, lambda *ignored: None)


def options() -> State:
    """Return what the global configuration has, by option."""
    groups: dict[str | None, Any] = {None: cfg.CONF._opts}
    for name, group in cfg.CONF._groups.items():
        groups[name] = group._opts
    return {
        f'{group}.{name}': [
            repr(held['opt'].default),
            repr(held.get('default')),
            repr(held.get('override')),
            held['opt'].help,
        ]
        for group, opts in groups.items()
        for name, held in opts.items()
    }


def state() -> State:
    """Return what belongs to the process."""
    root = logging.getLogger()
    return {
        'root logger': [root.level, repr(root.handlers), repr(root.filters)],
        'logger class': repr(logging.getLoggerClass()),
        'disabled': root.manager.disable,
        'loggers': {
            name: [logger.level, logger.propagate, repr(logger.handlers)]
            for name, logger in root.manager.loggerDict.items()
            if isinstance(logger, logging.Logger)
            and (logger.level or logger.handlers or not logger.propagate)
        },
        'signals': [repr(signal.getsignal(s)) for s in signal.valid_signals()],
        'warnings': [repr(entry) for entry in warnings.filters],
        'arguments': list(sys.argv),
        'hooks': [repr(sys.excepthook), repr(threading.excepthook)],
        'environment': dict(os.environ),
        'directory': os.getcwd(),
        'threads': threading.active_count(),
        'checks': sorted(map(repr, oslo_policy._checks.registered_checks)),
        'files': cfg.CONF.config_file,
        'project': cfg.CONF.project,
    }


def wrapped(environ: State, start_response: Any) -> list[bytes]:
    """Stand where the host's own application is."""
    start_response('200 OK', [])
    return []


def mount(paste_file: str, name: str) -> object:
    """Load a section, which is a filter if its name says so."""
    source = f'config:{paste_file}'
    if name.startswith('filter'):
        return loadwsgi.loadfilter(source, name=name)(wrapped)
    app: object = loadwsgi.loadapp(source, name=name)
    return app


def changes(before: State, after: State) -> State:
    return {
        key: [value, after.get(key)]
        for key, value in before.items()
        if after.get(key) != value
    }


def watch(paste_file: str, name: str) -> State:
    """Mount, and return what is not as it was."""
    state_before, options_before = state(), options()
    made = mount(paste_file, name)
    state_after, options_after = state(), options()
    return {
        'changed': changes(state_before, state_after),
        'changed options': changes(options_before, options_after),
        'new options': sorted(set(options_after) - set(options_before)),
        'made': type(made).__name__,
    }


def main(config_file: str, paste_file: str, *names: str) -> None:
    """Mount each, and print what that has changed."""
    be_a_host(config_file)
    json.dump({name: watch(paste_file, name) for name in names}, sys.stdout)


if __name__ == '__main__':
    main(*sys.argv[1:])
