# SPDX-License-Identifier: Apache-2.0

"""The quota guard: where its table is there, creations write a row of it.

A database with several writers, such as a Galera cluster behind a balancer,
compares the rows that transactions have written, and not those that they
have counted. Two creations of one user that write the same row here cannot
both be committed without one having seen the other. Different users write
different rows.
"""

import time

import sqlalchemy as sa

from keypair_ext.db import models, statements
from keypair_ext.db.session import Session

# For how long it is believed that there is no table. One that an operator
# adds is used by all processes after as many seconds.
LOOK_SECONDS = 60.0


class QuotaGuard:
    """Knows whether the table is there.

    :param session: runs the statements.
    :param dialect_name: the kind of database.
    """

    def __init__(self, session: Session, dialect_name: str) -> None:
        self._session = session
        self._write = statements.WRITE_GUARD[dialect_name]
        self._is_there = False
        self._believed_until = 0.0

    def statement(self) -> sa.Executable | None:
        """Return what writes a user's row; None where there is no table.

        :raises DatabaseUnavailable: nobody knows if there is one.
        """
        if not self._is_there and self._believed_until < time.monotonic():
            names = self._session.table_names()
            self._is_there = models.quota_guard.name in names
            self._believed_until = time.monotonic() + LOOK_SECONDS
        return self._write if self._is_there else None

    def forget(self) -> bool:
        """Look again the next time; return whether it was to be there."""
        was_there = self._is_there
        self._is_there = False
        self._believed_until = 0.0
        return was_there
