# SPDX-License-Identifier: Apache-2.0

"""RabbitMQ is stopped, frozen, and back: clients get their answers.

And while it is there, it gets what an audit filter tells.
"""

import os
import threading
import time
import unittest
from typing import Any, ClassVar

import fixtures as fixtures_library

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures, test_audit
from keypair_ext.tests.functional.servers import rabbitmq

_LOST = 'Could not send notification'
# An unversioned start and end of each request.
_PER_REQUEST = 2
_HEARTBEAT = 1
# What an answer takes of itself where other suites run beside, at most.
_USUAL = 20


@unittest.skipIf(
    'KEYPAIR_EXT_TEST_FAULTS' not in os.environ,
    'takes a minute: set KEYPAIR_EXT_TEST_FAULTS=1, or run tox -e faults',
)
@unittest.skipUnless(rabbitmq.available(), 'rabbitmq-server is not installed')
class BrokerTestCase(base.TestCase):
    server: ClassVar[rabbitmq.RabbitMQ]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = cls.use(rabbitmq.RabbitMQ())


class NotificationsTestCase(BrokerTestCase):
    retry: ClassVar[dict[str, int]] = {}

    def setUp(self) -> None:
        super().setUp()
        # oslo.messaging warns of what it imports itself.
        self.useFixture(
            fixtures_library.WarningsFilter([{'action': 'ignore'}])
        )
        self.log = self.useFixture(fixtures_library.FakeLogger())
        self.service = self.useFixture(
            fixtures.Service(
                {
                    'oslo_messaging_notifications': {
                        'driver': 'messagingv2',
                        'transport_url': self.server.url,
                        **self.retry,
                    },
                    'oslo_messaging_rabbit': {
                        'heartbeat_timeout_threshold': _HEARTBEAT
                    },
                }
            )
        )
        self.create('before', within=_USUAL)

    def create(self, name: str, within: float) -> None:
        """Import a key; it is stored, and answered within these seconds."""
        started = time.monotonic()
        self.assertEqual(201, self.service.create(name).status_int)
        self.assertLess(time.monotonic() - started, within)
        self.assertIn(name, self.service.names('amelia'))

    def lost(self) -> int:
        return self.log.output.count(_LOST)


class BrokerTest(NotificationsTestCase):
    def check_back(self) -> None:
        """Somebody who listens hears all that is told from now on."""
        ear = self.useFixture(rabbitmq.Ear(self.server, 'nova'))
        lost = self.lost()
        self.create('back', within=_USUAL)
        self.assertEqual(
            [
                'notifications.info keypair.import.start',
                'notifications.info keypair.import.end',
            ],
            [title for title, _ in ear.heard()],
        )
        self.assertEqual(lost, self.lost())

    def test_stopped(self) -> None:
        self.server.daemon.stop()
        for number in range(3):
            self.create(f'k{number}', within=_USUAL)
            self.assertEqual((number + 1) * _PER_REQUEST, self.lost())
        self.server.daemon.start()
        self.check_back()

    def test_frozen(self) -> None:
        self.server.daemon.pause()
        try:
            self.create('k', within=_PER_REQUEST * 2 * _HEARTBEAT + _USUAL)
            self.assertEqual(_PER_REQUEST, self.lost())
        finally:
            self.server.daemon.resume()
        self.check_back()


class RetryTest(NotificationsTestCase):
    retry: ClassVar[dict[str, int]] = {'retry': -1}

    def test_frozen(self) -> None:
        """The client waits until the broker is back, and nothing is lost."""
        ear = self.useFixture(rabbitmq.Ear(self.server, 'nova'))
        frozen = threading.Timer(5 * _HEARTBEAT, self.server.daemon.resume)
        self.server.daemon.pause()
        frozen.start()
        try:
            self.create('k', within=5 * _HEARTBEAT + 2 * _USUAL)
        finally:
            frozen.join()
        self.assertEqual(0, self.lost())
        # What was sent to a frozen broker may be there as well.
        self.assertEqual(
            {
                'notifications.info keypair.import.start',
                'notifications.info keypair.import.end',
            },
            {title for title, _ in ear.heard()},
        )


class AuditTest(BrokerTestCase, test_audit.AuditTest):
    """What keystonemiddleware's audit filter tells arrives."""

    def messaging(self) -> fixtures.Options:
        # The filter does not know Nova's exchange.
        self.ear = self.useFixture(rabbitmq.Ear(self.server, 'openstack'))
        self.events: list[Any] = []
        return {
            'oslo_messaging_notifications': {
                'driver': 'messagingv2',
                'transport_url': self.server.url,
            }
        }

    def heard(self) -> list[Any]:
        self.events += [
            told['payload']
            for title, told in self.ear.heard()
            if title.endswith(' audit.http.response')
        ]
        return self.events
