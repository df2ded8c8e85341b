# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-manage``: what an operator does beside serving.

Every command can be killed and run again.
"""

import argparse
import functools
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from keypair_ext import cmd, exception, files, profiles
from keypair_ext.api import contract, microversions, openapi
from keypair_ext.cmd import keys, parsing
from keypair_ext.cmd.parsing import Command, option
from keypair_ext.cmd.paste import mount, printing, replacing
from keypair_ext.db import engine, migration
from keypair_ext.keys import report

_PROGRAM = 'keypair-ext-manage'

# What ``profile show`` calls the settings without any profile.
_UPSTREAM = '(upstream)'

# What ``paste status`` returns where the file cannot be understood.
_UNKNOWN = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status.

    A mistake of the operator is one sentence on standard error and 1.
    """
    return cmd.run(_PROGRAM, lambda: _run(argv))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = parsing.program(
        _PROGRAM, description='What an operator does beside serving.'
    )
    groups = parser.add_subparsers(required=True, metavar='COMMAND')
    parsing.add_commands(groups, 'db', 'the database schema', _DB)
    parsing.add_commands(groups, 'profile', 'vendor profiles', _PROFILE)
    parsing.add_commands(
        groups, 'paste', "the filter in Nova's pipelines", _PASTE
    )
    parsing.add_command(groups, _OPENAPI)
    parsing.add_commands(
        groups, 'keys', 'the keys of all users', keys.COMMANDS, keys.TROUBLE
    )
    return parser


def _run(argv: Sequence[str] | None) -> int | None:
    arguments = build_parser().parse_args(argv)
    try:
        status: int | None = arguments.run(arguments)
    except exception.KeypairExtError as error:
        cmd.complain(_PROGRAM, str(error))
        return int(arguments.mistake)
    return status


def _engine(arguments: argparse.Namespace) -> Any:
    conf = parsing.configured(arguments)
    return engine.create_engine(conf, arguments.database_group)


def _db_sync(arguments: argparse.Namespace) -> None:
    migration.sync(_engine(arguments), arguments.quota_guard)


def _db_version(arguments: argparse.Namespace) -> None:
    print(migration.version(_engine(arguments)))


def _openapi(arguments: argparse.Namespace) -> None:
    contracts = contract.Contracts(
        profiles.load(arguments.profile), microversions.MAX_VERSION
    )
    described = openapi.describe(contracts, arguments.version)
    print(json.dumps(described, indent=2))


def _profile_list(arguments: argparse.Namespace) -> int:
    """Print all profiles; 1 if one of them cannot be used."""
    rows = [('NAME', 'SUMMARY')]
    broken = 0
    for name in profiles.available():
        try:
            summary = _load_profile(name).summary
        except exception.ConfigurationError as error:
            summary, broken = f'(cannot be used) {error}', 1
        rows.append((name, summary))
    report.write_rows(rows, sys.stdout)
    return broken


def _profile_show(arguments: argparse.Namespace) -> None:
    profile = _load_profile(arguments.name)
    print(profile.summary)
    upstream = _load_profile(profiles.DEFAULT)
    _print_differences([upstream, profile], [_UPSTREAM, profile.name])


def _profile_diff(arguments: argparse.Namespace) -> None:
    compared = [arguments.old, arguments.new]
    _print_differences([_load_profile(name) for name in compared], compared)


def _paste_edit(
    change: Callable[[str], str], arguments: argparse.Namespace
) -> None:
    path = arguments.file
    before = files.read(path)
    after = change(before)
    if after == before:
        print(f'{path} needs no change.')
    elif arguments.dry_run:
        sys.stdout.write(mount.diff(before, after, path))
    else:
        backup = replacing.replace(path, before, after)
        print(f'{path} is changed; what it was is in {backup}.')
        print('nova-api reads it when it is started again.')


def _paste_print(arguments: argparse.Namespace) -> None:
    text = files.read(arguments.file)
    sys.stdout.write(printing.snippet(arguments.tool, text))


def _paste_status(arguments: argparse.Namespace) -> int:
    try:
        status = mount.status(files.read(arguments.file))
    except exception.ConfigurationError as error:
        cmd.complain(_PROGRAM, str(error))
        return _UNKNOWN
    rows = [
        (
            f'[{mount.SECTION}]',
            '',
            'present' if status.has_section else 'missing',
        )
    ]
    for section, key, is_enabled in status.pipelines:
        state = 'enabled' if is_enabled else 'disabled'
        rows.append((f'[{section}]', key, state))
    report.write_rows(rows, sys.stdout)
    if status.enabled:
        return 0
    return 1 if status.disabled else 2


def _load_profile(name: str) -> profiles.Profile:
    """Load a profile and refuse what a mount would refuse."""
    profile = profiles.load(name)
    contract.Contracts(profile, microversions.MAX_VERSION)
    return profile


def _print_differences(
    compared: Sequence[profiles.Profile], titles: Sequence[str]
) -> None:
    """Print the settings that differ, a column for each profile."""
    settings = [profile.settings() for profile in compared]
    rows = [
        (key, *(_shown(values[key]) for values in settings))
        for key in settings[0]
        if any(values[key] != settings[0][key] for values in settings)
    ]
    if rows:
        report.write_rows([('SETTING', *titles), *rows], sys.stdout)
    else:
        print('There is no difference.')


def _shown(value: object) -> str:
    """Return a setting as its document has it; ``-`` where it has none."""
    if value is None:
        return '-'
    if isinstance(value, profiles.Fault):
        retry = value.retry_after
        after = '' if retry is None else f', retry after {retry} s'
        return f'{value.status} {value.name}{after}'
    return json.dumps(value)


_FILE = option(
    '--file',
    default='/etc/nova/api-paste.ini',
    metavar='FILE',
    help="Nova's paste file (default: %(default)s)",
)
_DRY_RUN = option(
    '--dry-run',
    action='store_true',
    help='print the change as a diff and write nothing',
)

_DB = (
    Command(
        'sync',
        _db_sync,
        'create what is missing; a table that Nova made is left as it is',
        (
            option(
                '--quota-guard',
                action=argparse.BooleanOptionalAction,
                help='also create, or with "no" drop, the table by which the '
                'quota is exact on a database that has several writers; it '
                'is left as it is where neither is said',
            ),
        ),
    ),
    Command('version', _db_version, 'print what is there'),
)
_PROFILE = (
    Command('list', _profile_list, 'print the installed profiles'),
    Command(
        'show',
        _profile_show,
        'print what a profile changes',
        (option('name', help='its name, or file:/PATH'),),
    ),
    Command(
        'diff',
        _profile_diff,
        'print where two profiles differ',
        (
            option('old', help='a name, or file:/PATH'),
            option('new', help='a name, or file:/PATH'),
        ),
    ),
)
_PASTE = (
    Command(
        'enable',
        functools.partial(_paste_edit, mount.enable),
        'mount the filter',
        (_DRY_RUN, _FILE),
    ),
    Command(
        'disable',
        functools.partial(_paste_edit, mount.disable),
        'take the filter out again',
        (_DRY_RUN, _FILE),
    ),
    Command(
        'status',
        _paste_status,
        'print where the filter is mounted',
        (_FILE,),
        ' Returns 0 if that is everywhere, 1 if nowhere, 2 if only in some '
        'places, 3 if the file cannot be read or is not understood.',
    ),
    Command(
        'print',
        _paste_print,
        'print what mounts the filter by a deployment tool',
        (
            option(
                '--for',
                dest='tool',
                required=True,
                choices=list(printing.TOOLS),
                help='the tool that makes the paste file',
            ),
            _FILE,
        ),
        " It is what the tool's configuration has to say.",
    ),
)
_OPENAPI = Command(
    'openapi',
    _openapi,
    'print the OpenAPI 3.1 description of the API',
    (
        option(
            '--version',
            default='latest',
            help='the microversion to describe (default: %(default)s)',
        ),
        option(
            '--profile',
            default=profiles.DEFAULT,
            help='the vendor profile to describe (default: %(default)s)',
        ),
    ),
)


if __name__ == '__main__':
    sys.exit(main())
