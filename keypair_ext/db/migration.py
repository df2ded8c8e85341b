# SPDX-License-Identifier: Apache-2.0

"""Bring a database to the schema that this release wants.

On a database that already holds Nova's ``key_pairs`` the table is adopted as
it is. What has been done is recorded in a version table of our own, beside
Nova's.

The quota guard is a branch of its own: it is there or not, as an operator
has said last.
"""

import logging
import os
import time
from typing import NamedTuple, NoReturn

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
_DISAGREEMENT = (
    'a table keypair_ext_quota_guard without a record of it, or a record '
    'without the table; run "keypair-ext-manage db sync" with --quota-guard '
    'or --no-quota-guard'
)

# The branches of our revisions.
_KEY_PAIRS = 'key_pairs'
_QUOTA_GUARD = 'quota_guard'

# Of what drivers raise, SQLAlchemy lets through what they have not said to be
# theirs.
_ERRORS = (*errors.RAISED, OSError, TypeError, ValueError)

# Two that run at once can both find a table missing; the slower one then
# fails, and finds it the next time.
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.5


def sync(engine: sa.Engine, quota_guard: bool | None = None) -> None:
    """Create or adopt ``key_pairs``; nothing happens when that was done.

    It may be killed at any point and run again, and run twice at once.

    :param quota_guard: whether there is to be one; None leaves that as it
        is.
    :raises ConfigurationError: there is a table of that name that is not
        Nova's.
    :raises DatabaseUnusable: the database cannot be changed now.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _upgrade(engine, quota_guard)
            return
        except alembic_util.CommandError as error:
            raise exception.ConfigurationError(
                reason=f'The database cannot be brought to the schema of '
                f'this release: {error}.'
            ) from error
        except _ERRORS as error:
            LOG.debug('Attempt %d has failed.', attempt, exc_info=True)
            if attempt == _ATTEMPTS:
                _give_up(error, engine)
        time.sleep(_PAUSE_SECONDS)


def version(engine: sa.Engine) -> str:
    """Return one line that says which schema the database has.

    :raises ConfigurationError: its table is not Nova's.
    :raises DatabaseUnusable: it cannot be asked now.
    """
    has = _look(engine)
    if has.key_pairs is None:
        state = "Nova's, not adopted yet" if has.table else 'missing'
        return f'table key_pairs: {state}; run "keypair-ext-manage db sync"'
    told = _compared(_KEY_PAIRS, has.key_pairs)
    if has.guard is not None:
        told += f'; quota guard {_compared(_QUOTA_GUARD, has.guard)}'
    return f'{told}; {_DISAGREEMENT}' if has.broken_guard else told


def check(engine: sa.Engine) -> None:
    """Return if the database has the table, Nova's, and can be written to.

    :raises ConfigurationError: it has no such table.
    :raises DatabaseUnusable: it cannot be asked now, or is read-only.
    """
    if not _look(engine).table:
        raise exception.ConfigurationError(reason=errors.TABLE_MISSING)
    try:
        with engine.begin() as connection:
            connection.execute(sa.delete(models.key_pairs).where(sa.false()))
    except _ERRORS as error:
        _give_up(error, engine)


def check_quota_guard(engine: sa.Engine) -> None:
    """Return if the quota guard is whole, or not there at all.

    :raises ConfigurationError: it is neither.
    :raises DatabaseUnusable: it cannot be looked for now.
    """
    if _look(engine).broken_guard:
        raise exception.ConfigurationError(reason=f'There is {_DISAGREEMENT}.')


class _Found(NamedTuple):
    """What a database has: revisions and tables."""

    key_pairs: str | None
    guard: str | None
    table: bool
    guard_table: bool

    @property
    def broken_guard(self) -> bool:
        """Whether the guard is neither whole nor missing."""
        return (self.guard is not None) != self.guard_table


def _look(engine: sa.Engine) -> _Found:
    try:
        with engine.connect() as connection:
            return _find(connection)
    except _ERRORS as error:
        _give_up(error, engine)


def _give_up(error: Exception, engine: sa.Engine) -> NoReturn:
    """Tell the operator what is wrong with a database, and what to do."""
    failure = errors.not_connected(error, engine)
    raise exception.DatabaseUnusable(reason=failure.sentence) from failure


def _find(connection: sa.Connection) -> _Found:
    """Return what there is; a ``key_pairs`` that is not Nova's is refused."""
    inspector = sa.inspect(connection)
    tables = inspector.get_table_names()
    if models.key_pairs.name in tables:
        mistake = models.mistake(inspector)
        if mistake:
            raise exception.ConfigurationError(reason=mistake)
    context = alembic_migration.MigrationContext.configure(
        connection, opts={'version_table': VERSION_TABLE}
    )
    heads = set(context.get_current_heads())
    guards = {
        script.revision
        for script in _scripts().iterate_revisions(
            f'{_QUOTA_GUARD}@head', f'{_QUOTA_GUARD}@base'
        )
    }
    return _Found(
        key_pairs=next(iter(heads - guards), None),
        guard=next(iter(heads & guards), None),
        table=models.key_pairs.name in tables,
        guard_table=models.quota_guard.name in tables,
    )


def _compared(branch: str, current: str) -> str:
    """Return a revision, and how it stands to the newest of its branch."""
    newest = _scripts().as_revision_number(f'{branch}@head')
    if current == newest:
        return f'{current} (newest)'
    return f'{current}, newest is {newest}; run "keypair-ext-manage db sync"'


def _scripts() -> alembic_script.ScriptDirectory:
    return alembic_script.ScriptDirectory.from_config(_config())


def _config() -> alembic_config.Config:
    config = alembic_config.Config()
    directory = os.path.join(os.path.dirname(__file__), 'alembic')
    config.set_main_option('script_location', directory.replace('%', '%%'))
    config.set_main_option('path_separator', 'os')
    return config


def _upgrade(engine: sa.Engine, quota_guard: bool | None) -> None:
    config = _config()
    with engine.connect() as connection:
        has = _find(connection)
        config.attributes['connection'] = connection
        command.upgrade(config, f'{_KEY_PAIRS}@head')
        if has.guard is not None and not has.guard_table:
            command.downgrade(config, f'{_QUOTA_GUARD}@base')
        if quota_guard is None:
            quota_guard = has.guard is not None or has.guard_table
        if quota_guard or has.guard_table:
            command.upgrade(config, f'{_QUOTA_GUARD}@head')
        if not quota_guard and has.guard_table:
            command.downgrade(config, f'{_QUOTA_GUARD}@base')
        connection.commit()
