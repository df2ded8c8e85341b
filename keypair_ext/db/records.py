# SPDX-License-Identifier: Apache-2.0

"""What the store gives out: plain, immutable records."""

import datetime
from typing import NamedTuple

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


class NovaLimits(NamedTuple):
    """Limits of Nova's quota tables, None where they set nothing.

    To Nova's documentation a row without a number is unlimited.
    """

    user: int | None
    project: int | None
