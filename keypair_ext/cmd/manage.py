# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``keypair-ext-manage``: what an operator does beside serving.

Every command can be killed and run again.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from oslo_config import cfg

from keypair_ext import conf as keypair_conf, exception, profiles
from keypair_ext.db import engine, migration

_DEFAULT_CONFIG = '/etc/keypair_ext/keypair_ext.conf'


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status.

    A mistake of the operator is one sentence on standard error and 1.
    """
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int | None] = arguments.run
    try:
        return run(arguments) or 0
    except exception.KeypairExtError as error:
        sys.stderr.write(f'keypair-ext-manage: {error}\n')
        return 1
    except BrokenPipeError:
        # The reader of our output, such as head, has seen enough.
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='keypair-ext-manage')
    parser.add_argument(
        '--config-file',
        action='append',
        metavar='FILE',
        help='configuration file, may be repeated; default: '
        f'$OS_KEYPAIR_EXT_CONFIG_DIR/keypair_ext.conf or {_DEFAULT_CONFIG}',
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


def _engine(arguments: argparse.Namespace) -> sa.Engine:
    conf: cfg.ConfigOpts = keypair_conf.parse(
        arguments.config_file or [_default_config()], 'keypair_ext'
    )
    keypair_conf.register_opts(conf, arguments.database_group)
    return engine.create_engine(conf, arguments.database_group)


def _default_config() -> str:
    directory = os.environ.get('OS_KEYPAIR_EXT_CONFIG_DIR')
    if directory:
        return os.path.join(directory, 'keypair_ext.conf')
    return _DEFAULT_CONFIG


def _db_sync(arguments: argparse.Namespace) -> None:
    migration.sync(_engine(arguments))


def _db_version(arguments: argparse.Namespace) -> None:
    print(migration.version(_engine(arguments)))


def _profile_list(arguments: argparse.Namespace) -> None:
    loaded = [profiles.load(name) for name in profiles.available()]
    _print_table([(profile.name, profile.summary) for profile in loaded])


def _profile_show(arguments: argparse.Namespace) -> None:
    profile = profiles.load(arguments.name)
    print(profile.summary)
    rows = _rows(profile)
    _print_table(rows or [('no departure from upstream', '')])


def _profile_diff(arguments: argparse.Namespace) -> int:
    """Print the rows that differ; 1 if any do, as diff does."""
    old, new = (
        dict(_rows(profiles.load(name)))
        for name in (arguments.old, arguments.new)
    )
    keys = sorted(
        key for key in old.keys() | new.keys() if old.get(key) != new.get(key)
    )
    upstream = '(upstream)'
    _print_table(
        [(key, old.get(key, upstream), new.get(key, upstream)) for key in keys]
    )
    return 1 if keys else 0


def _rows(profile: profiles.Profile) -> list[tuple[str, str]]:
    return [(key, _shown(value)) for key, value in profile.departures()]


def _shown(value: object) -> str:
    if isinstance(value, profiles.Fault):
        retry = value.retry_after
        after = '' if retry is None else f', retry after {retry} s'
        return f'{value.status} {value.name}{after}'
    return repr(value) if isinstance(value, str) else str(value)


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        )
        print('  '.join(cells).rstrip())


if __name__ == '__main__':
    sys.exit(main())
