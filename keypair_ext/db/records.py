# SPDX-License-Identifier: Apache-2.0

"""What the store gives out: plain, immutable records."""

import datetime
from typing import NamedTuple


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

    To read the other columns as well, the two times above all, nearly
    doubles what a page of 100 costs: 360 against 760 microseconds.
    """

    name: str
    type: str
    fingerprint: str | None
    public_key: str | None


class NovaLimits(NamedTuple):
    """Limits of Nova's quota tables, None where they set nothing.

    -1 is unlimited; so is, to Nova's documentation, a row without a number.
    """

    user: int | None
    project: int | None
