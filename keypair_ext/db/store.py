# SPDX-License-Identifier: Apache-2.0

"""The key pairs in the database, and the limits that Nova keeps there.

The rest of the package sees plain records and the errors of
:mod:`keypair_ext.exception`. A store may be made before a server forks, and
used by any number of threads.
"""

import sys
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils

from keypair_ext import exception
from keypair_ext.db import models, statements
from keypair_ext.db.creation import Creation
from keypair_ext.db.records import (
    UNLIMITED,
    Keypair,
    ListedKeypair,
    NovaLimits,
    misfit,
)
from keypair_ext.db.session import Session

__all__ = ('UNLIMITED', 'Keypair', 'ListedKeypair', 'NovaLimits', 'Store')

# What databases take for a LIMIT, and for one more.
MOST = sys.maxsize - 1


class Store:
    """Key pairs by user and name.

    Every method raises ``DatabaseUnavailable`` when the database cannot do
    its part now, and what gives out rows ``RowUnusable``.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._session = Session(engine)
        self._creation = Creation(self._session, engine.dialect.name)
        self._has_quota_tables: bool | None = None
        self._takes_anything = engine.dialect.name == 'sqlite'

    def get(self, user_id: str, name: str) -> Keypair:
        """Return one key pair.

        :raises KeypairNotFound: the user has none of this name.
        """
        rows = self._session.fetch(
            statements.GET, {'user_id': user_id, 'name': name}
        )
        self._check(Keypair, rows, user_id)
        keypair = Keypair._make(rows[0]) if rows else None
        if keypair is None or keypair.user_id != user_id:
            raise exception.KeypairNotFound(name=name, user_id=user_id)
        return keypair

    def list(
        self,
        user_id: str,
        limit: int | None = None,
        marker: str | None = None,
        *,
        with_times: bool = False,
    ) -> Sequence[ListedKeypair]:
        """Return a user's key pairs in the database's order of names.

        :param limit: how many at most; None for all.
        :param marker: the name after which the page begins.
        :param with_times: say when they were created.
        :raises MarkerNotFound: the user has no key pair of this name.
        """
        at_most = MOST if limit is None else min(limit, MOST)
        if marker is not None:
            return self._list_after(user_id, at_most, marker, with_times)
        if limit == 0:
            return []
        rows = self._session.fetch(
            statements.FIRST_PAGE_WITH_TIMES
            if with_times
            else statements.FIRST_PAGE,
            {'user_id': user_id, 'at_most': at_most},
        )
        return self._listed(rows, user_id)

    def _list_after(
        self, user_id: str, at_most: int, marker: str, with_times: bool
    ) -> Sequence[ListedKeypair]:
        rows = self._session.fetch(
            statements.NEXT_PAGE_WITH_TIMES
            if with_times
            else statements.NEXT_PAGE,
            {'user_id': user_id, 'marker': marker, 'at_most': at_most + 1},
        )
        # The first column says whether it is the marker's own row.
        if not rows or not rows[0][0]:
            raise exception.MarkerNotFound(marker=marker)
        return self._listed([row[1:] for row in rows[1:]], user_id)

    def count(self, user_id: str, at_most: int) -> int:
        """Return how many key pairs a user has, counting to ``at_most``."""
        rows = self._session.fetch(
            statements.COUNT, {'user_id': user_id, 'at_most': at_most}
        )
        return int(rows[0][0]) if rows else 0

    def exists(self, user_id: str, name: str) -> bool:
        """Say whether a user has a key pair of this name."""
        return bool(
            self._session.fetch(
                statements.EXISTS, {'user_id': user_id, 'name': name}
            )
        )

    def create(
        self,
        user_id: str,
        name: str,
        type: str,
        fingerprint: str,
        public_key: str,
        limit: int,
    ) -> Keypair:
        """Add a key pair; return it with the moment of its creation.

        It is durable on return.

        :param limit: how many the user may have; negative for any number.
        :raises QuotaExceeded: the user has that many, and perhaps one of
            this name as well.
        :raises KeypairExists: the user has one of this name.
        :raises InvalidKey: the database cannot hold one of the values.
        """
        moment = timeutils.utcnow()
        values = {
            'user_id': user_id,
            'name': name,
            'type': type,
            'fingerprint': fingerprint,
            'public_key': public_key,
            # MySQL keeps whole seconds, and so do all.
            'created_at': moment.replace(microsecond=0),
        }
        created = self._creation.create(values, limit)
        return created._replace(created_at=moment)

    def delete(self, user_id: str, name: str) -> None:
        """Remove a key pair, for good on return.

        :raises KeypairNotFound: the user has none of this name.
        """
        removed = self._session.remove(
            statements.DELETE, {'user_id': user_id, 'name': name}
        )
        if not removed:
            raise exception.KeypairNotFound(name=name, user_id=user_id)

    def key_pairs_quota(
        self, user_id: str | None, project_id: str | None
    ) -> NovaLimits:
        """Return what Nova's quota tables, where there are any, set.

        :param user_id: whose limit in the project, None for nobody's.
        :param project_id: the project; without a limit of its own, the
            default class's limit is the project's.
        """
        # Asked once: who adds Nova's tables later restarts the server.
        if self._has_quota_tables is None:
            self._has_quota_tables = self._session.table_names().issuperset(
                models.nova_metadata.tables
            )
        if not self._has_quota_tables:
            return NovaLimits(None, None)
        limits: dict[str, int] = {}
        for origin, hard_limit in self._session.fetch(
            statements.QUOTA, {'user_id': user_id, 'project_id': project_id}
        ):
            limits[origin] = UNLIMITED if hard_limit is None else hard_limit
        return NovaLimits(
            user=limits.get('user'),
            project=limits.get('project', limits.get('class')),
        )

    def ping(self) -> None:
        """Return when the database answers and has the table."""
        self._session.fetch(statements.PING, {})

    def close(self) -> None:
        """Close the connections that this process has opened."""
        self._session.pool.close()

    def _listed(
        self, rows: Sequence[Sequence[Any]], user_id: str
    ) -> Sequence[ListedKeypair]:
        self._check(ListedKeypair, rows, user_id)
        return [ListedKeypair(*row) for row in rows]

    def _check(
        self,
        record: type[Keypair | ListedKeypair],
        rows: Sequence[Sequence[Any]],
        user_id: str,
    ) -> None:
        """Return if all rows can be given out.

        :raises RowUnusable: one cannot.
        """
        # Others keep out what is not of a column's type.
        if self._takes_anything and (found := misfit(record, rows)):
            place, column = found
            name = rows[place][record._fields.index('name')]
            raise exception.RowUnusable(
                row=f'user_id {user_id!r} and name {name!r}', column=column
            )
