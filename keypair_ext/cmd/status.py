# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-status``: says if an installation is fit to serve."""

import argparse
import sys
from collections.abc import Callable, Sequence

from oslo_config import cfg

from keypair_ext import (
    cmd,
    conf as keypair_conf,
    exception,
    policy,
    quota,
)
from keypair_ext.db import engine, migration
from keypair_ext.db.store import Store

_PROGRAM = 'keypair-ext-status'

_Check = Callable[[cfg.ConfigOpts], object]


def main(argv: Sequence[str] | None = None) -> int:
    """Check configuration, policy, quota and database.

    Prints a line for each and returns 0, or 2 where one fails, as the
    ``upgrade check`` of other OpenStack projects does.
    """
    return cmd.run(_PROGRAM, lambda: _check(argv), mistake=2)


def _check(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog=_PROGRAM)
    parser.add_argument('--config-file', action='append', metavar='FILE')
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    upgrade = commands.add_parser('upgrade', help='before an upgrade')
    upgrade.add_argument('action', choices=['check'])
    arguments = parser.parse_args(argv)
    conf = keypair_conf.parse(
        arguments.config_file or [keypair_conf.default_file()],
        keypair_conf.PROJECT,
    )
    keypair_conf.register_opts(conf, 'database')
    return max([_run(name, check, conf) for name, check in _CHECKS])


def _run(name: str, check: _Check, conf: cfg.ConfigOpts) -> int:
    try:
        check(conf)
    except exception.KeypairExtError as error:
        print(f'{name}: failure. {error}')
        return 2
    print(f'{name}: success')
    return 0


def _check_policy(conf: cfg.ConfigOpts) -> None:
    mistakes = policy.find_mistakes(conf)
    if mistakes:
        raise exception.ConfigurationError(reason=' '.join(mistakes))


def _store(conf: cfg.ConfigOpts) -> Store:
    return Store(engine.create_engine(conf, 'database'))


def _check_quota_guard(conf: cfg.ConfigOpts) -> None:
    migration.check_quota_guard(engine.create_engine(conf, 'database'))


_CHECKS: tuple[tuple[str, _Check], ...] = (
    ('policy files', _check_policy),
    ('quota driver', lambda conf: quota.load(conf, _store(conf))),
    ('quota guard', _check_quota_guard),
    ('database', lambda conf: _store(conf).ping()),
)


if __name__ == '__main__':
    sys.exit(main())
