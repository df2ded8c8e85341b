# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-manage keys``: commands on the keys of all users."""

import argparse
import collections
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from oslo_config import cfg

from keypair_ext import (
    exception,
    keytypes,
    notifications,
)
from keypair_ext.cmd.keys import options, progress
from keypair_ext.db import engine
from keypair_ext.db.records import Keypair
from keypair_ext.db.table import Inserted, Table
from keypair_ext.keys import (
    audit,
    change,
    journal,
    lines,
    page,
    report,
    selection,
    stats,
)
from keypair_ext.keys.selection import Entry, Selection
from keypair_ext.keytypes import rsa, strength

if TYPE_CHECKING:
    _Parsers = argparse._SubParsersAction[argparse.ArgumentParser]

Configure = Callable[[argparse.Namespace], cfg.ConfigOpts]

# Something is there that has to be looked at.
_FOUND = 1

_DELETING = (options.add_change, options.add_journal, options.add_bus)

_EXAMPLE = 'example:\n  keypair-ext-manage keys %s'


def add_to(groups: '_Parsers', configure: Configure) -> None:
    """Add the commands to those of ``keypair-ext-manage``.

    :param configure: returns the configuration that the options name.
    """
    keys = groups.add_parser('keys', help='the keys of all users')
    commands = _Commands(
        keys.add_subparsers(required=True, metavar='ACTION'), configure
    )
    commands.add(
        'list',
        _list,
        'print keys, with age, algorithm, size and fingerprints',
        'list --older-than 90d --algorithm rsa --bits-below 3072',
        [options.add_selection, options.add_after, options.add_format],
    )
    commands.add(
        'show',
        _show,
        'print one key',
        'show 9e3d... laptop',
        [options.add_place, options.add_format],
    )
    commands.add(
        'stats',
        _stats,
        'count keys by type, algorithm, size and age, and users by keys',
        'stats --prometheus /var/lib/node_exporter/keypairs.prom',
        [options.add_selection, options.add_prometheus, options.add_format],
    )
    commands.add(
        'export',
        _export,
        'print keys as JSON lines, every column as it is',
        'export --user 9e3d... > keys.jsonl',
        [options.add_selection, options.add_after],
    )
    commands.add(
        'import',
        _import,
        'add the keys of an export; quotas do not apply',
        'import keys.jsonl --map-users users.json --yes',
        [options.add_import, options.add_change],
    )
    commands.add(
        'prune',
        _prune,
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
        _purge,
        'delete all keys of a user who has left',
        'purge --user 9e3d... --yes',
        [
            options.add_user,
            options.add_change,
            options.add_journal,
            options.add_bus,
        ],
    )
    commands.add(
        'transfer',
        _transfer,
        'give the keys of a user to another one',
        'transfer --from 9e3d... --to 41c7... --prefix old- --yes',
        [options.add_transfer, options.add_change, options.add_journal],
    )
    commands.add(
        'audit',
        _audit,
        'find keys that break the rules of [keypairs]; returns 1 if any does',
        'audit --format html > audit.html',
        [options.add_selection, options.add_audit],
    )


class _Commands:
    """Adds commands, each with an example in its help."""

    def __init__(self, actions: '_Parsers', configure: Configure) -> None:
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
        parser.set_defaults(run=run, configure=self._configure)


# The commands.


def _list(arguments: argparse.Namespace) -> None:
    entries = _entries(arguments)
    records = map(report.record_of, entries)
    report.write(arguments.format, report.LISTED, records, sys.stdout)


def _show(arguments: argparse.Namespace) -> None:
    wanted = Selection(user_id=arguments.user)
    for entry in selection.select(_table(arguments), wanted):
        if entry.row.name == arguments.name:
            break
    else:
        raise exception.KeypairNotFound(
            name=arguments.name, user_id=arguments.user
        )
    record = {
        **report.record_of(entry),
        'id': entry.row.id,
        'updated_at': lines.time_text(entry.row.updated_at),
        'public_key': entry.row.public_key,
    }
    if arguments.format == 'table':
        rows = [{'field': name, 'value': record[name]} for name in record]
        report.write('table', ('field', 'value'), rows, sys.stdout)
    else:
        report.write(arguments.format, tuple(record), [record], sys.stdout)


def _stats(arguments: argparse.Namespace) -> None:
    found = stats.Stats(options.now())
    found.count(_entries(arguments))
    found.count_users(_table(arguments).users())
    if arguments.prometheus:
        stats.write_prometheus(found, arguments.prometheus)
    else:
        report.write(
            arguments.format, stats.COLUMNS, found.records(), sys.stdout
        )


def _export(arguments: argparse.Namespace) -> None:
    for entry in _entries(arguments):
        sys.stdout.write(f'{lines.to_line(entry.row)}\n')


def _import(arguments: argparse.Namespace) -> int:
    users = _mapped_users(arguments.map_users)
    with options.opened(arguments.file) as stream:
        numbered = (
            (number, row._replace(user_id=users.get(row.user_id, row.user_id)))
            for number, row in lines.read(stream)
        )
        added = change.add(
            _table(arguments),
            progress.shown(numbered),
            keytypes.load(rsa.make_rsa),
            restore=arguments.restore,
            dry_run=not arguments.yes,
            pace=change.Pace(arguments.rate),
        )
        return _tell_added(arguments, added)


def _mapped_users(path: str | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        users = json.loads(options.read(path))
    except ValueError as error:
        raise exception.InvalidInput(
            reason=f'{path} is not JSON: {error}.'
        ) from error
    if not isinstance(users, dict) or not all(
        isinstance(new, str) and new for new in users.values()
    ):
        raise exception.InvalidInput(
            reason=f'{path} must be a JSON object of old and new user ids.'
        )
    return users


def _tell_added(
    arguments: argparse.Namespace, added: Iterable[change.Added]
) -> int:
    counts: collections.Counter[Inserted | None] = collections.Counter()
    status = 0
    for line in added:
        counts[line.outcome] += 1
        problem = _problem(line)
        skipped = arguments.on_conflict == 'skip'
        if problem and not (skipped and line.outcome is Inserted.CONFLICT):
            status = _FOUND
            progress.say(f'line {line.number}: {problem}')
            if arguments.on_conflict == 'fail':
                break
    verb = 'added' if arguments.yes else 'would be added'
    print(
        f'{counts[Inserted.DONE]} keys {verb}, {counts[Inserted.PRESENT]} '
        f'are there already, {counts[Inserted.CONFLICT]} have a name that '
        f'another key has, {counts[Inserted.UNSTORABLE] + counts[None]} '
        f'cannot be used. Quotas were not looked at.'
    )
    return status


def _problem(line: change.Added) -> str | None:
    if line.outcome is Inserted.CONFLICT:
        return (
            f'user {line.row.user_id} has another key of the name '
            f'{line.row.name!r}'
        )
    if line.outcome is Inserted.UNSTORABLE:
        return f'{Inserted.UNSTORABLE.value}: a value is too long, or has a \
character that the table cannot hold'
    return line.problem


def _prune(arguments: argparse.Namespace) -> None:
    if not (arguments.older_than or arguments.user or arguments.name):
        raise exception.InvalidInput(
            reason='name at least --older-than, --user or --name: this '
            'command does not delete the keys of everybody.'
        )
    _delete(arguments, 'prune', options.selected(arguments))


def _purge(arguments: argparse.Namespace) -> None:
    _delete(arguments, 'purge', Selection(user_id=arguments.user))


def _delete(
    arguments: argparse.Namespace, command: str, wanted: Selection
) -> None:
    """Delete what is selected, or print it where ``--yes`` is not said."""
    table = _table(arguments)
    entries = selection.select(table, wanted)
    if not arguments.yes:
        _tell_plan('deleted', (entry.row for entry in entries))
        return
    notifier = (
        notifications.SilentNotifier()
        if arguments.quiet_bus
        else notifications.load(_configured(arguments))
    )
    path = arguments.journal or journal.default_path(command)
    rows = (entry.row for entry in progress.shown(entries))
    with journal.Journal(path) as kept:
        deleted = change.delete(
            table, rows, kept, notifier, change.Pace(arguments.rate)
        )
    print(f'{deleted} keys deleted. {_undo(path)}')


def _transfer(arguments: argparse.Namespace) -> int:
    if arguments.old == arguments.new:
        raise exception.InvalidInput(
            reason='--from and --to name the same user.'
        )
    table = _table(arguments)
    moves = _planned_moves(arguments, table)
    if not arguments.yes:
        _tell_plan('moved', (row for row, _ in moves))
        return 0
    path = arguments.journal or journal.default_path('transfer')
    moved = left = 0
    with journal.Journal(path) as kept:
        for row, done in change.move(
            table, moves, arguments.new, kept, change.Pace(arguments.rate)
        ):
            moved += done
            left += not done
            if not done:
                progress.say(
                    f'{row.name!r} stays: it has gone, or the new owner '
                    f'has a key of this name; see --prefix'
                )
    print(f'{moved} keys moved, {left} not. {_undo(path)}')
    return _FOUND if left else 0


def _planned_moves(
    arguments: argparse.Namespace, table: Table
) -> Iterator[tuple[Keypair, str]]:
    """Yield the rows to move, each with the name that it will have."""
    wanted = Selection(user_id=arguments.old, name=arguments.name)
    for entry in selection.select(table, wanted):
        name = entry.row.name
        if arguments.prefix and table.find(arguments.new, name):
            name = arguments.prefix + name
        yield entry.row, name


def _audit(arguments: argparse.Namespace) -> int:
    rules = strength.from_options(_configured(arguments).keypairs)
    judge = strength.Judge(rules)
    moment = options.now()
    counted = stats.Stats(moment)
    summary = page.Summary()
    found = summary.watch(
        audit.findings(counted.watch(_entries(arguments)), judge)
    )
    if arguments.format == 'html':
        collections.deque(found, maxlen=0)
        counted.count_users(_table(arguments).users())
        sys.stdout.writelines(page.build(counted, summary, moment))
    else:
        report.write(arguments.format, audit.COLUMNS, found, sys.stdout)
    progress.say(
        f'{counted.kinds.total()} keys looked at, '
        f'{summary.by_rule.total()} findings.'
    )
    return _FOUND if summary.by_rule else 0


def _tell_plan(verb: str, rows: Iterable[Keypair]) -> None:
    number = 0
    for row in rows:
        number += 1
        print(lines.to_line(row))
    progress.say(f'{number} keys would be {verb}: say --yes to have it done.')


def _undo(path: str) -> str:
    return (
        f'What was there is in {path}; "keypair-ext-manage keys import '
        f'--restore {path} --yes" puts it back.'
    )


def _entries(arguments: argparse.Namespace) -> Iterator[Entry]:
    """Yield what is selected, with a bar on a terminal."""
    table = _table(arguments)
    wanted = options.selected(arguments)
    after = getattr(arguments, 'after', 0)
    return progress.shown(
        selection.select(table, wanted, after),
        lambda: table.count(wanted.range),
    )


def _configured(arguments: argparse.Namespace) -> cfg.ConfigOpts:
    configure: Configure = arguments.configure
    return configure(arguments)


def _table(arguments: argparse.Namespace) -> Table:
    conf = _configured(arguments)
    return Table(engine.create_engine(conf, arguments.database_group))
