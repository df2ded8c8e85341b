# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-manage``: what an operator does beside serving.

Every command can be killed and run again.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from oslo_config import cfg

from keypair_ext import (
    cmd,
    conf as keypair_conf,
    config_files,
    exception,
    profiles,
)
from keypair_ext.api import contract, microversions, openapi
from keypair_ext.cmd import keys
from keypair_ext.cmd.paste import mount, printing, replacing
from keypair_ext.db import engine, migration

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


def _run(argv: Sequence[str] | None) -> int | None:
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int | None] = arguments.run
    return run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=_PROGRAM)
    parser.add_argument(
        '--config-file',
        action='append',
        metavar='FILE',
        help='configuration file, may be repeated (default: '
        '$OS_KEYPAIR_EXT_CONFIG_FILES or keypair_ext.conf, in '
        '$OS_KEYPAIR_EXT_CONFIG_DIR or /etc/keypair_ext); what is in FILE.d '
        'is read after it',
    )
    parser.add_argument(
        '--database-group',
        default='database',
        metavar='GROUP',
        help='configuration group of the database: database, or '
        'api_database for the file of a Nova (default: %(default)s)',
    )
    groups = parser.add_subparsers(required=True, metavar='COMMAND')
    _add_db(groups)
    _add_profile(groups)
    _add_paste(groups)
    _add_openapi(groups)
    keys.add_to(groups, _configured)
    return parser


def _add_db(
    groups: 'argparse._SubParsersAction[argparse.ArgumentParser]',
) -> None:
    db = groups.add_parser('db', help='the database schema')
    commands = db.add_subparsers(required=True, metavar='ACTION')
    sync = commands.add_parser(
        'sync',
        help='create what is missing; a table that Nova made is left as it is',
    )
    sync.add_argument(
        '--quota-guard',
        action=argparse.BooleanOptionalAction,
        help='also create, or with "no" drop, the table by which the quota '
        'is exact on a database that has several writers; it is left as it '
        'is where neither is said',
    )
    sync.set_defaults(run=_db_sync)
    version = commands.add_parser('version', help='print what is there')
    version.set_defaults(run=_db_version)


def _add_profile(
    groups: 'argparse._SubParsersAction[argparse.ArgumentParser]',
) -> None:
    profile = groups.add_parser('profile', help='vendor profiles')
    commands = profile.add_subparsers(required=True, metavar='ACTION')
    listing = commands.add_parser('list', help='print the installed profiles')
    listing.set_defaults(run=_profile_list)
    show = commands.add_parser('show', help='print what a profile changes')
    show.add_argument('name', help='its name, or file:/PATH')
    show.set_defaults(run=_profile_show)
    diff = commands.add_parser('diff', help='print where two profiles differ')
    diff.add_argument('old', help='a name, or file:/PATH')
    diff.add_argument('new', help='a name, or file:/PATH')
    diff.set_defaults(run=_profile_diff)


def _add_openapi(
    groups: 'argparse._SubParsersAction[argparse.ArgumentParser]',
) -> None:
    command = groups.add_parser(
        'openapi', help='print the OpenAPI 3.1 description of the API'
    )
    command.add_argument(
        '--version',
        default='latest',
        help='the microversion to describe (default: %(default)s)',
    )
    command.add_argument(
        '--profile',
        default=profiles.DEFAULT,
        help='the vendor profile to describe (default: %(default)s)',
    )
    command.set_defaults(run=_openapi)


def _add_paste(
    groups: 'argparse._SubParsersAction[argparse.ArgumentParser]',
) -> None:
    paste = groups.add_parser('paste', help="the filter in Nova's pipelines")
    commands = paste.add_subparsers(required=True, metavar='ACTION')
    for action, edit, text in (
        ('enable', mount.enable, 'mount the filter'),
        ('disable', mount.disable, 'take the filter out again'),
    ):
        command = commands.add_parser(action, help=text)
        command.add_argument(
            '--dry-run',
            action='store_true',
            help='print the change as a diff and write nothing',
        )
        command.set_defaults(run=_paste_edit, edit=edit)
    status = commands.add_parser(
        'status',
        help='print where the filter is mounted',
        description='Prints where the filter is mounted. Returns 0 if that '
        'is everywhere, 1 if nowhere, 2 if only in some places, 3 if the '
        'file cannot be read or is not understood.',
    )
    status.set_defaults(run=_paste_status)
    printing_command = commands.add_parser(
        'print',
        help='print what mounts the filter by a deployment tool',
        description='Prints what the configuration of a deployment tool has '
        'to say for the filter to be mounted, and writes nothing.',
    )
    printing_command.add_argument(
        '--for',
        dest='tool',
        required=True,
        choices=list(printing.TOOLS),
        help='the tool that makes the paste file',
    )
    printing_command.set_defaults(run=_paste_print)
    for command in commands.choices.values():
        command.add_argument(
            '--file',
            default='/etc/nova/api-paste.ini',
            metavar='FILE',
            help="Nova's paste file (default: %(default)s)",
        )


def _configured(arguments: argparse.Namespace) -> cfg.ConfigOpts:
    conf: cfg.ConfigOpts = config_files.parse(
        arguments.config_file or config_files.default_files(),
        keypair_conf.PROJECT,
    )
    keypair_conf.register_opts(conf, arguments.database_group)
    return conf


def _engine(arguments: argparse.Namespace) -> Any:
    conf = _configured(arguments)
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
    _print_table(rows)
    return broken


def _profile_show(arguments: argparse.Namespace) -> None:
    profile = _load_profile(arguments.name)
    print(profile.summary)
    upstream = _load_profile(profiles.DEFAULT)
    _print_differences([upstream, profile], [_UPSTREAM, profile.name])


def _profile_diff(arguments: argparse.Namespace) -> None:
    compared = [arguments.old, arguments.new]
    _print_differences([_load_profile(name) for name in compared], compared)


def _paste_edit(arguments: argparse.Namespace) -> None:
    path = arguments.file
    before = replacing.read(path)
    after = arguments.edit(before)
    if after == before:
        print(f'{path} needs no change.')
    elif arguments.dry_run:
        sys.stdout.write(mount.diff(before, after, path))
    else:
        backup = replacing.replace(path, before, after)
        print(f'{path} is changed; what it was is in {backup}.')
        print('nova-api reads it when it is started again.')


def _paste_print(arguments: argparse.Namespace) -> None:
    text = replacing.read(arguments.file)
    sys.stdout.write(printing.snippet(arguments.tool, text))


def _paste_status(arguments: argparse.Namespace) -> int:
    try:
        status = mount.status(replacing.read(arguments.file))
    except exception.ConfigurationError as error:
        cmd.complain(_PROGRAM, str(error))
        return _UNKNOWN
    section = 'present' if status.has_section else 'missing'
    _print_table(
        [
            (f'[{mount.SECTION}]', '', section),
            *(
                (
                    f'[{pipeline.section}]',
                    pipeline.key,
                    'enabled' if pipeline.enabled else 'disabled',
                )
                for pipeline in status.pipelines
            ),
        ]
    )
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
        _print_table([('SETTING', *titles), *rows])
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


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        )
        print('  '.join(cells).rstrip())


if __name__ == '__main__':
    sys.exit(main())
