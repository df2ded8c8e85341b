# SPDX-License-Identifier: Apache-2.0

"""The commands on keys that change the table."""

import argparse
import collections
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping

from keypair_ext import exception, keytypes, notifications
from keypair_ext.cmd import parsing
from keypair_ext.cmd.keys import common, options, progress
from keypair_ext.db.records import Keypair
from keypair_ext.db.table import Inserted, Table
from keypair_ext.keys import change, cloud, journal, lines, selection
from keypair_ext.keys.selection import Selection
from keypair_ext.keytypes import rsa


def import_keys(arguments: argparse.Namespace) -> int:
    """Add keys of an export or a journal; return 1 if one cannot be."""
    users = _mapped_users(arguments.map_users)
    with options.opened(arguments.file) as stream:
        numbered = (_mapped(line, users) for line in lines.read(stream))
        added = change.add(
            common.table(arguments),
            progress.shown(numbered),
            keytypes.load(rsa.make_rsa),
            restore=arguments.restore,
            dry_run=not arguments.yes,
            rate=arguments.rate,
        )
        return _tell_added(arguments, added)


def _mapped(line: lines.Line, users: Mapping[str, str]) -> lines.Line:
    if line.row is None:
        return line
    user_id = users.get(line.row.user_id, line.row.user_id)
    return line._replace(row=line.row._replace(user_id=user_id))


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
    arguments: argparse.Namespace,
    added: Iterable[tuple[lines.Line, Inserted | None]],
) -> int:
    counts: collections.Counter[Inserted | None] = collections.Counter()
    status = 0
    for line, outcome in added:
        counts[outcome] += 1
        skipped = arguments.on_conflict == 'skip'
        if skipped and outcome is Inserted.CONFLICT:
            continue
        if problem := _problem(line, outcome):
            status = common.FOUND
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


def _problem(line: lines.Line, outcome: Inserted | None) -> str | None:
    if line.row and outcome is Inserted.CONFLICT:
        return (
            f'user {line.row.user_id} has another key of the name '
            f'{line.row.name!r}'
        )
    if outcome is Inserted.UNSTORABLE:
        return (
            f'{Inserted.UNSTORABLE.value}: a value is too long, or has a '
            f'character that the table cannot take'
        )
    return line.problem


def prune(arguments: argparse.Namespace) -> None:
    """Delete what is selected."""
    if not (arguments.older_than or arguments.user or arguments.name):
        raise exception.InvalidInput(
            reason='name at least --older-than, --user or --name: this '
            'command does not delete the keys of everybody.'
        )
    _delete(arguments, 'prune', options.selected(arguments))


def purge(arguments: argparse.Namespace) -> None:
    """Delete all keys of one user, or of all who have gone."""
    users = [arguments.user]
    if arguments.orphans:
        users = _all_orphans(arguments)
    _delete(arguments, 'purge', *(Selection(user_id=user) for user in users))


def _all_orphans(arguments: argparse.Namespace) -> list[str]:
    """Return who has gone, if that can be true.

    :raises InvalidInput: they are more of all users than may go.
    """
    orphans = []
    number = 0
    for user_id, _, state in common.asked_users(arguments):
        number += 1
        if state is cloud.User.UNKNOWN:
            orphans.append(user_id)
    share = float(arguments.at_most) * 100
    if len(orphans) > arguments.at_most * number:
        raise exception.InvalidInput(
            reason=f'{len(orphans)} of {number} users are not known to '
            f'Identity, more than --at-most {share:g}%. Nothing '
            f'was deleted: see whether this is the right Identity service, '
            f'and raise --at-most if it is.'
        )
    return orphans


def _delete(
    arguments: argparse.Namespace, command: str, *wanted: Selection
) -> None:
    """Delete what is selected, or print it where ``--yes`` is not said."""
    table = common.table(arguments)
    entries = itertools.chain.from_iterable(
        selection.select(table, chosen) for chosen in wanted
    )
    if not arguments.yes:
        _tell_plan('deleted', (entry.row for entry in entries))
        return
    notifier = (
        notifications.Notifier()
        if arguments.quiet_bus
        else notifications.load(parsing.configured(arguments))
    )
    path = arguments.journal or journal.default_path(command)
    rows = (entry.row for entry in progress.shown(entries))
    with journal.Journal(path) as kept:
        deleted = change.delete(table, rows, kept, notifier, arguments.rate)
    print(f'{deleted} keys deleted. {_undo(path)}')


def transfer(arguments: argparse.Namespace) -> int:
    """Give keys to another user; return 1 if one stays."""
    if arguments.old == arguments.new:
        raise exception.InvalidInput(
            reason='--from and --to name the same user.'
        )
    lines.check_text('--to', arguments.new)
    if arguments.prefix:
        lines.check_prefix('--prefix', arguments.prefix)
    table = common.table(arguments)
    moves = _planned_moves(arguments, table)
    if not arguments.yes:
        _tell_plan('moved', (row for row, _ in moves))
        return 0
    path = arguments.journal or journal.default_path('transfer')
    moved = left = 0
    with journal.Journal(path) as kept:
        for row, done in change.move(
            table, moves, arguments.new, kept, arguments.rate
        ):
            moved += done
            left += not done
            if not done:
                progress.say(
                    f'{row.name!r} stays: it has gone, or the new owner '
                    f'has a key of its new name, or the name is too long; '
                    f'see --prefix'
                )
    print(f'{moved} keys moved, {left} not. {_undo(path)}')
    return common.FOUND if left else 0


def _planned_moves(
    arguments: argparse.Namespace, table: Table
) -> Iterator[tuple[Keypair, str]]:
    """Yield the rows to move, each with the name that it will have."""
    wanted = Selection(user_id=arguments.old, name=arguments.name)
    for entry in selection.select(table, wanted):
        name = entry.row.name
        there = table.find(arguments.new, name) if arguments.prefix else None
        # A collation may take both users for one.
        if there is not None and there.id != entry.row.id:
            name = arguments.prefix + name
        yield entry.row, name


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
