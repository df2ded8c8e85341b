# SPDX-License-Identifier: Apache-2.0

"""Users who have left, and whose keys go after a time.

Who has been noted is on disk before anybody is told that it is done, and is
forgotten after the keys have gone. Whatever happens between, it is done again
and finds nothing to do.
"""

import datetime
import fcntl
import json
import os
import threading
from pathlib import Path

from oslo_log import log as logging

from keypair_ext import exception, files, notifications
from keypair_ext.db.table import Table
from keypair_ext.keys import change, journal, selection
from keypair_ext.keys.journal import Journal
from keypair_ext.keys.selection import Selection

LOG = logging.getLogger(__name__)

_STATE = 'leavers.json'


class Leavers:
    """Notes users, and purges them when their time has come.

    May be used by several threads.

    :param directory: for the state and the journals; one process may use it.
    :param grace_period: seconds between the two.
    :raises ConfigurationError: the directory cannot be used, or somebody
        else uses it.
    """

    def __init__(
        self,
        table: Table,
        notifier: notifications.Notifier,
        directory: Path,
        grace_period: int,
    ) -> None:
        self._table = table
        self._notifier = notifier
        self._directory = directory
        self._grace_period = grace_period
        self._lock = threading.Lock()
        try:
            self._locked = os.open(
                directory / 'leavers.lock', os.O_RDWR | os.O_CREAT, 0o600
            )
            fcntl.flock(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise exception.ConfigurationError(
                reason=f'Another process uses {directory}: give each '
                f'listener a journal_directory of its own.'
            ) from error
        except OSError as error:
            raise exception.ConfigurationError(
                reason=f'{directory} cannot be written: {error.strerror}.'
            ) from error
        self._due = self._read()

    def close(self) -> None:
        """Let another process use the directory."""
        os.close(self._locked)

    def note(self, user_id: str) -> None:
        """Remember a user, on disk; without a grace period purge it.

        :raises ConfigurationError: it cannot be written.
        :raises DatabaseUnusable: it is not purged; note it again.
        """
        if self._grace_period == 0:
            with self._lock:
                self._purge(user_id)
            return
        with self._lock:
            if user_id in self._due:
                return
            due = _now() + datetime.timedelta(seconds=self._grace_period)
            self._write({**self._due, user_id: due})
        LOG.info('The keys of user %s will be purged at %s', user_id, due)

    def purge_due(self) -> None:
        """Purge those whose time has come.

        :raises ConfigurationError: a journal or the state cannot be written.
        :raises DatabaseUnusable: call it again.
        :raises RowUnusable: a user has such a row; the others are purged.
        """
        with self._lock:
            now = _now()
            unusable = None
            for user_id in [u for u, due in self._due.items() if due <= now]:
                try:
                    self._purge(user_id)
                except exception.RowUnusable as error:
                    unusable = error
                    continue
                left = {u: d for u, d in self._due.items() if u != user_id}
                self._write(left)
            if unusable:
                raise unusable

    def _purge(self, user_id: str) -> None:
        """Delete all keys of a user; no journal is written of none."""
        wanted = Selection(user_id=user_id)
        rows = [entry.row for entry in selection.select(self._table, wanted)]
        if not rows:
            LOG.info('There are no keys of user %s', user_id)
            return
        path = self._directory / journal.default_path('purge')
        with Journal(str(path)) as kept:
            number = change.delete(
                self._table, rows, kept, self._notifier, change.RATE
            )
        LOG.info('Purged %d keys of user %s, see %s', number, user_id, path)

    def _read(self) -> dict[str, datetime.datetime]:
        path = self._directory / _STATE
        if not path.exists():
            return {}
        try:
            return {
                user_id: datetime.datetime.fromisoformat(due)
                for user_id, due in json.loads(files.read(str(path))).items()
            }
        except (ValueError, TypeError, AttributeError) as error:
            raise exception.ConfigurationError(
                reason=f'{path} is not what was written there: {error}. Put '
                f'it aside, and look after the users in it yourself.'
            ) from error

    def _write(self, due: dict[str, datetime.datetime]) -> None:
        text = json.dumps({user: due[user].isoformat() for user in due})
        files.replace(str(self._directory / _STATE), f'{text}\n')
        self._due = due


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
