# SPDX-License-Identifier: Apache-2.0

"""Create key_pairs where Nova has not done so already."""

import sqlalchemy as sa
from alembic import op

revision = '8d1f0c6b2a57'
down_revision = None
branch_labels = ('key_pairs',)


def upgrade() -> None:
    """Create the table, or leave the one that is there as it is."""
    if sa.inspect(op.get_bind()).has_table('key_pairs'):
        return
    op.create_table(
        'key_pairs',
        sa.Column('created_at', sa.DateTime),
        sa.Column('updated_at', sa.DateTime),
        sa.Column('id', sa.Integer, primary_key=True, nullable=False),
        sa.Column('name', sa.String(255), nullable=False),
        sa.Column('user_id', sa.String(255), nullable=False),
        sa.Column('fingerprint', sa.String(255)),
        sa.Column('public_key', sa.Text),
        sa.Column(
            'type',
            sa.Enum('ssh', 'x509', name='keypair_types'),
            nullable=False,
            server_default='ssh',
        ),
        sa.UniqueConstraint(
            'user_id', 'name', name='uniq_key_pairs0user_id0name'
        ),
        mysql_engine='InnoDB',
        mysql_charset='utf8mb4',
        mysql_collate='utf8mb4_bin',
    )
