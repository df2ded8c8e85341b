# SPDX-License-Identifier: Apache-2.0

"""What the store gives out: plain, immutable records."""

import datetime
import typing
from collections.abc import Sequence
from typing import Any, NamedTuple

# Any negative limit is; this is the one that we say.
UNLIMITED = -1


class Keypair(NamedTuple):
    """A row of ``key_pairs``."""

    id: int
    user_id: str
    name: str
    type: str
    fingerprint: str | None
    public_key: str | None
    created_at: datetime.datetime | None
    updated_at: datetime.datetime | None


class ListedKeypair(NamedTuple):
    """What a list shows of a row.

    Its time is read where it is asked for: that makes a page dearer.
    """

    name: str
    type: str
    fingerprint: str | None
    public_key: str | None
    created_at: datetime.datetime | None = None


# The columns of a record, and of what types their values are.
_KINDS = {
    record: [
        (name, frozenset(typing.get_args(hint) or [hint]))
        for name, hint in record.__annotations__.items()
    ]
    for record in (Keypair, ListedKeypair)
}


def misfit(
    record: type[Keypair | ListedKeypair], rows: Sequence[Sequence[Any]]
) -> tuple[int, str] | None:
    """Return the place and the column of what a record cannot have.

    SQLite keeps anything in any column.
    """
    columns = zip(*rows, strict=True)
    # Times are not always read.
    for (name, fit), column in zip(_KINDS[record], columns, strict=False):
        if not fit.issuperset(map(type, column)):
            kinds = [type(value) in fit for value in column]
            return kinds.index(False), name
    return None


class NovaLimits(NamedTuple):
    """Limits of Nova's quota tables, None where they set nothing.

    To Nova's documentation a row without a number is unlimited.
    """

    user: int | None
    project: int | None
