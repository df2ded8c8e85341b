# SPDX-License-Identifier: Apache-2.0

"""What the commands on keys are made of."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence

from keypair_ext.cmd import parsing
from keypair_ext.cmd.keys import progress
from keypair_ext.db import engine
from keypair_ext.db.table import Table
from keypair_ext.keys import cloud, report, selection
from keypair_ext.keys.selection import Entry, Selection

# The exit status where there is something that has to be looked at.
FOUND = 1


def entries(
    arguments: argparse.Namespace, wanted: Selection, *, prints: bool = True
) -> Iterator[Entry]:
    """Yield what is selected, with a bar on a terminal.

    :param prints: whether something is printed of each.
    """
    rows = table(arguments)
    after = getattr(arguments, 'after', 0)
    return progress.shown(
        selection.select(rows, wanted, after),
        lambda: rows.count(wanted.range),
        prints=prints,
    )


def asked_users(
    arguments: argparse.Namespace,
) -> Iterator[tuple[str, int, cloud.User]]:
    """Yield each user who has keys, how many, and what Identity says."""
    conf = parsing.configured(arguments)
    users = progress.shown(table(arguments).users(), unit=' users')
    return cloud.connect(conf, arguments.os_cloud).users(users)


def table(arguments: argparse.Namespace) -> Table:
    """Return the table that the options name."""
    conf = parsing.configured(arguments)
    return Table(engine.create_engine(conf, arguments.database_group))


def write(
    arguments: argparse.Namespace,
    columns: Sequence[str],
    records: Iterable[report.Record],
) -> None:
    """Print records as ``--format`` says."""
    report.FORMATS[arguments.format](columns, records, sys.stdout)
