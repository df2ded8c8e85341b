# SPDX-License-Identifier: Apache-2.0

"""What Nova tells the message bus of key pairs, ours tells it, too."""

import ast
import json
import re
import unittest
from collections.abc import Iterator
from typing import Any, ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional.conformance import servers, wire
from keypair_ext.tests.functional.conformance.caller import V2, Caller
from keypair_ext.tests.functional.nova.base import KEY
from keypair_ext.tests.functional.servers import ini, rabbitmq

# How and which event was told, and the message.
_Told = tuple[str, Any]

_REASON = servers.reason_to_skip()

_LINE = re.compile(
    r' (?P<level>[A-Z]+) oslo\.messaging\.notification\.\S+ \[[^]]*\] '
    r'(?P<message>\{.*\})$',
    re.MULTILINE,
)

# No two servers agree on these; that they are there, and what they are, is
# compared all the same.
_RANDOM = {
    '_context_request_id',
    '_context_timestamp',
    '_unique_id',
    'message_id',
    'timestamp',
}
_OWN_WORDS = {
    'exception_message',
    'function_name',
    'message',
    'module_name',
    'reason',
    'traceback',
}


class _NotificationsTestCase(base.TestCase):
    """Both formats at once, in the order in which they are sent."""

    conf: ClassVar[ini.Sections] = {
        'DEFAULT': {'host': 'cloud1'},
        'notifications': {'notification_format': 'both'},
        'quota': {'key_pairs': 3},
    }
    servers: ClassVar[servers.Servers]

    @classmethod
    def start(cls, conf: ini.Sections) -> None:
        """Start the servers.

        :param conf: where notifications go.
        """
        cls.servers = cls.use(servers.Servers(ini.merge(cls.conf, conf)))

    def check(self, imported: list[str]) -> None:
        """Compare what is told of each request.

        :param imported: the titles of what Nova tells of an import.
        """
        ports = {'nova': self.servers.plain, **self.servers.mounts}
        heard = {name: self._heard(name, ports[name]) for name in ports}
        expected = heard.pop('nova')
        self.assertEqual(imported, [title for title, _ in expected['import']])
        for name, notifications in heard.items():
            for request, theirs in expected.items():
                self.assertEqual(
                    theirs, notifications[request], f'{name}: {request}'
                )

    def _heard(self, name: str, port: int) -> dict[str, list[_Told]]:
        """Return what is told of each request, by the request's name."""
        self.hear(name)
        heard = {}
        for request in _requests():
            wire.send(port, request)
            heard[request.name] = [
                (title, _mask(message)) for title, message in self.hear(name)
            ]
        return heard

    def hear(self, name: str) -> list[_Told]:
        """Return what a server has told since the last time."""
        raise NotImplementedError


@unittest.skipIf(_REASON, _REASON)
class LogTest(_NotificationsTestCase):
    """By the log driver of oslo.messaging."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.start(
            {
                'DEFAULT': {'transport_url': 'fake://'},
                'oslo_messaging_notifications': {'driver': 'log'},
            }
        )

    def setUp(self) -> None:
        super().setUp()
        self._positions: dict[str, int] = {}

    def hear(self, name: str) -> list[_Told]:
        log = self.servers.daemons[name].recent_log
        news = log[self._positions.get(name, 0) :]
        self._positions[name] = len(log)
        return list(_logged(news))

    def test_everything_that_nova_tells(self) -> None:
        self.check(
            ['INFO keypair.import.start'] * 2 + ['INFO keypair.import.end'] * 2
        )


@unittest.skipIf(_REASON, _REASON)
@unittest.skipUnless(rabbitmq.available(), 'rabbitmq-server is not installed')
class RabbitMQTest(_NotificationsTestCase):
    """By the driver that clouds have, through a real RabbitMQ."""

    ear: ClassVar[rabbitmq.Ear]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        server = cls.use(rabbitmq.RabbitMQ())
        cls.ear = cls.use(rabbitmq.Ear(server, 'nova'))
        cls.start(
            {
                'DEFAULT': {'transport_url': server.url},
                'oslo_messaging_notifications': {'driver': 'messagingv2'},
            }
        )

    def hear(self, name: str) -> list[_Told]:
        return list(self.ear.heard())

    def test_everything_that_nova_tells(self) -> None:
        self.check(
            [
                'notifications.info keypair.import.start',
                'versioned_notifications.info keypair.import.start',
                'versioned_notifications.info keypair.import.end',
                'notifications.info keypair.import.end',
            ]
        )


def _requests() -> Iterator[wire.Request]:
    user = Caller('notified')
    admin = Caller('notified-admin').admin()
    yield user.create('import', '2.2', name='one', public_key=KEY)
    yield user.create('import in v2', root=V2, name=' two ', public_key=KEY)
    yield user.create('import again', '2.2', name='one', public_key=KEY)
    yield user.create('import bad', '2.2', name='bad', public_key='bad')
    yield user.create('bad name', '2.2', name='/', public_key=KEY)
    yield user.create(
        'import bad x509', '2.2', name='bad', type='x509', public_key='bad'
    )
    yield user.create('generate again', '2.2', name='one')
    yield user.create('generate', '2.2', name='made')
    yield user.create('import over quota', name='four', public_key=KEY)
    yield user.create('generate over quota', name='four')
    yield user.list('list', '2.35')
    yield user.show('show', 'one')
    yield user.show('show missing', 'four')
    yield user.delete('delete', 'one', '2.2')
    yield user.delete('delete generated', 'made')
    yield user.delete('delete again', 'one', '2.2')
    yield user.delete('delete in v2', 'two', root=V2)
    yield user.create('generate x509', '2.2', name='cert', type='x509')
    yield user.delete('delete x509', 'cert', '2.2')
    for title, caller in (('admin', admin), ('member', user)):
        yield caller.create(
            f'{title} for another',
            '2.10',
            name='foreign',
            public_key=KEY,
            user_id='another',
        )
        yield caller.delete(
            f'{title} deletes of another',
            'foreign',
            '2.10',
            '?user_id=another',
        )
    nowhere = Caller('notified', None)
    yield nowhere.create('no project', name='nowhere', public_key=KEY)
    yield nowhere.create('no project, generate', name='nowhere')
    yield nowhere.delete('no project, delete', 'nowhere')
    yield Caller(None).create('nobody', name='one', public_key=KEY)


def _logged(log: str) -> Iterator[_Told]:
    for found in _LINE.finditer(log):
        message = json.loads(found['message'])
        yield f'{found["level"]} {message["event_type"]}', message


def _mask(value: Any, name: str = '') -> Any:
    if isinstance(value, dict):
        made = str(value.get('public_key') or '')
        if made.endswith('Generated-by-Nova') or 'CERTIFICATE' in made:
            value = {**value, 'fingerprint': 'F', 'public_key': 'GENERATED'}
        if made in ('bad', '***'):
            # Nova tells what it refuses as a key, too.
            value = {**value, 'public_key': 'REFUSED'}
        return {key: _mask(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mask(inner) for inner in value]
    if name in _RANDOM or (name in _OWN_WORDS and value):
        return type(value).__name__
    if name == 'exception' and str(value).startswith('{'):
        return _mask(ast.literal_eval(value))
    return value
