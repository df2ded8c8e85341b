# SPDX-License-Identifier: Apache-2.0

"""What goes to the message bus, compared with what Nova 34 was seen to send.

The expectations are Nova's own messages, taken from a Nova with
``notification_format = both``; where ours differ on purpose a comment says so.
"""

import contextlib
import pathlib
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any, NoReturn, cast
from unittest import mock

import fixtures
import testtools
from oslo_config import cfg
from oslo_context import context as oslo_context

from keypair_ext import (
    conf as keypair_conf,
    exception,
    keypairs,
    notifications,
    profiles,
)
from keypair_ext.db.store import Keypair, Store
from keypair_ext.keytypes import GeneratedKey
from keypair_ext.tests import base

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

KEY = (
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHeQt9yyloOaW8WkpoFWAD/'
    'YSvETOxMLNxJabNwgqqqy bob@home'
)
FINGERPRINT = '2b:23:93:db:65:39:92:e2:e6:c5:64:5f:39:b8:55:8d'
PRIVATE_KEY = (
    '-----BEGIN OPENSSH PRIVATE KEY-----\n'
    'b3BlbnNzaC1rZXktdjEAAAAA\n'
    '-----END OPENSSH PRIVATE KEY-----\n'
)
SECRET = 'MC4CAQAwBQYDK2VwBCIEIHeQt9yyloOaW8WkpoFWADYSvETOxMLNxJabNwgqqqy'
RULES = profiles.KeyRules()

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
    name: str = 'k1',
    user_id: str = 'bob',
    fingerprint: str | None = FINGERPRINT,
    public_key: str | None = KEY,
) -> tuple[object, ...]:
    """Return a versioned notification of Nova's."""
    payload = {
        'nova_object.name': 'KeypairPayload',
        'nova_object.namespace': 'nova',
        'nova_object.version': '1.0',
        'nova_object.data': {
            'user_id': user_id,
            'name': name,
            'fingerprint': fingerprint,
            'public_key': public_key,
            'type': 'ssh',
        },
    }
    return ('INFO', 'nova-api:cloud1', event_type, payload)


class FakeKeyType:
    """Knows one key."""

    name = 'ssh'

    def fingerprint(self, public_key: str) -> str:
        if public_key != KEY:
            raise exception.InvalidKey(reason='it is not the key.')
        return FINGERPRINT

    def rewrite(
        self,
        public_key: str,
        restore_padding: bool,
        default_comment: str | None,
    ) -> str:
        return public_key

    def generate(self, user_id: str, comment: str) -> GeneratedKey:
        return GeneratedKey(KEY, PRIVATE_KEY, FINGERPRINT)


class FakeStore:
    """Key pairs in a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Keypair] = {}

    def get(self, user_id: str, name: str) -> Keypair:
        if (user_id, name) not in self.rows:
            raise exception.KeypairNotFound(user_id=user_id, name=name)
        return self.rows[user_id, name]

    def create(
        self,
        user_id: str,
        name: str,
        key_type: str,
        fingerprint: str,
        public_key: str,
        limit: int,
    ) -> Keypair:
        if self.exists(user_id, name):
            raise exception.KeypairExists(name=name)
        row = Keypair(
            1, user_id, name, key_type, fingerprint, public_key, None, None
        )
        self.rows[user_id, name] = row
        return row

    def delete(self, user_id: str, name: str) -> None:
        del self.rows[user_id, name]

    def exists(self, user_id: str, name: str) -> bool:
        return (user_id, name) in self.rows

    def count(self, user_id: str, at_most: int) -> int:
        return len(self.rows)


class FakeQuota:
    """Two key pairs for everybody."""

    needs_project = True

    def limit(self, user_id: str | None, project_id: str | None) -> int:
        return 2


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
        lines: list[str] = []
        for name, options in sections.items():
            lines.append(f'[{name}]')
            lines += [f'{key} = {value}' for key, value in options.items()]
        path = pathlib.Path(self.useFixture(fixtures.TempDir()).path, 'conf')
        path.write_text('\n'.join(lines))
        conf = keypair_conf.parse([str(path)])
        keypair_conf.register_opts(conf, 'database')
        return conf

    def load(
        self,
        driver: str = 'test',
        url: str = 'fake://',
        wanted: str = 'both',
    ) -> notifications.Notifier:
        conf = self.configure(
            DEFAULT={'host': 'cloud1'},
            notifications={'notification_format': wanted},
            oslo_messaging_notifications={
                'driver': driver,
                'transport_url': url,
            },
        )
        return notifications.load(conf)

    def make_keypairs(
        self, notifier: notifications.Notifier
    ) -> keypairs.Keypairs:
        self.store = FakeStore()
        return keypairs.Keypairs(
            cast(Store, self.store),
            {'ssh': FakeKeyType()},
            FakeQuota(),
            notifier,
        )

    def forget(self) -> None:
        """Start to listen."""
        _impl_test.reset()

    def heard(self) -> list[tuple[object, ...]]:
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
        notifier = notifications.load(self.configure())

        self.assertFalse(notifier.enabled)

    def test_drivers_that_send_nothing(self) -> None:
        for driver in ('noop', ''):
            notifier = self.load(driver=driver)

            self.assertIsInstance(notifier, notifications.SilentNotifier)

    def test_a_configuration_without_files(self) -> None:
        conf = cfg.ConfigOpts()
        keypair_conf.register_opts(conf, 'database')

        self.assertFalse(notifications.load(conf).enabled)

    def test_actions_work_all_the_same(self) -> None:
        use_cases = self.make_keypairs(notifications.SilentNotifier())

        made, private_key = use_cases.generate(
            make_context(), 'bob', 'k1', 'ssh', RULES
        )
        use_cases.delete(make_context(), 'bob', 'k1')

        self.assertEqual((KEY, PRIVATE_KEY), (made.public_key, private_key))
        self.assertEqual({}, self.store.rows)

    def test_missing_package(self) -> None:
        error = self.assertRaises(exception.ConfigurationError, self.load)

        self.assertIn('keypair-ext[notifications]', str(error))


@needs_messaging
class TestMessages(NotificationsTestCase):
    """Whose, in which order and with what inside."""

    def setUp(self) -> None:
        super().setUp()
        self.use_cases = self.make_keypairs(self.load())
        self.forget()

    def import_key(
        self, name: str = 'k1', public_key: str = KEY, user_id: str = 'bob'
    ) -> None:
        self.use_cases.import_public_key(
            make_context(), user_id, name, 'ssh', public_key, RULES
        )

    def generate(self, name: str = 'k1') -> None:
        self.use_cases.generate(make_context(), 'bob', name, 'ssh', RULES)

    def assert_errors(
        self,
        function: str,
        description: str,
        arguments: dict[str, object],
        name: str,
        message: str,
        heard: list[tuple[object, ...]] | None = None,
    ) -> None:
        """Compare what was heard of a failure with what Nova tells."""
        first, second = heard or self.heard()
        payload = {'exception': description, 'args': arguments}
        self.assertEqual(('ERROR', 'api.cloud1', function, payload), first)
        priority, publisher, event_type, versioned_payload = second
        self.assertEqual(
            ('ERROR', 'nova-api:cloud1', 'compute.exception'),
            (priority, publisher, event_type),
        )
        assert isinstance(versioned_payload, dict)
        self.assertEqual(
            {
                'nova_object.name': 'ExceptionPayload',
                'nova_object.namespace': 'nova',
                'nova_object.version': '1.1',
            },
            {
                key: value
                for key, value in versioned_payload.items()
                if key != 'nova_object.data'
            },
        )
        data = versioned_payload['nova_object.data']
        self.assertEqual(
            [
                'module_name',
                'function_name',
                'exception',
                'exception_message',
                'traceback',
            ],
            list(data),
        )
        self.assertEqual(
            (name, message), (data['exception'], data['exception_message'])
        )
        self.assertIn('Traceback (most recent call last)', data['traceback'])

    def test_import(self) -> None:
        self.import_key()

        self.assertEqual(
            [
                legacy('keypair.import.start'),
                versioned('keypair.import.start', fingerprint=None),
                versioned('keypair.import.end'),
                legacy('keypair.import.end'),
            ],
            self.heard(),
        )

    def test_create(self) -> None:
        self.generate()

        self.assertEqual(
            [
                legacy('keypair.create.start'),
                versioned(
                    'keypair.create.start', fingerprint=None, public_key=None
                ),
                versioned('keypair.create.end'),
                legacy('keypair.create.end'),
            ],
            self.heard(),
        )
        self.assertNotIn('PRIVATE KEY', str(self.raw()))

    def test_delete(self) -> None:
        self.import_key()
        self.forget()

        self.use_cases.delete(make_context(), 'bob', 'k1')

        self.assertEqual(
            [
                legacy('keypair.delete.start'),
                versioned('keypair.delete.start'),
                versioned('keypair.delete.end'),
                legacy('keypair.delete.end'),
            ],
            self.heard(),
        )

    def test_keys_are_in_novas_order(self) -> None:
        self.import_key()

        _, _, _, payload = self.heard()[1]

        assert isinstance(payload, dict)
        self.assertEqual(
            ['user_id', 'name', 'fingerprint', 'public_key', 'type'],
            list(payload['nova_object.data']),
        )

    def test_import_for_somebody_else(self) -> None:
        self.import_key(user_id='carol')

        self.assertEqual(
            [
                legacy('keypair.import.start'),
                versioned(
                    'keypair.import.start', fingerprint=None, user_id='carol'
                ),
                versioned('keypair.import.end', user_id='carol'),
                legacy('keypair.import.end'),
            ],
            self.heard(),
        )

    def test_delete_of_what_is_not_there(self) -> None:
        self.assertRaises(
            exception.KeypairNotFound,
            self.use_cases.delete,
            make_context(),
            'bob',
            'nope',
        )

        first, *rest = self.heard()
        self.assertEqual(legacy('keypair.delete.start', 'nope'), first)
        self.assert_errors(
            'delete_key_pair',
            "{'kwargs': {'user_id': 'bob', 'name': 'nope', 'code': 404}, "
            "'message': 'Keypair nope not found for user bob', "
            "'class': 'KeypairNotFound'}",
            {'user_id': 'bob', 'key_name': 'nope'},
            'KeypairNotFound',
            'Keypair nope not found for user bob',
            rest,
        )

    def test_delete_of_what_cannot_be_there(self) -> None:
        self.assertRaises(
            exception.KeypairNotFound,
            self.use_cases.delete,
            make_context(),
            'bob',
            'a\0b',
        )

        self.assertEqual(
            ['keypair.delete.start', 'delete_key_pair', 'compute.exception'],
            [event_type for _, _, event_type, _ in self.heard()],
        )

    def test_import_of_a_name_that_is_taken(self) -> None:
        self.import_key()
        self.forget()

        self.assertRaises(exception.KeypairExists, self.import_key)

        starts, rest = self.heard()[:2], self.heard()[2:]
        self.assertEqual(
            [
                legacy('keypair.import.start'),
                versioned('keypair.import.start', fingerprint=None),
            ],
            starts,
        )
        self.assert_errors(
            'import_key_pair',
            "{'kwargs': {'key_name': 'k1', 'code': 500}, 'message': "
            "\"Key pair 'k1' already exists.\", 'class': 'KeyPairExists'}",
            {
                'user_id': 'bob',
                'key_name': 'k1',
                'public_key': KEY,
                'key_type': 'ssh',
            },
            'KeyPairExists',
            "Key pair 'k1' already exists.",
            rest,
        )

    def test_create_of_a_name_that_is_taken(self) -> None:
        self.generate()
        self.forget()

        self.assertRaises(exception.KeypairExists, self.generate)

        self.assert_errors(
            'create_key_pair',
            "{'kwargs': {'key_name': 'k1', 'code': 500}, 'message': "
            "\"Key pair 'k1' already exists.\", 'class': 'KeyPairExists'}",
            {'user_id': 'bob', 'key_name': 'k1', 'key_type': 'ssh'},
            'KeyPairExists',
            "Key pair 'k1' already exists.",
            self.heard()[2:],
        )

    def test_import_of_nonsense(self) -> None:
        self.assertRaises(
            exception.InvalidKey, self.import_key, public_key='nonsense'
        )

        # Nova tells what was sent. The reason is in our words.
        message = 'Keypair data is invalid: it is not the key.'
        self.assert_errors(
            'import_key_pair',
            "{'kwargs': {'reason': 'it is not the key.', 'code': 400}, "
            f"'message': '{message}', 'class': 'InvalidKeypair'}}",
            {
                'user_id': 'bob',
                'key_name': 'k1',
                'public_key': '***',
                'key_type': 'ssh',
            },
            'InvalidKeypair',
            message,
            self.heard()[2:],
        )

    def test_over_quota_nothing_starts(self) -> None:
        self.import_key('k1')
        self.import_key('k2')
        self.forget()

        self.assertRaises(exception.QuotaExceeded, self.import_key, 'k3')

        # The message is in our words.
        message = str(exception.QuotaExceeded(limit=2))
        self.assert_errors(
            'import_key_pair',
            f"{{'kwargs': {{'code': 413}}, 'message': '{message}', "
            "'class': 'KeypairLimitExceeded'}",
            {
                'user_id': 'bob',
                'key_name': 'k3',
                'public_key': KEY,
                'key_type': 'ssh',
            },
            'KeypairLimitExceeded',
            message,
        )

    def test_create_over_quota_nothing_starts(self) -> None:
        self.import_key('k1')
        self.import_key('k2')
        self.forget()

        self.assertRaises(exception.QuotaExceeded, self.generate, 'k3')

        self.assertEqual(
            ['create_key_pair', 'compute.exception'],
            [event_type for _, _, event_type, _ in self.heard()],
        )

    def test_without_a_project(self) -> None:
        self.assertRaises(
            exception.Forbidden,
            self.use_cases.generate,
            make_context(project_id=None),
            'bob',
            'k1',
            'ssh',
            RULES,
        )

        self.assert_errors(
            'create_key_pair',
            "{'kwargs': {'code': 403}, 'message': 'Forbidden', "
            "'class': 'Forbidden'}",
            {'user_id': 'bob', 'key_name': 'k1', 'key_type': 'ssh'},
            'Forbidden',
            'Forbidden',
        )

    def test_a_failure_that_nova_has_no_class_for(self) -> None:
        def fail(*arguments: object) -> NoReturn:
            raise exception.DatabaseUnavailable()

        self.useFixture(
            fixtures.MonkeyPatch(
                f'{__name__}.{FakeStore.__name__}.create', fail
            )
        )

        self.assertRaises(exception.DatabaseUnavailable, self.import_key)

        message = str(exception.DatabaseUnavailable())
        self.assert_errors(
            'import_key_pair',
            f"DatabaseUnavailable('{message}')",
            {
                'user_id': 'bob',
                'key_name': 'k1',
                'public_key': KEY,
                'key_type': 'ssh',
            },
            'DatabaseUnavailable',
            message,
            self.heard()[2:],
        )

    def test_a_private_key_that_nova_stored(self) -> None:
        for name, public_key in (
            ('k1', f'{KEY}\n{PRIVATE_KEY}'),
            (SECRET, KEY),
        ):
            self.forget()
            self.store.create('bob', name, 'ssh', FINGERPRINT, public_key, 9)

            self.use_cases.delete(make_context(), 'bob', name)

            self.assertEqual(4, len(self.heard()))
            for secret in (PRIVATE_KEY, SECRET):
                self.assertNotIn(secret[10:40], str(self.raw()))

    def test_a_secret_in_an_error(self) -> None:
        action = self.load().action(
            make_context(),
            'create',
            notifications.Subject('bob', 'k', 'ssh', None),
        )
        self.forget()

        with contextlib.suppress(ValueError), action:
            raise ValueError(f'cannot read {PRIVATE_KEY}')

        self.assertEqual(2, len(self.heard()))
        self.assertNotIn('PRIVATE KEY', str(self.raw()))


@needs_messaging
class TestFormat(NotificationsTestCase):
    """``[notifications] notification_format``."""

    def publishers(self, wanted: str) -> list[object]:
        use_cases = self.make_keypairs(self.load(wanted=wanted))
        self.forget()
        use_cases.generate(make_context(), 'bob', 'k1', 'ssh', RULES)
        return [publisher for _, publisher, _, _ in self.heard()]

    def test_default(self) -> None:
        conf = self.configure()

        self.assertEqual('unversioned', conf.notifications.notification_format)

    def test_unversioned(self) -> None:
        self.assertEqual(
            ['api.cloud1', 'api.cloud1'], self.publishers('unversioned')
        )

    def test_versioned(self) -> None:
        self.assertEqual(
            ['nova-api:cloud1', 'nova-api:cloud1'],
            self.publishers('versioned'),
        )

    def test_host_is_the_machines_name(self) -> None:
        self.assertEqual(socket.gethostname(), self.configure().host)


@needs_messaging
class TestContext(NotificationsTestCase):
    """Who asked, as it is told."""

    def context_of(
        self, context: oslo_context.RequestContext
    ) -> dict[str, Any]:
        use_cases = self.make_keypairs(self.load())
        self.forget()
        use_cases.generate(context, 'bob', 'k1', 'ssh', RULES)
        return cast(dict[str, Any], self.raw()[0][0])

    def test_equals_novas(self) -> None:
        context = make_context(request_id=NOVA_CONTEXT['request_id'])

        told = self.context_of(context)

        self.assertEqual(list(NOVA_CONTEXT), list(told))
        del told['timestamp']
        self.assertEqual(
            {k: v for k, v in NOVA_CONTEXT.items() if k != 'timestamp'}, told
        )

    def test_time_is_in_novas_form(self) -> None:
        told = self.context_of(make_context())

        self.assertEqual(
            len(cast(str, NOVA_CONTEXT['timestamp'])), len(told['timestamp'])
        )

    def test_token_stays_here(self) -> None:
        self.context_of(make_context())

        self.assertNotIn('bobs-token', str(self.raw()))

    def test_token_stays_here_whoever_asks(self) -> None:
        told = notifications.nova.Serializer().serialize_context(
            make_context()
        )

        self.assertNotIn('bobs-token', str(told))

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

        use_cases = self.make_keypairs(self.load())
        use_cases.generate(
            VendorContext('t', user_id='bob', project_id='aaaa'),
            'bob',
            'k1',
            'ssh',
            RULES,
        )

        self.assertIn(('bob', 'k1'), self.store.rows)
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
        use_cases = self.make_keypairs(self.load('messagingv2'))

        with (
            self.listen('fake://', 'nova', 'notifications') as old,
            self.listen('fake://', 'nova', 'versioned_notifications') as new,
        ):
            use_cases.generate(make_context(), 'bob', 'k1', 'ssh', RULES)

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

    def test_whose_a_configuration_is(self) -> None:
        self.assertTrue(keypair_conf.is_ours(self.configure()))
        self.assertFalse(keypair_conf.is_ours(cfg.CONF))

    def test_what_oslo_messaging_registered_is_read(self) -> None:
        conf = self.configure(
            oslo_messaging_notifications={'driver': 'test'},
            DEFAULT={'transport_url': 'fake://'},
        )
        oslo_messaging.get_notification_transport(conf)

        self.assertTrue(notifications.load(conf).enabled)

    def test_several_drivers(self) -> None:
        conf = self.configure(
            oslo_messaging_notifications={
                'driver': 'noop\ndriver = test',
                'transport_url': 'fake://',
            }
        )

        self.assertTrue(notifications.load(conf).enabled)

    def test_loading_does_not_connect(self) -> None:
        def refuse(*arguments: object) -> NoReturn:
            raise AssertionError('connected')

        self.useFixture(fixtures.MonkeyPatch('socket.socket.connect', refuse))
        threads = threading.active_count()

        self.load('messagingv2', 'rabbit://guest:guest@127.0.0.1:1//')

        self.assertEqual(threads, threading.active_count())

    def test_a_bus_that_is_away(self) -> None:
        log = self.useFixture(fixtures.FakeLogger())
        use_cases = self.make_keypairs(
            self.load('messagingv2', 'rabbit://guest:guest@127.0.0.1:1//')
        )

        use_cases.generate(make_context(), 'bob', 'k1', 'ssh', RULES)

        self.assertIn(('bob', 'k1'), self.store.rows)
        self.assertIn('Could not send notification', log.output)

    def test_a_url_that_is_none(self) -> None:
        for url in ('nonsense', 'smoke-signals://'):
            error = self.assertRaises(
                exception.ConfigurationError, self.load, 'messagingv2', url
            )

            self.assertIn('[oslo_messaging_notifications]', str(error))

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
