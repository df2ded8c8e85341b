# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-status``: says if an installation is fit to serve."""

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from microversion_parse import Version
from oslo_config import cfg

from keypair_ext import cmd, deploy, exception, quota
from keypair_ext.api import microversions
from keypair_ext.cmd import parsing
from keypair_ext.db import engine, migration
from keypair_ext.policy import tools

_PROGRAM = 'keypair-ext-status'

# As oslo.upgradecheck has it.
_SUCCESS = 0
_FAILURE = 2
_BUG = 255


def main(argv: Sequence[str] | None = None) -> int:
    """Check configuration, policy, what is loaded, and database.

    Prints a line for each and returns 0, or 2 where one fails, as the
    ``upgrade check`` of other OpenStack projects does.
    """
    return cmd.run(_PROGRAM, lambda: _check(argv), mistake=_FAILURE)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = parsing.program(
        _PROGRAM, description='Says if an installation is fit to serve.'
    )
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    upgrade = commands.add_parser('upgrade', help='before an upgrade')
    upgrade.add_argument('action', choices=['check'])
    upgrade.add_argument(
        '--nova-url',
        metavar='URL',
        help='also compare the newest API version with that of the Nova '
        'there, which serves all else at the same load balancer',
    )
    return parser


def _check(argv: Sequence[str] | None) -> int:
    arguments = build_parser().parse_args(argv)
    # The process's own, as in a server: oslo.limit reads no other.
    conf = cfg.CONF
    first = parsing.configure(conf, arguments)
    paste_file = os.path.join(os.path.dirname(first), 'api-paste.ini')
    group = arguments.database_group
    in_nova = group == 'api_database'
    section = {'database_group': group}
    with contextlib.closing(deploy.Composition(conf)) as composed:

        def load_service() -> None:
            if os.path.exists(paste_file) and not in_nova:
                composed.load(paste_file)
            composed.application(section)

        def ask_quota_driver() -> None:
            quota.load(conf, composed.store(section)).limit(None, None)

        def database() -> Any:
            return engine.create_engine(conf, group)

        checks: dict[str, Callable[[], object]] = {
            'policy files': lambda: _check_policy(conf, in_nova),
            'service': load_service,
            'quota driver': ask_quota_driver,
            'quota guard': lambda: migration.check_quota_guard(database()),
            'database': lambda: migration.check(database()),
        }
        if arguments.nova_url is not None:
            checks['versions'] = lambda: _compare_versions(
                composed.max_version(section), arguments.nova_url
            )
        return max(_run(name, check) for name, check in checks.items())


def _run(name: str, check: Callable[[], object]) -> int:
    try:
        check()
    except exception.DatabaseUnavailable as error:
        # The cause says what to do, which a user is not told.
        print(f'{name}: failure. {error.__cause__ or error}')
        return _FAILURE
    except exception.KeypairExtError as error:
        print(f'{name}: failure. {error}')
        return _FAILURE
    except Exception as error:  # noqa: BLE001 (the other checks go on)
        reason = ' '.join(str(error).split())
        print(f'{name}: failure. {type(error).__name__}: {reason}')
        return _BUG
    print(f'{name}: success')
    return _SUCCESS


def _check_policy(conf: cfg.ConfigOpts, in_nova: bool) -> None:
    """Find mistakes in policy files, more than stop the load."""
    if in_nova:
        # Its rules are at hand, as they are in its process.
        with contextlib.suppress(ImportError):
            importlib.import_module('nova.policies')
    mistakes = tools.find_mistakes(conf)
    if mistakes:
        raise exception.ConfigurationError(reason=' '.join(mistakes))


def _compare_versions(ours: Version, nova_url: str) -> None:
    """Ask whether the Nova behind serves the same versions."""
    # Late: it takes a while, and is needed at a load balancer only.
    from keypair_ext.keys import cloud

    theirs = microversions.parse(cloud.newest_version(nova_url))
    if ours == theirs:
        return
    advice = (
        f'set max_version = {theirs} in [api]'
        if theirs < microversions.MAX_VERSION
        else 'take max_version out of [api]'
        if ours < microversions.MAX_VERSION
        else 'clients get 406 for key pairs in the versions between, so '
        'wait for a keypair_ext that has them'
    )
    raise exception.ConfigurationError(
        reason=f'The Nova at {nova_url} serves API versions up to '
        f'{theirs}, and key pairs are served up to {ours}: {advice}.'
    )


if __name__ == '__main__':
    sys.exit(main())
