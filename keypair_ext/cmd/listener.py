# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-listener``: purges the keys of users whom Keystone deletes."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from oslo_config import cfg
from oslo_log import log as logging

from keypair_ext import cmd, exception, logs, notifications
from keypair_ext.cmd import parsing
from keypair_ext.db import engine
from keypair_ext.db.table import Table
from keypair_ext.keys.leavers import Leavers
from keypair_ext.notifications import listening

LOG = logging.getLogger(__name__)

_PROGRAM = 'keypair-ext-listener'

# So often it is looked whose time has come, and after so long what failed is
# tried again.
_EVERY = 1.0
_AFTER_FAILURE = 5.0


def main(argv: Sequence[str] | None = None) -> int:
    """Listen until SIGTERM or SIGINT.

    A mistake of the operator is one sentence on standard error and 1.
    """
    return cmd.run(_PROGRAM, lambda: _run(argv))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    return parsing.program(
        _PROGRAM,
        description='Purges the keys of users whom Keystone deletes, as '
        '[listener] says.',
        epilog='example:\n  keypair-ext-listener --config-file '
        '/etc/nova/nova.conf --database-group api_database',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _run(argv: Sequence[str] | None) -> None:
    arguments = build_parser().parse_args(argv)
    conf = cfg.ConfigOpts()
    # Not after the files: oslo.log has options for a command line, too.
    logging.register_options(conf)
    parsing.configure(conf, arguments)
    logs.set_up(conf)
    service = _Service(conf, arguments.database_group)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stopping.set())
    service.run()


class _Service:
    """Notes who is deleted in threads of the bus, and purges in its own."""

    def __init__(self, conf: cfg.ConfigOpts, database_group: str) -> None:
        self.stopping = threading.Event()
        # First: it registers what the bus reads, with our defaults.
        notifier = notifications.load(conf)
        self._ear = listening.Ear(conf, self._deleted)
        self._leavers = Leavers(
            Table(engine.create_engine(conf, database_group)),
            notifier,
            Path(conf.listener.journal_directory),
            conf.listener.grace_period,
        )

    def run(self) -> None:
        """Listen until it is time to stop."""
        self._ear.start()
        LOG.info('Listening for %s', listening.EVENT)
        wait = _EVERY
        while not self.stopping.wait(wait) and self._ear.failure is None:
            wait = _EVERY if self._purge() else _AFTER_FAILURE
        self._ear.stop()
        self._leavers.close()
        if self._ear.failure is not None:
            raise exception.ConfigurationError(
                reason=f'The message bus cannot be listened to: '
                f'{self._ear.failure}'
            )
        LOG.info('Ended')

    def _purge(self) -> bool:
        try:
            self._leavers.purge_due()
        except exception.KeypairExtError as error:
            LOG.error('%s It is tried again.', error)
            return False
        return True

    def _deleted(self, user_id: str) -> bool:
        try:
            self._leavers.note(user_id)
        except exception.KeypairExtError as error:
            LOG.error('%s User %s is tried again.', error, user_id)
            # The broker sends it at once.
            self.stopping.wait(_AFTER_FAILURE)
            return False
        return True


if __name__ == '__main__':
    sys.exit(main())
