# SPDX-License-Identifier: Apache-2.0

"""Create the quota guard, for those who ask for it: a branch of its own."""

import sqlalchemy as sa
from alembic import op

revision = 'c4a7e1d20b93'
down_revision = None
branch_labels = ('quota_guard',)

_NAME = 'keypair_ext_quota_guard'


def upgrade() -> None:
    """Create the table, unless a run that was killed has done so."""
    inspector = sa.inspect(op.get_bind())
    if inspector.has_table(_NAME):
        return
    op.create_table(
        _NAME,
        sa.Column('user_id', sa.String(255), primary_key=True),
        sa.Column('changes', sa.BigInteger, nullable=False),
        mysql_engine='InnoDB',
        # Users that are one to key_pairs have to be one here.
        mysql_charset=_of_key_pairs('charset'),
        mysql_collate=_of_key_pairs('collate'),
    )


def downgrade() -> None:
    """Drop the table, unless a run that was killed has done so."""
    if sa.inspect(op.get_bind()).has_table(_NAME):
        op.drop_table(_NAME)


def _of_key_pairs(option: str) -> str | None:
    """Return an option that key_pairs has in MySQL."""
    bind = op.get_bind()
    # SQLAlchemy 2.0 refuses to look for options where there are none.
    if bind.dialect.name != 'mysql':
        return None
    options = sa.inspect(bind).get_table_options('key_pairs')
    for name in (f'mysql_{option}', f'mysql_default {option}'):
        if name in options:
            return str(options[name])
    return None
