# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-status``: says if an installation is fit to serve."""

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Sequence

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
    with contextlib.closing(deploy.Composition(conf)) as composed:
        return _check_all(
            _Checks(conf, arguments.database_group, paste_file, composed),
            arguments.nova_url,
        )


def _check_all(checks: '_Checks', nova_url: str | None) -> int:
    """Run all checks; return the worst status."""
    named: dict[str, Callable[[], object]] = {
        'policy files': checks.policy_files,
        'service': checks.service,
        'quota driver': checks.quota_driver,
        'quota guard': checks.quota_guard,
        'database': checks.database,
    }
    if nova_url is not None:
        named['versions'] = lambda: checks.versions(nova_url)
    return max(_run(name, check) for name, check in named.items())


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


class _Checks:
    """What is checked, each raising what it finds.

    :param group: names the group of the database's options.
    :param paste_file: is the service's, if there is one.
    :param composed: what is loaded goes into it.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        group: str,
        paste_file: str,
        composed: deploy.Composition,
    ) -> None:
        self._conf = conf
        self._group = group
        self._in_nova = group == 'api_database'
        self._paste_file = paste_file
        self._section = {'database_group': group}
        self._composed = composed

    def policy_files(self) -> None:
        """Find mistakes in policy files, more than stop the load."""
        if self._in_nova:
            # Its rules are at hand, as they are in its process.
            with contextlib.suppress(ImportError):
                importlib.import_module('nova.policies')
        mistakes = tools.find_mistakes(self._conf)
        if mistakes:
            raise exception.ConfigurationError(reason=' '.join(mistakes))

    def service(self) -> None:
        """Load all that is loaded to serve."""
        if os.path.exists(self._paste_file) and not self._in_nova:
            self._composed.load(self._paste_file)
        self._composed.application(self._section)

    def quota_driver(self) -> None:
        """Ask for a limit."""
        store = self._composed.store(self._section)
        quota.load(self._conf, store).limit(None, None)

    def quota_guard(self) -> None:
        """Find a guard that is half there."""
        made = engine.create_engine(self._conf, self._group)
        migration.check_quota_guard(made)

    def database(self) -> None:
        """Ask whether key pairs can be served from it."""
        migration.check(engine.create_engine(self._conf, self._group))

    def versions(self, nova_url: str) -> None:
        """Ask whether the Nova behind serves the same versions."""
        # Late: it takes a while, and is needed at a load balancer only.
        from keypair_ext.keys import cloud

        ours = self._composed.max_version(self._section)
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
