# SPDX-License-Identifier: Apache-2.0

"""What the commands on keys are made of."""

import argparse
from collections.abc import Callable, Iterator

from oslo_config import cfg

from keypair_ext.cmd.keys import progress
from keypair_ext.db import engine
from keypair_ext.db.table import Table
from keypair_ext.keys import cloud, selection
from keypair_ext.keys.selection import Entry, Selection

Configure = Callable[[argparse.Namespace], cfg.ConfigOpts]

# The exit status where there is something that has to be looked at, and that
# where the command could not do what it is for.
FOUND = 1
TROUBLE = 2


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
    services = cloud.connect(configured(arguments), arguments.os_cloud)
    users = progress.shown(table(arguments).users(), unit=' users')
    return services.users(users)


def configured(arguments: argparse.Namespace) -> cfg.ConfigOpts:
    """Return the configuration that the options name."""
    configure: Configure = arguments.configure
    return configure(arguments)


def table(arguments: argparse.Namespace) -> Table:
    """Return the table that the options name."""
    conf = configured(arguments)
    return Table(engine.create_engine(conf, arguments.database_group))
