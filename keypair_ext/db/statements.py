# SPDX-License-Identifier: Apache-2.0

"""Every statement that a request runs, built once.

Building one anew would cost more than running it. Each names the user, so the
table can be sharded by user.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from keypair_ext.db import models

_KEYS = models.key_pairs


class _OfUser(sa.ColumnElement[bool]):
    """A row's user is this one, and none that a collation takes for it.

    Where user ids are names, Bob is not bob.
    """

    inherit_cache = False
    type = sa.Boolean()

    def __init__(self, table: sa.Table) -> None:
        self.column = table.c.user_id
        self.user_id = sa.bindparam('user_id', type_=sa.String)

    def self_group(self, against: object = None) -> '_OfUser':
        """Stand in an AND as it is: without this, it would be ``= 1``."""
        return self


@compiles(_OfUser)
def _compare(element: _OfUser, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    return f'{column} = {compiler.process(element.user_id, **options)}'


# The first comparison is what the index is for; of what it finds, the second
# takes the rows with the very bytes. Collations differ in more than case.
@compiles(_OfUser, 'mysql')
@compiles(_OfUser, 'mariadb')
def _compare_bytes(element: _OfUser, compiler: Any, **options: Any) -> str:
    equal = _compare(element, compiler, **options)
    exact = ' = '.join(
        f'CAST(CONVERT({text} USING utf8mb4) AS BINARY)'
        for text in equal.split(' = ')
    )
    return f'{equal} AND {exact}'


_OF_USER = _OfUser(_KEYS)
_OF_NAME = _KEYS.c.name == sa.bindparam('name')
_MARKER = sa.bindparam('marker', type_=sa.String)
_AT_MOST = sa.bindparam('at_most', type_=sa.BigInteger)
# The server has checked the type already; its text is all we want.
_TYPE = sa.type_coerce(_KEYS.c.type, sa.String).label('type')
_LISTED = (_KEYS.c.name, _TYPE, _KEYS.c.fingerprint, _KEYS.c.public_key)


def _in_a_range(statement: sa.Select[Any]) -> sa.Select[Any]:
    """Have MariaDB read a page's own range of the index.

    By itself it walks all keys of the user to return some of them.
    """
    hint = f'FORCE INDEX ({models.UNIQUE_NAME})'
    for dialect in ('mysql', 'mariadb'):
        statement = statement.with_hint(_KEYS, hint, dialect)
    return statement.order_by(_KEYS.c.name).limit(_AT_MOST)


# Of a name there is one row, which says whose it is: by the collation it may
# be another's, as for the unique constraint.
GET = sa.select(
    _KEYS.c.id,
    _KEYS.c.user_id,
    _KEYS.c.name,
    _TYPE,
    _KEYS.c.fingerprint,
    _KEYS.c.public_key,
    _KEYS.c.created_at,
    _KEYS.c.updated_at,
).where(_KEYS.c.user_id == sa.bindparam('user_id'), _OF_NAME)

EXISTS = sa.select(_KEYS.c.id).where(_OF_USER, _OF_NAME)

FIRST_PAGE = _in_a_range(sa.select(*_LISTED).where(_OF_USER))
FIRST_PAGE_WITH_TIMES = FIRST_PAGE.add_columns(_KEYS.c.created_at)

# The marker's own row comes first, so that one statement both looks it up
# and reads the page. Which names are equal is for the database's collation
# to say, not for Python.
_IS_MARKER = sa.type_coerce(_KEYS.c.name == _MARKER, sa.Integer)
NEXT_PAGE = _in_a_range(
    sa.select(_IS_MARKER.label('is_marker'), *_LISTED).where(
        _OF_USER, _KEYS.c.name >= _MARKER
    )
)

NEXT_PAGE_WITH_TIMES = NEXT_PAGE.add_columns(_KEYS.c.created_at)

# The order matters to PostgreSQL only: without it, it may prefer to read the
# table until it has met enough keys of the user.
COUNT = sa.select(sa.func.count()).select_from(
    sa.select(_KEYS.c.id)
    .where(_OF_USER)
    .order_by(_KEYS.c.name)
    .limit(_AT_MOST)
    .subquery()
)

# A row comes back when there are more keys than that: the database reads no
# further, however many the user has.
MORE_THAN: sa.Select[Any] = (
    sa.select(sa.literal_column('1'))
    .select_from(_KEYS)
    .where(_OF_USER)
    .order_by(_KEYS.c.name)
    .limit(1)
    .offset(_AT_MOST)
)

# How many keys of the user have a lower id than a new one: in a race for the
# last place, the lowest win.
OLDER_THAN = sa.select(sa.func.count()).select_from(
    sa.select(_KEYS.c.id)
    .where(_OF_USER, _KEYS.c.id < sa.bindparam('id'))
    .order_by(_KEYS.c.name)
    .limit(_AT_MOST)
    .subquery()
)

INSERT = sa.insert(_KEYS)

# What an insert gives, with the types that values of a SELECT need. Text has
# no length here: a cast to one would cut what is longer, where the column
# refuses it.
INSERTED: Mapping[str, sa.types.TypeEngine[Any]] = MappingProxyType(
    {
        'user_id': sa.Text(),
        'name': sa.Text(),
        'type': _KEYS.c.type.type,
        'fingerprint': sa.Text(),
        'public_key': sa.Text(),
        'created_at': sa.DateTime(),
    }
)
# Two creations of one user wait for each other here, and for nobody else.
# The number keeps our locks apart from other applications'.
_POSTGRESQL_USER_LOCK = sa.func.pg_advisory_xact_lock(
    sa.func.hashtextextended(sa.bindparam('user_id'), 0x6B6579)
)
_POSTGRESQL_LOCK_AND_INSERT = INSERT.from_select(
    list(INSERTED),
    sa.select(
        *(
            sa.cast(sa.bindparam(name), type_)
            for name, type_ in INSERTED.items()
        )
    ).select_from(_POSTGRESQL_USER_LOCK.alias()),
).returning(_KEYS.c.id)

# What the engines want that differ from plain INSERT: without a limit, and
# with one.
INSERT_ROW: Mapping[str, sa.Executable] = MappingProxyType(
    {'postgresql': INSERT.returning(_KEYS.c.id)}
)
INSERT_LIMITED: Mapping[str, sa.Executable] = MappingProxyType(
    {'postgresql': _POSTGRESQL_LOCK_AND_INSERT}
)

_GUARD = models.quota_guard.name
_ON_CONFLICT = sa.text(
    f'INSERT INTO {_GUARD} (user_id, changes) VALUES (:user_id, 1) '  # noqa: S608 # nosec B608
    f'ON CONFLICT (user_id) DO UPDATE SET changes = {_GUARD}.changes + 1'
)

# An update that changes nothing would not be told to other nodes.
WRITE_GUARD: Mapping[str, sa.Executable] = MappingProxyType(
    {
        'mysql': sa.text(
            f'INSERT INTO {_GUARD} (user_id, changes) VALUES (:user_id, 1) '  # noqa: S608 # nosec B608
            f'ON DUPLICATE KEY UPDATE changes = changes + 1'
        ),
        'postgresql': _ON_CONFLICT,
        'sqlite': _ON_CONFLICT,
    }
)

DELETE = sa.delete(_KEYS).where(_OF_USER, _OF_NAME)

# Where a driver does not say so by itself.
BEGIN: Mapping[str, sa.Executable] = MappingProxyType(
    {'sqlite': sa.text('BEGIN')}
)

PING = sa.select(_KEYS.c.id).where(sa.false())


def _limit_in(
    table: sa.Table, origin: str, *conditions: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    return sa.select(
        sa.literal_column(f"'{origin}'").label('origin'),
        table.c.hard_limit,
    ).where(table.c.resource == 'key_pairs', *conditions)


QUOTA = sa.union_all(
    _limit_in(
        models.project_user_quotas,
        'user',
        models.project_user_quotas.c.project_id == sa.bindparam('project_id'),
        _OfUser(models.project_user_quotas),
    ),
    _limit_in(
        models.quotas,
        'project',
        models.quotas.c.project_id == sa.bindparam('project_id'),
    ),
    _limit_in(
        models.quota_classes,
        'class',
        models.quota_classes.c.class_name == 'default',
    ),
)

# The names of all tables that a connection reaches without a prefix.
TABLES: Mapping[str, sa.Executable] = MappingProxyType(
    {
        'mysql': sa.text(
            'SELECT table_name FROM information_schema.tables '
            'WHERE table_schema = DATABASE()'
        ),
        'postgresql': sa.text(
            'SELECT tablename FROM pg_tables '
            'WHERE schemaname = ANY (current_schemas(false))'
        ),
        'sqlite': sa.text(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ),
    }
)

# Every statement with the names of its parameters, for tests that look at
# how the databases would run them.
ALL: Mapping[str, sa.Executable] = MappingProxyType(
    {
        'get': GET,
        'exists': EXISTS,
        'first page': FIRST_PAGE,
        'next page': NEXT_PAGE,
        'first page with times': FIRST_PAGE_WITH_TIMES,
        'next page with times': NEXT_PAGE_WITH_TIMES,
        'count': COUNT,
        'more than': MORE_THAN,
        'older than': OLDER_THAN,
        'delete': DELETE,
        'quota': QUOTA,
    }
)
