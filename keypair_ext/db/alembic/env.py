# SPDX-License-Identifier: Apache-2.0

"""Run the revisions on the connection that the caller has opened."""

from alembic import context

from keypair_ext.db import migration, models

context.configure(
    connection=context.config.attributes['connection'],
    target_metadata=models.metadata,
    version_table=migration.VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
