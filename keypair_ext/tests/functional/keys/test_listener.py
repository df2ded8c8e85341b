# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-listener`` and a real RabbitMQ, told as Keystone tells it."""

import contextlib
import functools
import json
import signal
import subprocess
import sys
import time
import unittest
import warnings
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import sqlalchemy as sa
from oslo_config import cfg

from keypair_ext import exception, notifications
from keypair_ext.db import models
from keypair_ext.db.table import Table
from keypair_ext.keys.leavers import Leavers
from keypair_ext.notifications import listening
from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.keys.base import KeysTestCase
from keypair_ext.tests.functional.servers import keystone, process, rabbitmq

_REASON = rabbitmq.reason_to_skip()

_EVENT = 'identity.user.deleted'


def basic(user_id: str) -> dict[str, Any]:
    """Return Keystone's payload with ``notification_format = basic``."""
    return {'resource_info': user_id, 'request_id': 'req-1'}


def cadf(user_id: str, outcome: str = 'success') -> dict[str, Any]:
    """Return Keystone's payload with ``notification_format = cadf``."""
    return {
        'typeURI': 'http://schemas.dmtf.org/cloud/audit/1.0/event',
        'eventType': 'activity',
        'id': '9b4b8d0b-6a5e-5a0e-9b0e-1c1c6b6c6b6c',
        'action': 'deleted.user',
        'outcome': outcome,
        'initiator': {'typeURI': 'service/security/account/user', 'id': 'a'},
        'target': {'typeURI': 'data/security/account/user', 'id': user_id},
        'observer': {'typeURI': 'service/security', 'id': 'b'},
        'resource_info': user_id,
    }


class PayloadTest(base.TestCase):
    def test_who_was_deleted(self) -> None:
        for payload, user_id in (
            (basic('u1'), 'u1'),
            (cadf('u1'), 'u1'),
            (cadf('u1', 'failure'), None),
            ({}, None),
            ({'resource_info': ''}, None),
            ({'resource_info': {'id': 'u1'}}, None),
            ('u1', None),
            (None, None),
        ):
            with self.subTest(payload=payload):
                self.assertEqual(user_id, listening.deleted_user(payload))


class LeaversTest(KeysTestCase):
    def test_a_user_whose_row_is_unusable(self) -> None:
        if self.engine.dialect.name != 'sqlite':
            self.skipTest('this database has no such rows')
        self.add('amelia', 'laptop')
        self.add('amelia', 'desktop')
        self.set_fingerprint(sa.literal_column("x''"), 'desktop')
        self.add('berta', 'laptop')
        notifier = notifications.Notifier()
        leavers = Leavers(Table(self.engine), notifier, self.directory, 1)
        self.addCleanup(leavers.close)
        for user_id in ('amelia', 'berta'):
            leavers.note(user_id)
        time.sleep(1)
        for _ in range(2):
            self.assertRaises(exception.RowUnusable, leavers.purge_due)
        self.assertEqual({('amelia',)}, self.users())
        # A journal of what was not purged would be one more at each try.
        self.assertEqual(1, len([*self.directory.glob('*.jsonl')]))
        self.set_fingerprint(None, 'desktop')
        leavers.purge_due()
        self.assertEqual(set(), self.users())

    def set_fingerprint(self, value: object, name: str) -> None:
        named = models.key_pairs.c.name == name
        update = sa.update(models.key_pairs).where(named)
        with self.engine.begin() as connection:
            connection.execute(update.values(fingerprint=value))

    def users(self) -> set[tuple[str, ...]]:
        query = sa.select(models.key_pairs.c.user_id)
        with self.engine.connect() as connection:
            return {tuple(row) for row in connection.execute(query)}


@unittest.skipIf(_REASON, _REASON)
class ListenerTest(KeysTestCase):
    broker: ClassVar[rabbitmq.RabbitMQ]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.broker = cls.use(rabbitmq.RabbitMQ())

    def setUp(self) -> None:
        super().setUp()
        self.add('amelia', 'laptop', 'desktop')
        self.add('berta', 'laptop')
        self.before = self.rows()
        self.log = self.directory / 'log'
        # A pool of the test's own: no message of another test is in it.
        self.exchange = f'keystone-{self.id().rpartition(".")[2]}'
        self.send = self.notifier()

    def notifier(self) -> Callable[[str, object], None]:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            import oslo_messaging
        conf = cfg.ConfigOpts()
        conf([], project='keystone', default_config_files=[])
        # Only this registers the option that follows.
        oslo_messaging.TransportURL(conf)
        conf.set_default('control_exchange', self.exchange)
        transport = oslo_messaging.get_notification_transport(
            conf, self.broker.url
        )
        self.addCleanup(transport.cleanup)
        notifier = oslo_messaging.Notifier(
            transport,
            'identity.cloud1',
            driver='messagingv2',
            topics=['notifications'],
        )
        return lambda event, payload: notifier.info({}, event, payload)

    def configure(self, grace_period: int = 0) -> None:
        self.config = fixtures.write_config(
            str(self.directory),
            {
                'DEFAULT': {'transport_url': self.broker.url},
                'database': {'connection': self.url},
                'listener': {
                    'grace_period': grace_period,
                    'journal_directory': self.directory,
                    'exchange': self.exchange,
                    'pool': self.exchange,
                },
            },
        )

    @contextlib.contextmanager
    def listener(
        self, ends_by: int = signal.SIGTERM, *, hears: bool = True
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a listener, until a signal."""
        began = self.begun()
        with self.log.open('ab') as log:
            child = subprocess.Popen(
                [
                    *(sys.executable, '-m', 'keypair_ext.cmd.listener'),
                    *('--config-file', self.config),
                ],
                env=process.clean_environment(self.directory),
                cwd=fixtures.ROOT,
                stdout=log,
                stderr=log,
            )
        try:
            self.wait(
                lambda: (
                    child.poll() is not None
                    or (self.is_bound() if hears else self.begun() > began)
                )
            )
            yield child
        finally:
            child.send_signal(ends_by)
            status = child.wait(60)
        expected = 0 if ends_by == signal.SIGTERM else -ends_by
        self.assertEqual(expected, status, self.log.read_text())
        self.assertNotIn('Traceback', self.log.read_text())

    def begun(self) -> int:
        """Return how many listeners have begun."""
        return self.log.exists() and self.log.read_text().count('Listening')

    def is_bound(self) -> bool:
        """Say whether what is sent now is kept for the listener."""
        import amqp

        with amqp.Connection(self.broker.address) as connection:
            channel = connection.channel()
            try:
                found = channel.queue_declare(self.exchange, passive=True)
            except amqp.NotFound:
                return False
            return bool(found.consumer_count)

    def wait(self, happened: Callable[[], bool]) -> None:
        process.wait_until(happened, 'it happened', 60)

    def has_gone(self, user_id: str) -> bool:
        return all(row[4] != user_id for row in self.rows())

    def test_both_formats_and_all_else(self) -> None:
        self.configure()
        with self.listener():
            for event, payload in (
                ('identity.user.updated', basic('berta')),
                ('identity.user.deleted.not', basic('berta')),
                ('identity.project.deleted', basic('berta')),
                (_EVENT, cadf('berta', 'failure')),
                (_EVENT, {}),
                (_EVENT, 'berta'),
                (_EVENT, basic('nobody')),
                (_EVENT, basic('amelia')),
                (_EVENT, basic('amelia')),
            ):
                self.send(event, payload)
            self.wait(lambda: self.has_gone('amelia'))
            self.assertEqual([self.before[2]], self.rows())
            self.send(_EVENT, cadf('berta'))
            self.wait(lambda: self.has_gone('berta'))
        journals = sorted(self.directory.glob('keypair-ext-purge-*.jsonl'))
        self.assertEqual(2, len(journals))
        for journal in journals:
            self.run_well('import', '--restore', str(journal), '--yes')
        self.assertEqual(self.before, self.rows())

    def test_a_real_keystone(self) -> None:
        self.configure()
        for notification_format in ('basic', 'cadf'):
            identity = self.useFixture(
                keystone.Keystone(
                    conf={
                        'DEFAULT': {
                            'control_exchange': self.exchange,
                            'notification_format': notification_format,
                        },
                        'oslo_messaging_notifications': {
                            'driver': 'messagingv2',
                            'transport_url': self.broker.url,
                        },
                    }
                )
            )
            leaver = identity.create_user('leaver')
            self.add(leaver, 'laptop')
            with self.listener():
                identity.request('DELETE', f'/users/{leaver}')
                self.wait(functools.partial(self.has_gone, leaver))
            self.assertEqual(self.before, self.rows())

    def test_nothing_is_lost_in_a_restart(self) -> None:
        self.configure()
        with self.listener():
            pass
        self.send(_EVENT, basic('amelia'))
        with self.listener():
            self.wait(lambda: self.has_gone('amelia'))

    def test_grace_period(self) -> None:
        self.configure(grace_period=5)
        state = self.directory / 'leavers.json'
        with self.listener(signal.SIGKILL):
            self.send(_EVENT, basic('amelia'))
            self.wait(state.exists)
            noted = json.loads(state.read_text())
            self.send(_EVENT, basic('amelia'))
        self.assertEqual(['amelia'], list(noted))
        self.assertEqual(self.before, self.rows())
        with self.listener():
            self.wait(lambda: self.has_gone('amelia'))
            self.wait(lambda: json.loads(state.read_text()) == {})
        self.assertEqual([self.before[2]], self.rows())

    def test_a_broker_that_goes_and_comes_back(self) -> None:
        self.configure()
        self.broker.daemon.stop()
        try:
            with self.listener(hears=False):
                # It can be told to end meanwhile.
                time.sleep(1)
            with self.listener(hears=False):
                time.sleep(3)
                self.broker.daemon.start()
                self.wait(self.is_bound)
                self.broker.daemon.stop()
                self.broker.daemon.start()
                self.wait(self.is_bound)
                self.send(_EVENT, basic('amelia'))
                self.wait(lambda: self.has_gone('amelia'))
        finally:
            if not self.broker.daemon.is_running():
                self.broker.daemon.start()

    def test_a_database_that_is_away(self) -> None:
        self.configure()
        self.rename('key_pairs', 'elsewhere')
        with self.listener():
            self.send(_EVENT, basic('amelia'))
            self.wait(lambda: 'amelia is tried again' in self.log.read_text())
            self.rename('elsewhere', 'key_pairs')
            self.wait(lambda: self.has_gone('amelia'))

    def rename(self, old: str, new: str) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f'ALTER TABLE {old} RENAME TO {new}')

    def test_two_do_not_share_a_directory(self) -> None:
        self.configure()
        with self.listener():
            second = completed(
                [
                    *(sys.executable, '-m', 'keypair_ext.cmd.listener'),
                    *('--config-file', self.config),
                ],
                env=process.clean_environment(self.directory),
                cwd=fixtures.ROOT,
            )
            self.assertEqual(1, second.returncode)
            self.assertIn('Another process uses', second.stderr)
