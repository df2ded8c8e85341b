# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-manage keys``: commands on the keys of all users.

They return 0; 1 where something was found, or was left, that a person has to
look at; 2 where they could not do what they are for.
"""

import argparse
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from keypair_ext import cmd, exception
from keypair_ext.cmd.keys import changing, common, options, reading

if TYPE_CHECKING:
    _Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

_DELETING = (options.add_change, options.add_journal, options.add_bus)

_EXAMPLE = 'example:\n  keypair-ext-manage keys %s'


def add_to(groups: '_Parsers', configure: common.Configure) -> None:
    """Add the commands to those of ``keypair-ext-manage``.

    :param configure: returns the configuration that the options name.
    """
    keys = groups.add_parser('keys', help='the keys of all users')
    commands = _Commands(
        keys.add_subparsers(required=True, metavar='ACTION'), configure
    )
    commands.add(
        'list',
        reading.list_keys,
        'print keys, with age, algorithm, size and fingerprints',
        'list --older-than 90d --algorithm rsa --bits-below 3072',
        [options.add_selection, options.add_after, options.add_format],
    )
    commands.add(
        'show',
        reading.show,
        'print one key',
        'show 9e3d... laptop',
        [options.add_place, options.add_format],
    )
    commands.add(
        'stats',
        reading.count,
        'count keys by type, algorithm, size and age, and users by keys',
        'stats --prometheus /var/lib/node_exporter/keypairs.prom',
        [options.add_selection, options.add_prometheus, options.add_format],
    )
    commands.add(
        'export',
        reading.export,
        'print keys as JSON lines, every column as it is',
        'export --user 9e3d... > keys.jsonl',
        [options.add_selection, options.add_after],
    )
    commands.add(
        'import',
        changing.import_keys,
        'add the keys of an export; quotas do not apply',
        'import keys.jsonl --map-users users.json --yes',
        [options.add_import, options.add_change],
    )
    commands.add(
        'prune',
        changing.prune,
        'delete keys; at least --older-than, --user or --name is needed',
        "prune --name 'ci-*' --older-than 30d --yes",
        [
            options.add_selection,
            options.add_change,
            options.add_journal,
            options.add_bus,
        ],
    )
    commands.add(
        'purge',
        changing.purge,
        'delete all keys of a user who has left, or of all who have',
        'purge --orphans --at-most 5% --yes',
        [options.add_leavers, options.add_cloud, *_DELETING],
    )
    commands.add(
        'orphans',
        reading.list_orphans,
        'print users whom Identity does not know any more or has disabled; '
        'returns 1 if it does not know one',
        'orphans --os-cloud admin',
        [options.add_cloud, options.add_format],
    )
    commands.add(
        'where-used',
        reading.list_servers,
        'print the servers that were built with keys of a user: to delete '
        'the key pair takes no key out of them',
        'where-used --user 9e3d... --name laptop',
        [options.add_owner, options.add_cloud, options.add_format],
    )
    commands.add(
        'transfer',
        changing.transfer,
        'give the keys of a user to another one',
        'transfer --from 9e3d... --to 41c7... --prefix old- --yes',
        [options.add_transfer, options.add_change, options.add_journal],
    )
    commands.add(
        'audit',
        reading.audit_keys,
        'find keys that break the rules of [keypairs]; returns 1 if any does',
        'audit --format html > audit.html',
        [options.add_selection, options.add_audit],
    )


class _Commands:
    """Adds commands, each with an example in its help."""

    def __init__(
        self, actions: '_Parsers', configure: common.Configure
    ) -> None:
        self._actions = actions
        self._configure = configure

    def add(
        self,
        name: str,
        run: Callable[[Any], int | None],
        help_text: str,
        example: str,
        options: Iterable[Callable[[argparse.ArgumentParser], None]],
    ) -> None:
        parser = self._actions.add_parser(
            name,
            help=help_text,
            description=f'{help_text[0].upper()}{help_text[1:]}.',
            epilog=_EXAMPLE % example,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for add in options:
            add(parser)
        parser.set_defaults(
            run=lambda arguments: _run(run, arguments),
            configure=self._configure,
        )


def _run(
    command: Callable[[Any], int | None], arguments: argparse.Namespace
) -> int | None:
    """Run a command; what it could not do is not what it has found."""
    try:
        return command(arguments)
    except exception.KeypairExtError as error:
        cmd.complain('keypair-ext-manage', str(error))
        return common.TROUBLE
