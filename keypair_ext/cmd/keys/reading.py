# SPDX-License-Identifier: Apache-2.0

"""The commands on keys that change nothing."""

import argparse
import collections
import sys

from keypair_ext import exception
from keypair_ext.cmd import parsing
from keypair_ext.cmd.keys import common, options, progress
from keypair_ext.keys import audit, cloud, lines, page, report, stats
from keypair_ext.keys.selection import Entry, Selection
from keypair_ext.keytypes import description, strength


def list_keys(arguments: argparse.Namespace) -> None:
    """Print keys."""
    entries = common.entries(arguments, options.selected(arguments))
    records = map(report.record_of, entries)
    common.write(arguments, report.LISTED, records)


def show(arguments: argparse.Namespace) -> None:
    """Print one key."""
    place = arguments.user, arguments.name
    row = common.table(arguments).find(*place)
    # A collation may take other texts for the same.
    if row is None or (row.user_id, row.name) != place:
        raise exception.KeypairNotFound(
            name=arguments.name, user_id=arguments.user
        )
    entry = Entry(row, description.describe(row.type, row.public_key))
    record = {
        **report.record_of(entry),
        'id': row.id,
        'updated_at': lines.time_text(row.updated_at),
        'public_key': row.public_key,
    }
    if arguments.format == 'table':
        rows = [{'field': name, 'value': record[name]} for name in record]
        common.write(arguments, ('field', 'value'), rows)
    else:
        common.write(arguments, tuple(record), [record])


def count(arguments: argparse.Namespace) -> None:
    """Print counts of keys and users."""
    found = stats.Stats(options.now())
    wanted = options.selected(arguments)
    found.count(common.entries(arguments, wanted, prints=False))
    # Of a selection it would take a memory of all users.
    if wanted == Selection():
        found.count_users(common.table(arguments).users())
    if arguments.prometheus:
        stats.write_prometheus(found, arguments.prometheus)
    else:
        common.write(arguments, stats.COLUMNS, found.records())


def export(arguments: argparse.Namespace) -> None:
    """Print keys as JSON lines."""
    for entry in common.entries(arguments, options.selected(arguments)):
        sys.stdout.write(f'{lines.to_line(entry.row)}\n')


def audit_keys(arguments: argparse.Namespace) -> int:
    """Print what breaks the rules; return 1 if anything does."""
    judge = strength.Judge(parsing.configured(arguments).keypairs)
    moment = options.now()
    counted = stats.Stats(moment)
    summary = page.Summary()
    entries = common.entries(arguments, options.selected(arguments))
    found = summary.watch(audit.findings(counted.watch(entries), judge))
    if arguments.format == 'html':
        collections.deque(found, maxlen=0)
        sys.stdout.writelines(page.build(counted, summary, moment))
    else:
        common.write(arguments, audit.COLUMNS, found)
    progress.say(
        f'{counted.kinds.total()} keys looked at, '
        f'{summary.by_rule.total()} findings.'
    )
    return common.FOUND if summary.by_rule else 0


def list_orphans(arguments: argparse.Namespace) -> int:
    """Print who has gone or is disabled; return 1 if anybody has gone."""
    # All are asked before anything is said: half a list would mislead.
    found = [
        {'user_id': user_id, 'keys': number, 'state': state.value}
        for user_id, number, state in common.asked_users(arguments)
        if state is not cloud.User.KNOWN
    ]
    common.write(arguments, ('user_id', 'keys', 'state'), found)
    unknown = cloud.User.UNKNOWN.value
    return common.FOUND if any(r['state'] == unknown for r in found) else 0


def list_servers(arguments: argparse.Namespace) -> None:
    """Print servers that were built with keys of a user."""
    services = cloud.connect(parsing.configured(arguments), arguments.os_cloud)
    servers = services.servers(arguments.user, arguments.name)
    records = (server._asdict() for server in servers)
    common.write(arguments, cloud.Server._fields, records)
