# SPDX-License-Identifier: Apache-2.0

"""What the commands on keys are made of."""

import argparse
from collections.abc import Callable, Iterator

from oslo_config import cfg

from keypair_ext.cmd.keys import options, progress
from keypair_ext.db import engine
from keypair_ext.db.table import Table
from keypair_ext.keys import cloud, selection
from keypair_ext.keys.selection import Entry

Configure = Callable[[argparse.Namespace], cfg.ConfigOpts]

# The exit status where there is something that has to be looked at.
FOUND = 1


def entries(arguments: argparse.Namespace) -> Iterator[Entry]:
    """Yield what is selected, with a bar on a terminal."""
    rows = table(arguments)
    wanted = options.selected(arguments)
    after = getattr(arguments, 'after', 0)
    return progress.shown(
        selection.select(rows, wanted, after),
        lambda: rows.count(wanted.range),
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
