# SPDX-License-Identifier: Apache-2.0

"""Deleting, moving and adding rows, so that it can be undone and repeated.

Whatever goes is in the journal first. Killed at any moment and run again, a
change ends in the same state.
"""

import contextlib
import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from oslo_context import context as oslo_context

from keypair_ext import exception, notifications
from keypair_ext.db.records import Keypair
from keypair_ext.db.table import Inserted, Table
from keypair_ext.keys import lines
from keypair_ext.keys.journal import Journal
from keypair_ext.keys.lines import Line
from keypair_ext.keytypes import KeyType

BATCH = 100

# So many rows a second, where nothing is said, leave the API its speed.
RATE = 500

_Item = TypeVar('_Item')


def _batches(items: Iterable[_Item], rate: float) -> Iterator[list[_Item]]:
    """Yield what is to be done at once, and wait afterwards.

    :param rate: at most so many items a second; 0 is as fast as it goes.
    """
    size = BATCH if rate == 0 else max(1, min(BATCH, int(rate)))
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        began = time.monotonic()
        yield batch
        if rate:
            spent = time.monotonic() - began
            time.sleep(max(0.0, len(batch) / rate - spent))


def delete(
    table: Table,
    rows: Iterable[Keypair],
    journal: Journal,
    notifier: notifications.Notifier,
    rate: float,
) -> int:
    """Delete rows; return how many were still there.

    :raises ConfigurationError: the journal cannot be written.
    :raises DatabaseUnavailable: run it again; what is gone stays gone.
    """
    deleted = 0
    context = oslo_context.RequestContext(overwrite=False)
    for batch in _batches(rows, rate):
        journal.write(batch)
        with contextlib.ExitStack() as actions:
            started = []
            for row in batch:
                subject = notifications.Subject(
                    row.user_id, row.name, None, None
                )
                action = actions.enter_context(
                    notifier.action(context, 'delete', subject)
                )
                action.start()
                action.found(row)
                started.append(action)
            deleted += table.delete([row.id for row in batch])
            for action, row in zip(started, batch, strict=True):
                action.end(row)
    return deleted


def move(
    table: Table,
    moves: Iterable[tuple[Keypair, str]],
    user_id: str,
    journal: Journal,
    rate: float,
) -> Iterator[tuple[Keypair, bool]]:
    """Give rows to a user, each under the name beside it.

    :returns: each row, and whether it was moved; if not, it has gone, or
        that user has one of the name.
    """
    for batch in _batches(moves, rate):
        journal.write(row for row, _ in batch)
        for row, name in batch:
            fits = len(name) <= lines.MAX_LENGTH
            yield row, fits and table.move(row, user_id, name)


def add(
    table: Table,
    numbered: Iterable[Line],
    key_types: Mapping[str, KeyType],
    *,
    restore: bool,
    dry_run: bool,
    rate: float,
) -> Iterator[tuple[Line, Inserted | None]]:
    """Insert rows that were exported, or are in a journal.

    Quotas do not apply, and nobody is told on the message bus.

    :param restore: put rows back just as they were, with their ids; without
        it they are judged as the API judges an import, and get new ids.
        A line that was torn is none: what it was about has not changed.
    :param dry_run: only look at what is in the way.
    :returns: each line, and what became of its row; None where it has none,
        or was refused.
    """
    for batch in _batches(numbered, rate):
        judged = [
            line if restore else _judged(line, key_types)
            for line in batch
            if not (restore and line.is_torn)
        ]
        rows = [line.row for line in judged if line.row is not None]
        outcomes = iter(
            [_foresee(table, row) for row in rows]
            if dry_run
            else table.insert(rows, with_ids=restore)
        )
        for line in judged:
            yield line, None if line.row is None else next(outcomes)


def _judged(line: Line, key_types: Mapping[str, KeyType]) -> Line:
    if line.row is None:
        return line
    try:
        return line._replace(row=lines.checked(line.row, key_types))
    except exception.KeypairExtError as error:
        return line._replace(row=None, problem=str(error))


def _foresee(table: Table, row: Keypair) -> Inserted:
    there = table.find(row.user_id, row.name)
    if there is None:
        return Inserted.DONE
    same = (there.type, there.public_key) == (row.type, row.public_key)
    return Inserted.PRESENT if same else Inserted.CONFLICT
