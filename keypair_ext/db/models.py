# SPDX-License-Identifier: Apache-2.0

"""The tables, as SQLAlchemy Core metadata.

``key_pairs`` is the table of Nova's API database, column for column. Nova's
quota tables are described as far as they are read, in a metadata of their
own, because nothing here ever creates them. So is our quota guard, which is
there where an operator asks for it.
"""

import datetime
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

KEY_TYPES = ('ssh', 'x509')
UNIQUE_NAME = 'uniq_key_pairs0user_id0name'

metadata = sa.MetaData()


class _Time(sa.TypeDecorator[datetime.datetime]):
    """A time in UTC; what SQLite has and is none comes as it is."""

    impl = sa.DateTime
    cache_ok = True

    def result_processor(
        self, dialect: sa.Dialect, coltype: object
    ) -> Callable[[Any], Any] | None:
        """Return what reads it, where the driver does not."""
        convert = super().result_processor(dialect, coltype)
        if convert is None:
            return _date_or_none if dialect.driver == 'pymysql' else None

        def read(value: Any) -> Any:
            try:
                moment = convert(value)
            except (TypeError, ValueError):
                return value
            if moment is not None and moment.tzinfo is not None:
                moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
            return moment

        return read


def _date_or_none(value: Any) -> Any:
    """Return a time; None for MySQL's date of zeros, as mysqlclient does."""
    return None if isinstance(value, str) else value


# A table that Nova made is utf8mb3 and stays so. One that we make takes any
# character, and compares by code point as SQLite and PostgreSQL do: general
# collations of MySQL take all emoji for one, and the users bob and Bob too.
key_pairs = sa.Table(
    'key_pairs',
    metadata,
    sa.Column('created_at', _Time),
    sa.Column('updated_at', _Time),
    sa.Column('id', sa.Integer, primary_key=True, nullable=False),
    sa.Column('name', sa.String(255), nullable=False),
    sa.Column('user_id', sa.String(255), nullable=False),
    sa.Column('fingerprint', sa.String(255)),
    sa.Column('public_key', sa.Text),
    sa.Column(
        'type',
        sa.Enum(*KEY_TYPES, name='keypair_types'),
        nullable=False,
        server_default='ssh',
    ),
    sa.UniqueConstraint('user_id', 'name', name=UNIQUE_NAME),
    mysql_engine='InnoDB',
    mysql_charset='utf8mb4',
    mysql_collate='utf8mb4_bin',
)


def mistake(inspector: sa.Inspector) -> str | None:
    """Return why a database's ``key_pairs`` is not Nova's API table.

    The one of a cell has the same name: its rows are marked as deleted and
    stay, so one name can be there many times.
    """
    columns = {
        column['name'] for column in inspector.get_columns(key_pairs.name)
    }
    told = [
        f'it lacks {column.name}'
        for column in key_pairs.columns
        if column.name not in columns
    ]
    told += [
        f'it has {name}'
        for name in ('deleted', 'deleted_at')
        if name in columns
    ]
    if not _names_are_unique(inspector):
        told.append(
            f'it lacks the unique constraint {UNIQUE_NAME} of user_id, name'
        )
    if not told:
        return None
    return (
        f"The database has a table key_pairs that is not that of Nova's API "
        f'database: {", ".join(told)}. Name another database; on a Nova, the '
        f'one of [api_database].'
    )


def _names_are_unique(inspector: sa.Inspector) -> bool:
    dialect = inspector.dialect.name
    found: list[Any] = [
        *inspector.get_unique_constraints(key_pairs.name),
        *(
            index
            for index in inspector.get_indexes(key_pairs.name)
            if index['unique']
            and f'{dialect}_where' not in index.get('dialect_options', {})
        ),
    ]
    return any(
        one['column_names'] == ['user_id', 'name']
        # By this name the statements for MySQL force the index.
        and (one['name'] == UNIQUE_NAME or dialect != 'mysql')
        for one in found
    )


guard_metadata = sa.MetaData()

# Several writers can each add a row to ``key_pairs`` and see nothing of the
# others'. What they do not miss is that all of them write one row here.
quota_guard = sa.Table(
    'keypair_ext_quota_guard',
    guard_metadata,
    sa.Column('user_id', sa.String(255), primary_key=True),
    sa.Column('changes', sa.BigInteger, nullable=False),
)

nova_metadata = sa.MetaData()

quotas = sa.Table(
    'quotas',
    nova_metadata,
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('project_id', sa.String(255)),
    sa.Column('resource', sa.String(255), nullable=False),
    sa.Column('hard_limit', sa.Integer),
)

project_user_quotas = sa.Table(
    'project_user_quotas',
    nova_metadata,
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('project_id', sa.String(255), nullable=False),
    sa.Column('user_id', sa.String(255), nullable=False),
    sa.Column('resource', sa.String(255), nullable=False),
    sa.Column('hard_limit', sa.Integer),
)

quota_classes = sa.Table(
    'quota_classes',
    nova_metadata,
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('class_name', sa.String(255)),
    sa.Column('resource', sa.String(255)),
    sa.Column('hard_limit', sa.Integer),
)
