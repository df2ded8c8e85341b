# SPDX-License-Identifier: Apache-2.0

"""What prune and purge tell the message bus."""

import unittest
import warnings
from typing import ClassVar

from keypair_ext.tests.functional.keys import base
from keypair_ext.tests.functional.servers import rabbitmq

_REASON = rabbitmq.reason_to_skip()

_BOTH: dict[str, dict[str, object]] = {
    'DEFAULT': {'host': 'cloud1'},
    'notifications': {'notification_format': 'both'},
}


class TestDriverTest(base.KeysTestCase):
    options = {**_BOTH, 'oslo_messaging_notifications': {'driver': 'test'}}

    def setUp(self) -> None:
        super().setUp()
        with warnings.catch_warnings():
            # It imports eventlet, which says that it is deprecated.
            warnings.simplefilter('ignore')
            from oslo_messaging.notify import _impl_test
        _impl_test.reset()
        self.addCleanup(_impl_test.reset)
        self.notifications = _impl_test.NOTIFICATIONS
        self.add('amelia', 'a', 'b')
        self.add('berta', 'c')

    def told(self) -> list[tuple[str, str]]:
        """Return each event and the name of the key in it."""
        return [
            (
                message['event_type'],
                message['payload'].get('key_name')
                or message['payload']['nova_object.data']['name'],
            )
            for _, message, _, _ in self.notifications
        ]

    def test_each_key_as_the_api_does(self) -> None:
        for command in (
            ('prune', '--user', 'amelia'),
            ('purge', '--user', 'berta'),
        ):
            # Nobody is told of what would be done.
            self.run_well(*command)
            self.assertEqual([], self.told())
        self.run_well('prune', '--user', 'amelia', '--yes')
        self.assertEqual(
            [
                # In both of Nova's formats.
                *2 * [('keypair.delete.start', 'a')],
                *2 * [('keypair.delete.start', 'b')],
                *2 * [('keypair.delete.end', 'a')],
                *2 * [('keypair.delete.end', 'b')],
            ],
            self.told(),
        )
        self.notifications.clear()
        self.run_well('purge', '--user', 'berta', '--yes')
        self.assertEqual(
            [
                *2 * [('keypair.delete.start', 'c')],
                *2 * [('keypair.delete.end', 'c')],
            ],
            self.told(),
        )

    def test_quiet_bus(self) -> None:
        self.run_well('prune', '--user', 'amelia', '--yes', '--quiet-bus')
        self.run_well('purge', '--user', 'berta', '--yes', '--quiet-bus')
        self.assertEqual([], self.rows())
        self.assertEqual([], self.told())


@unittest.skipIf(_REASON, _REASON)
class RabbitTest(base.KeysTestCase):
    broker: ClassVar[rabbitmq.RabbitMQ]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.broker = cls.use(rabbitmq.RabbitMQ())
        cls.options = {
            **_BOTH,
            'DEFAULT': {'host': 'cloud1', 'transport_url': cls.broker.url},
            'oslo_messaging_notifications': {'driver': 'messagingv2'},
        }

    def test_it_is_heard(self) -> None:
        ear = self.useFixture(rabbitmq.Ear(self.broker, 'nova'))
        self.add('amelia', 'a')
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            self.run_well('purge', '--user', 'amelia', '--yes')
        self.assertEqual(
            [
                'notifications.info keypair.delete.start',
                'versioned_notifications.info keypair.delete.start',
                'versioned_notifications.info keypair.delete.end',
                'notifications.info keypair.delete.end',
            ],
            [title for title, _ in ear.heard()],
        )
