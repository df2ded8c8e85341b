# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Bring a database to the schema that this release wants.

On a database that already holds Nova's ``key_pairs`` the table is adopted as
it is. What has been done is recorded in a version table of our own, beside
Nova's.
"""

import logging
import os
import time

import sqlalchemy as sa
from alembic import (
    command,
    config as alembic_config,
    migration as alembic_migration,
    script as alembic_script,
    util as alembic_util,
)

from keypair_ext import exception
from keypair_ext.db import errors, models

LOG = logging.getLogger(__name__)

VERSION_TABLE = 'keypair_ext_alembic_version'

# Two that run at once can both find a table missing; the slower one then
# fails, and finds it the next time.
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.5


def sync(engine: sa.Engine) -> None:
    """Create or adopt ``key_pairs``; nothing happens when that was done.

    It may be killed at any point and run again, and run twice at once.

    :raises ConfigurationError: there is a table of that name that is not
        Nova's.
    :raises DatabaseUnavailable: the database cannot be changed now.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _upgrade(engine)
            return
        except alembic_util.CommandError as error:
            raise exception.ConfigurationError(
                reason=f'The database cannot be brought to the schema of '
                f'this release: {error}.'
            ) from error
        except errors.DATABASE_ERRORS as error:
            LOG.debug('Attempt %d has failed.', attempt, exc_info=True)
            if attempt == _ATTEMPTS:
                errors.report(error, errors.meaning(error))
                raise exception.DatabaseUnavailable() from error
        time.sleep(_PAUSE_SECONDS)


def version(engine: sa.Engine) -> str:
    """Return one line that says which schema the database has."""
    try:
        with engine.connect() as connection:
            current = _current_revision(connection)
            exists = sa.inspect(connection).has_table(models.key_pairs.name)
    except errors.DATABASE_ERRORS as error:
        errors.report(error, errors.meaning(error))
        raise exception.DatabaseUnavailable() from error
    if current is None:
        state = "Nova's, not adopted yet" if exists else 'missing'
        return f'table key_pairs: {state}; run "keypair-ext-manage db sync"'
    head = alembic_script.ScriptDirectory.from_config(_config())
    newest = head.get_current_head()
    if current == newest:
        return f'{current} (newest)'
    return f'{current}, newest is {newest}; run "keypair-ext-manage db sync"'


def _config() -> alembic_config.Config:
    config = alembic_config.Config()
    directory = os.path.join(os.path.dirname(__file__), 'alembic')
    config.set_main_option('script_location', directory.replace('%', '%%'))
    config.set_main_option('path_separator', 'os')
    return config


def _upgrade(engine: sa.Engine) -> None:
    config = _config()
    with engine.connect() as connection:
        _check_table(connection)
        config.attributes['connection'] = connection
        command.upgrade(config, 'head')
        connection.commit()


def _current_revision(connection: sa.Connection) -> str | None:
    context = alembic_migration.MigrationContext.configure(
        connection, opts={'version_table': VERSION_TABLE}
    )
    return context.get_current_revision()


def _check_table(connection: sa.Connection) -> None:
    """Refuse a ``key_pairs`` that is there and is not Nova's."""
    inspector = sa.inspect(connection)
    table = models.key_pairs
    if not inspector.has_table(table.name):
        return
    columns = {column['name'] for column in inspector.get_columns(table.name)}
    lacks = [c.name for c in table.columns if c.name not in columns]
    if not any(
        constraint['name'] == models.UNIQUE_NAME
        and constraint['column_names'] == ['user_id', 'name']
        for constraint in inspector.get_unique_constraints(table.name)
    ):
        lacks.append(f'the unique constraint {models.UNIQUE_NAME}')
    if lacks:
        raise exception.ConfigurationError(
            reason=f"The database has a table key_pairs that is not Nova's: "
            f'it lacks {", ".join(lacks)}. Name another database.'
        )
