# SPDX-License-Identifier: Apache-2.0

"""What goes to the message bus, compared with what Nova 34 was seen to send.

The expectations are Nova's own messages, taken from a Nova with
``notification_format = both``; where ours differ on purpose a comment says so.
"""

import contextlib
import functools
import json
import logging
import re
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, cast
from unittest import mock

import fixtures
import testtools
from cryptography.hazmat.primitives.asymmetric import rsa
from oslo_config import cfg, fixture as config_fixture
from oslo_context import context as oslo_context

from keypair_ext import (
    conf as keypair_conf,
    config_files,
    exception,
    keypairs,
    keytypes,
    logs,
    notifications,
    profiles,
)
from keypair_ext.keytypes import strength
from keypair_ext.notifications import listening, nova
from keypair_ext.tests import base
from keypair_ext.tests.functional.fixtures import ROOT
from keypair_ext.tests.functional.servers import ini
from keypair_ext.tests.unit.db import database
from keypair_ext.tests.unit.keytypes import vectors
from keypair_ext.tests.unit.test_keypairs import Quota

try:
    with warnings.catch_warnings():
        # It imports eventlet, which says that it is deprecated.
        warnings.simplefilter('ignore')
        import oslo_messaging
        from oslo_messaging.notify import _impl_test
except ImportError:
    oslo_messaging = None

needs_messaging = testtools.skipIf(
    oslo_messaging is None,
    'oslo.messaging is not installed: pip install keypair-ext[notifications]',
)

KEY = f'{vectors.ED25519.line} bob@home'
RSA = rsa.generate_private_key(65537, 2048)
# A name that every version takes, and PKCS#8 of an Ed25519 key.
SECRET = 'MC4CAQAwBQYDK2VwBCIEIHeQt9yyloOaW8WkpoFWADYSvETOxMLNxJabNwgqqqy'

# The context of a request by bob, in project aaaa, on Nova's bus.
NOVA_CONTEXT = {
    'user': 'bob',
    'project_id': 'aaaa',
    'system_scope': None,
    'project': 'aaaa',
    'domain': None,
    'user_domain': None,
    'project_domain': None,
    'is_admin': False,
    'read_only': False,
    'show_deleted': False,
    'auth_token': None,
    'request_id': 'req-18725eda-26a8-4b59-b9e2-dc2193d219be',
    'global_request_id': None,
    'resource_uuid': None,
    'roles': ['member', 'reader'],
    'user_identity': 'bob aaaa - - -',
    'is_admin_project': True,
    'user_id': 'bob',
    'read_deleted': 'no',
    'remote_address': None,
    'timestamp': '2026-11-22T04:54:43.286646',
    'quota_class': None,
    'user_name': None,
    'service_catalog': [],
    'project_name': None,
}


def legacy(event_type: str, name: str = 'k1') -> tuple[object, ...]:
    """Return an unversioned notification of Nova's about bob's request."""
    payload = {'tenant_id': 'aaaa', 'user_id': 'bob', 'key_name': name}
    return ('INFO', 'api.cloud1', event_type, payload)


def versioned(
    event_type: str,
    *,
    user_id: str = 'bob',
    fingerprint: str | None = vectors.ED25519.fingerprint,
    public_key: str | None = KEY,
) -> tuple[object, ...]:
    """Return a versioned notification of Nova's."""
    payload = {
        'nova_object.name': 'KeypairPayload',
        'nova_object.namespace': 'nova',
        'nova_object.version': '1.0',
        'nova_object.data': {
            'user_id': user_id,
            'name': 'k1',
            'fingerprint': fingerprint,
            'public_key': public_key,
            'type': 'ssh',
        },
    }
    return ('INFO', 'nova-api:cloud1', event_type, payload)


def make_context(**values: Any) -> oslo_context.RequestContext:
    """Return bob's context, as our identity filters make it."""
    identity: dict[str, Any] = {
        'user_id': 'bob',
        'project_id': 'aaaa',
        'roles': ['member', 'reader'],
        'is_admin': False,
        'auth_token': 'bobs-token',
        'overwrite': False,
    }
    return oslo_context.RequestContext(**identity | values)


class NotificationsTestCase(base.TestCase):
    """Has a configuration file, and sees what is sent by driver ``test``."""

    def setUp(self) -> None:
        super().setUp()
        # The oldest oslo.context that is allowed warns of itself.
        moved = "(Property|Using the) '.*' (has moved|argument is deprecated)"
        self.useFixture(
            fixtures.WarningsFilter([{'action': 'ignore', 'message': moved}])
        )

    def configure(self, **sections: dict[str, str]) -> cfg.ConfigOpts:
        """Return what a configuration file of these sections says."""
        path = self.directory / 'conf'
        ini.write(path, sections)
        conf = config_files.parse([str(path)])
        keypair_conf.register_opts(conf, 'database')
        return conf

    def load(
        self, driver: str = 'test', url: str = 'fake://', **options: str
    ) -> notifications.Notifier:
        conf = self.configure(
            DEFAULT={'host': 'cloud1'},
            notifications={'notification_format': 'both'} | options,
            oslo_messaging_notifications={
                'driver': driver,
                'transport_url': url,
            },
        )
        return notifications.load(conf)

    def make_keypairs(self, notifier: notifications.Notifier) -> None:
        self.store = self.useFixture(database.Database()).store
        self.quota = Quota()
        self.use_cases = keypairs.Keypairs(
            self.store,
            keytypes.load(lambda: RSA),
            self.quota,
            notifier,
            strength.Unjudged(),
        )
        if oslo_messaging is not None:
            self.forget()

    def import_key(
        self, name: str = 'k1', public_key: str = KEY, user_id: str = 'bob'
    ) -> Any:
        return self.use_cases.import_public_key(
            make_context(),
            user_id,
            name,
            'ssh',
            public_key,
            profiles.KeyRules(),
        )

    def generate(
        self,
        name: str = 'k1',
        context: oslo_context.RequestContext | None = None,
    ) -> Any:
        return self.use_cases.generate(
            context or make_context(), 'bob', name, 'ssh', profiles.KeyRules()
        )

    def delete(self, name: str = 'k1') -> None:
        self.use_cases.delete(make_context(), 'bob', name)

    def forget(self) -> None:
        """Start to listen."""
        _impl_test.reset()

    def heard(self) -> list[tuple[Any, ...]]:
        """Return what was sent: priority, publisher, event and payload."""
        return [
            (
                priority,
                message['publisher_id'],
                message['event_type'],
                message['payload'],
            )
            for _context, message, priority, _retry in self.raw()
        ]

    def raw(self) -> list[Any]:
        return list(_impl_test.NOTIFICATIONS)


class TestSilence(NotificationsTestCase):
    """Notifications that are off, as shipped: nothing can be imported."""

    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch.dict(sys.modules, oslo_messaging=None)
        patch.start()
        self.addCleanup(patch.stop)

    def test_no_driver(self) -> None:
        without_files = cfg.ConfigOpts()
        keypair_conf.register_opts(without_files, 'database')
        for notifier in (
            notifications.load(self.configure()),
            notifications.load(without_files),
            self.load(driver='noop'),
            self.load(driver=''),
        ):
            self.assertFalse(notifier.enabled)

    def test_missing_package(self) -> None:
        self.assertIn('keypair-ext[notifications]', self.mistake(self.load))


@needs_messaging
class TestMessages(NotificationsTestCase):
    """Whose, in which order and with what inside."""

    def setUp(self) -> None:
        super().setUp()
        self.make_keypairs(self.load())

    def test_import(self) -> None:
        for user_id in ('bob', 'carol'):
            self.forget()

            self.import_key(user_id=user_id)

            self.assertEqual(
                [
                    legacy('keypair.import.start'),
                    versioned(
                        'keypair.import.start',
                        fingerprint=None,
                        user_id=user_id,
                    ),
                    versioned('keypair.import.end', user_id=user_id),
                    legacy('keypair.import.end'),
                ],
                self.heard(),
            )
        data = self.heard()[1][3]['nova_object.data']
        self.assertEqual(
            ['user_id', 'name', 'fingerprint', 'public_key', 'type'],
            list(data),
        )

    def test_create(self) -> None:
        made, _ = self.generate()

        self.assertEqual(
            [
                legacy('keypair.create.start'),
                versioned(
                    'keypair.create.start', fingerprint=None, public_key=None
                ),
                versioned(
                    'keypair.create.end',
                    fingerprint=made.fingerprint,
                    public_key=made.public_key,
                ),
                legacy('keypair.create.end'),
            ],
            self.heard(),
        )
        self.assertNotIn('PRIVATE KEY', str(self.raw()))

    def test_delete(self) -> None:
        self.import_key()
        self.forget()

        self.delete()

        self.assertEqual(
            [
                legacy('keypair.delete.start'),
                versioned('keypair.delete.start'),
                versioned('keypair.delete.end'),
                legacy('keypair.delete.end'),
            ],
            self.heard(),
        )

    def test_a_private_key_that_nova_stored(self) -> None:
        for name, public_key in (('k1', f'{KEY} {SECRET}'), (SECRET, KEY)):
            self.forget()
            self.store.create('bob', name, 'ssh', 'ab', public_key, -1)

            self.delete(name)

            self.assertEqual(4, len(self.heard()))
            self.assertNotIn(SECRET[10:40], str(self.raw()))

    def test_a_secret_in_an_error(self) -> None:
        action = self.load().action(
            make_context(),
            'create',
            notifications.Subject('bob', 'k', 'ssh', None),
        )
        self.forget()

        with contextlib.suppress(ValueError), action:
            raise ValueError(f'cannot read {SECRET}')

        self.assertEqual(2, len(self.heard()))
        self.assertNotIn(SECRET[10:40], str(self.raw()))


@needs_messaging
class TestPage(NotificationsTestCase):
    """The page of the reference."""

    def setUp(self) -> None:
        super().setUp()
        path = ROOT / 'doc' / 'source' / 'reference' / 'notifications.rst'
        self.page = path.read_text()

    def test_events(self) -> None:
        self.make_keypairs(self.load())
        self.import_key()
        self.generate('k2')
        self.delete()
        for fail in self.import_key, self.generate:
            self.assertRaises(exception.KeypairExists, fail, 'k2')
        self.assertRaises(exception.KeypairNotFound, self.delete, 'none')
        self.assertEqual(
            {event for _, _, event, _ in self.heard()},
            set(re.findall(r'``([a-z_]+(?:\.[a-z]+)*)``', self.table())),
        )

    def table(self) -> str:
        return self.page.split('Events\n=')[1].split('\nA start')[0]

    def test_payloads(self) -> None:
        examples = re.findall(
            r'code-block:: json\n\n((?:   .+\n)+)', self.page
        )
        plain, told = map(json.loads, examples)
        subject = notifications.Subject(
            **told['nova_object.data'] | {'user_id': 'bob'}
        )
        self.assertEqual(told, nova.keypair_payload(subject))
        context = make_context()
        self.assertEqual(plain, nova.legacy_payload(context, subject))


@needs_messaging
class TestErrors(NotificationsTestCase):
    """What is told of failures, once it has started and where it has not."""

    ARGUMENTS = {'user_id': 'bob', 'key_name': 'k1'}
    CREATE = {**ARGUMENTS, 'key_type': 'ssh'}
    IMPORT = {**ARGUMENTS, 'public_key': KEY, 'key_type': 'ssh'}

    def setUp(self) -> None:
        super().setUp()
        self.make_keypairs(self.load())

    def assert_told(
        self,
        error: type[exception.KeypairExtError],
        do: Callable[[], object],
        action: str,
        starts: int,
        arguments: Mapping[str, object],
        *,
        name: str,
        fields: dict[str, object] | None = None,
    ) -> None:
        """Compare what was heard of a failure with what Nova tells.

        :param starts: how many notifications of a start come first.
        :param name: of Nova's exception.
        :param fields: of Nova's exception; None where it has none of its own.
        """
        self.forget()
        message = str(self.assertRaises(error, do))

        *first, old, new = self.heard()
        self.assertEqual(
            [f'keypair.{action}.start'] * starts,
            [event_type for _, _, event_type, _ in first],
        )
        description = (
            f'{name}({message!r})'
            if fields is None
            else str({'kwargs': fields, 'message': message, 'class': name})
        )
        self.assertEqual(
            (
                'ERROR',
                'api.cloud1',
                f'{action}_key_pair',
                {'exception': description, 'args': arguments},
            ),
            old,
        )
        data = new[3]['nova_object.data']
        self.assertEqual(
            (
                'ERROR',
                'nova-api:cloud1',
                'compute.exception',
                {
                    'nova_object.name': 'ExceptionPayload',
                    'nova_object.namespace': 'nova',
                    'nova_object.version': '1.1',
                    'nova_object.data': {
                        'module_name': data['module_name'],
                        'function_name': data['function_name'],
                        'exception': name,
                        'exception_message': message,
                        'traceback': data['traceback'],
                    },
                },
            ),
            new,
        )
        self.assertIn('Traceback (most recent call last)', data['traceback'])

    def test_not_found_in_delete(self) -> None:
        for name in ('k1', 'a\0b'):
            self.assert_told(
                exception.KeypairNotFound,
                functools.partial(self.delete, name),
                'delete',
                1,
                {'user_id': 'bob', 'key_name': name},
                name='KeypairNotFound',
                fields={'user_id': 'bob', 'name': name, 'code': 404},
            )

    def test_taken_in_import(self) -> None:
        self.import_key()
        self.assert_told(
            exception.KeypairExists,
            self.import_key,
            'import',
            2,
            self.IMPORT,
            name='KeyPairExists',
            fields={'key_name': 'k1', 'code': 500},
        )

    def test_nonsense_in_import(self) -> None:
        reason = 'no data follows the name of its type on the same line: send'
        reason += ' the whole line of the .pub file.'
        self.assert_told(
            exception.InvalidKey,
            lambda: self.import_key(public_key='ssh-rsa'),
            'import',
            2,
            # Nova tells what was sent.
            {**self.IMPORT, 'public_key': '***'},
            name='InvalidKeypair',
            fields={'reason': reason, 'code': 400},
        )

    def test_over_quota_nothing_starts_in_create(self) -> None:
        self.quota.told = 0
        self.assert_told(
            exception.QuotaExceeded,
            self.generate,
            'create',
            0,
            self.CREATE,
            name='KeypairLimitExceeded',
            fields={'code': 413},
        )

    def test_no_project_in_create(self) -> None:
        self.assert_told(
            exception.Forbidden,
            lambda: self.generate(context=make_context(project_id=None)),
            'create',
            0,
            self.CREATE,
            name='Forbidden',
            fields={'code': 403},
        )

    def test_what_nova_has_no_class_for_in_import(self) -> None:
        def fail(*arguments: object) -> NoReturn:
            raise exception.DatabaseUnavailable()

        self.useFixture(
            fixtures.MonkeyPatch('keypair_ext.db.store.Store.create', fail)
        )
        self.assert_told(
            exception.DatabaseUnavailable,
            self.import_key,
            'import',
            2,
            self.IMPORT,
            name='DatabaseUnavailable',
        )


@needs_messaging
class TestFormat(NotificationsTestCase):
    """``[notifications] notification_format``."""

    def test_default(self) -> None:
        conf = self.configure()

        self.assertEqual('unversioned', conf.notifications.notification_format)
        self.assertEqual(socket.gethostname(), conf.host)

    def test_one_only(self) -> None:
        for wanted, publisher in (
            ('unversioned', 'api.cloud1'),
            ('versioned', 'nova-api:cloud1'),
        ):
            self.make_keypairs(self.load(notification_format=wanted))
            self.generate()
            self.assertEqual(
                [publisher] * 2, [told for _, told, _, _ in self.heard()]
            )


@needs_messaging
class TestContext(NotificationsTestCase):
    """Who asked, as it is told."""

    def context_of(
        self, context: oslo_context.RequestContext
    ) -> dict[str, Any]:
        self.make_keypairs(self.load())
        self.generate(context=context)
        return cast(dict[str, Any], self.raw()[0][0])

    def test_equals_novas(self) -> None:
        told = self.context_of(
            make_context(request_id=NOVA_CONTEXT['request_id'])
        )

        self.assertEqual(list(NOVA_CONTEXT), list(told))
        # In the same form, at another time.
        time = cast(str, NOVA_CONTEXT['timestamp'])
        self.assertEqual(len(time), len(told['timestamp']))
        self.assertEqual(NOVA_CONTEXT, {**told, 'timestamp': time})

    def test_token_stays_here_whoever_asks(self) -> None:
        self.context_of(make_context())
        told = notifications.nova.Serializer().serialize_context(
            make_context()
        )

        self.assertNotIn('bobs-token', f'{told} {self.raw()}')

    def test_a_context_with_ideas_of_its_own(self) -> None:
        class VendorContext(oslo_context.RequestContext):
            def to_dict(self) -> dict[str, Any]:
                return super().to_dict() | {'read_deleted': 'yes', 'own': 1}

        told = self.context_of(VendorContext(user_id='bob', project_id='aaaa'))

        self.assertEqual(('yes', 1), (told['read_deleted'], told['own']))

    def test_a_context_that_cannot_be_copied(self) -> None:
        class VendorContext(oslo_context.RequestContext):
            def __init__(self, ticket: str, **values: Any) -> None:
                super().__init__(**values)

        log = self.useFixture(fixtures.FakeLogger())
        self.make_keypairs(self.load())

        self.generate(
            context=VendorContext('t', user_id='bob', project_id='aaaa')
        )

        self.assertTrue(self.store.exists('bob', 'k1'))
        self.assertIn('Could not send notification', log.output)


@needs_messaging
class TestBus(NotificationsTestCase):
    """The way to the bus."""

    def listen(
        self, url: str, exchange: str, topic: str
    ) -> 'contextlib.AbstractContextManager[list[str]]':
        """Collect the events of a topic while the block runs."""
        conf = cfg.ConfigOpts()
        conf([], default_config_files=[])
        transport = oslo_messaging.get_notification_transport(conf, url)
        heard: list[str] = []
        both = threading.Event()

        class Endpoint:
            def info(
                self,
                ctxt: object,
                publisher_id: str,
                event_type: str,
                payload: object,
                metadata: object,
            ) -> None:
                heard.append(f'{publisher_id} {event_type}')
                if len(heard) == 2:
                    both.set()

        @contextlib.contextmanager
        def listening() -> Iterator[list[str]]:
            listener = oslo_messaging.get_notification_listener(
                transport,
                [oslo_messaging.Target(topic=topic, exchange=exchange)],
                [Endpoint()],
                executor='threading',
            )
            listener.start()
            try:
                yield heard
                both.wait(10)
            finally:
                listener.stop()
                listener.wait()

        return listening()

    def test_exchange_and_topics_are_novas(self) -> None:
        self.make_keypairs(self.load('messagingv2'))

        with (
            self.listen('fake://', 'nova', 'notifications') as old,
            self.listen('fake://', 'nova', 'versioned_notifications') as new,
        ):
            self.generate()

        self.assertEqual(
            [
                'api.cloud1 keypair.create.start',
                'api.cloud1 keypair.create.end',
            ],
            old,
        )
        self.assertEqual(
            [
                'nova-api:cloud1 keypair.create.start',
                'nova-api:cloud1 keypair.create.end',
            ],
            new,
        )

    def exchange(self, **options: str) -> object:
        conf = self.configure(
            DEFAULT=options,
            oslo_messaging_notifications={
                'driver': 'test',
                'transport_url': 'fake://',
            },
        )
        notifications.load(conf)
        return conf.control_exchange

    def test_exchange_is_the_operators(self) -> None:
        self.assertEqual('own', self.exchange(control_exchange='own'))

    def test_exchange_of_a_host_is_its_own(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'keypair_ext.conf.is_ours', lambda conf: False
            )
        )

        self.assertEqual('openstack', self.exchange())

    def retries(self, **options: str) -> object:
        conf = self.configure(
            oslo_messaging_notifications={
                'driver': 'test',
                'transport_url': 'fake://',
                **options,
            },
        )
        notifications.load(conf)
        return conf.oslo_messaging_notifications.retry

    def test_a_bus_that_is_away_is_not_waited_for(self) -> None:
        self.assertEqual(0, self.retries())
        self.assertEqual(3, self.retries(retry='3'))
        self.assertEqual(-1, self.retries(retry='-1'))

    def test_how_long_a_host_waits_is_its_own(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch(
                'keypair_ext.conf.is_ours', lambda conf: False
            )
        )

        self.assertEqual(-1, self.retries())

    def test_a_url_that_cannot_be_read(self) -> None:
        for url in (
            'rabbit://u:secret@h:x/',
            # What stands before the slash is taken for the port.
            'rabbit://u:secret/more@h:5672/',
            'rabbit://u:secret#more@h:5672/',
            'rabbit://u:p@h:5672/?ssl=secret',
            'rabbit://u:p@[secret/',
        ):
            with self.subTest(url=url):
                error = self.assertRaises(
                    exception.ConfigurationError, self.load, url=url
                )
                self.assertIn('transport_url', str(error))
                self.assertNotIn('secret', str(error))
                # Nor in a traceback of it.
                self.assertTrue(error.__suppress_context__)
                conf = self.configure(
                    oslo_messaging_notifications={'transport_url': url}
                )
                oslo_messaging.TransportURL(conf)
                error = self.assertRaises(
                    exception.ConfigurationError,
                    listening.Ear,
                    conf,
                    lambda user_id: True,
                )
                self.assertNotIn('secret', str(error))

    def test_loading_does_not_connect(self) -> None:
        def refuse(*arguments: object) -> NoReturn:
            raise AssertionError('connected')

        self.useFixture(fixtures.MonkeyPatch('socket.socket.connect', refuse))
        threads = threading.active_count()

        self.load('messagingv2', 'rabbit://guest:guest@127.0.0.1:1//')

        self.assertEqual(threads, threading.active_count())

    def test_a_bus_that_is_away(self) -> None:
        # As the service sets it up; a mount leaves logging to its host.
        loses = logging.getLogger('oslo_messaging.notify.messaging')
        loses.addFilter(logs.warn_in_one_line)
        self.addCleanup(loses.removeFilter, logs.warn_in_one_line)
        log = self.useFixture(
            fixtures.FakeLogger(format='%(levelname)s %(message)s')
        )
        self.make_keypairs(
            self.load('messagingv2', 'rabbit://guest:guest@127.0.0.1:1//')
        )

        self.generate()

        self.assertTrue(self.store.exists('bob', 'k1'))
        self.assertEqual(
            [
                f'WARNING Could not send notification keypair.create.{phase}'
                for phase in ('start', 'start', 'end', 'end')
            ],
            log.output.splitlines(),
        )

    def test_a_driver_that_is_none(self) -> None:
        for drivers in ('messaging_v2', 'messagingv2\ndriver = messaging_v2'):
            with self.subTest(drivers=drivers):
                told = self.mistake(self.load, drivers)
                self.assertIn('driver messaging_v2 is not', told)
                self.assertIn('log, messaging, messagingv2', told)
        log = self.useFixture(
            fixtures.FakeLogger(format='%(levelname)s %(message)s')
        )
        self.useFixture(
            fixtures.MonkeyPatch(
                'keypair_ext.conf.is_ours', lambda conf: False
            )
        )
        # A Nova that serves without it goes on to do so.
        self.load('messaging_v2')
        self.assertIn('ERROR [oslo_messaging_notifications]', log.output)

    def test_what_reaches_nobody(self) -> None:
        bus = {'driver': 'messagingv2', 'transport_url': 'fake://'}
        for wanted, topics, versioned_topics, told in (
            ('both', '', 'v', '[oslo_messaging_notifications] topics is'),
            ('both', 'u', '', '[notifications] versioned_notifications_topi'),
            ('versioned', '', 'v', None),
            ('unversioned', 'u', '', None),
        ):
            conf = self.configure(
                notifications={
                    'notification_format': wanted,
                    'versioned_notifications_topics': versioned_topics,
                },
                oslo_messaging_notifications={**bus, 'topics': topics},
            )
            with self.subTest(wanted=wanted, told=told):
                self._assert_told(conf, told)

    def test_a_way_without_a_file(self) -> None:
        conf = self.configure(
            oslo_messaging_notifications={
                'driver': 'routing',
                'transport_url': 'fake://',
            }
        )
        self._assert_told(conf, 'routing_config =  cannot be read: No such')
        # This driver has the process's configuration only.
        path = self.directory / 'routes'
        path.touch()
        self.useFixture(config_fixture.Config()).config(
            group='oslo_messaging_notifications', routing_config=str(path)
        )
        self._assert_told(conf, None)

    def _assert_told(self, conf: cfg.ConfigOpts, words: str | None) -> None:
        if words is None:
            self.assertTrue(notifications.load(conf).enabled)
        else:
            error = self.assertRaises(
                exception.ConfigurationError, notifications.load, conf
            )
            self.assertIn(words, str(error))

    def test_a_url_that_is_none(self) -> None:
        for url in ('nonsense', 'smoke-signals://'):
            self.assertIn(
                '[oslo_messaging_notifications]',
                self.mistake(self.load, 'messagingv2', url),
            )

    def test_an_option_that_is_nonsense(self) -> None:
        conf = self.configure(
            oslo_messaging_notifications={
                'driver': 'test',
                'transport_url': 'fake://',
                'retry': 'often',
            }
        )

        self.assertRaises(
            exception.ConfigurationError, notifications.load, conf
        )

    def test_nothing_is_monkey_patched(self) -> None:
        self.load()

        self.assertEqual('_thread', threading.get_ident.__module__)
        self.assertEqual('socket', socket.socket.__module__)
