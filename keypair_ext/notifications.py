# SPDX-License-Identifier: Apache-2.0

"""Telling the message bus what happens to key pairs, as Nova tells it.

Nothing here imports oslo.messaging unless notifications are on.
"""

import contextlib
import re
import traceback
import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_log import log as logging
from oslo_utils import timeutils

from keypair_ext import conf as keypair_conf, exception

LOG = logging.getLogger(__name__)

# One of oslo.messaging's: takes a context, the type of event, the payload.
_Method = Callable[
    [oslo_context.RequestContext, str, Mapping[str, object]], None
]


class Described(Protocol):
    """What a notification says of a key pair, stored or only asked for."""

    @property
    def user_id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def type(self) -> str | None: ...

    @property
    def fingerprint(self) -> str | None: ...

    @property
    def public_key(self) -> str | None: ...


class Subject(NamedTuple):
    """What an action is asked to do, before there is a stored key pair."""

    user_id: str
    name: str
    type: str | None
    public_key: str | None
    fingerprint: str | None = None


class Action(Protocol):
    """One action under way."""

    def start(self) -> None:
        """Tell that the work begins; the quota has been looked at."""

    def found(self, keypair: Described) -> None:
        """Tell which key pair is about to be deleted."""

    def end(self, keypair: Described) -> None:
        """Tell that it is done, and to which key pair."""


class Notifier(Protocol):
    """Tells of actions."""

    enabled: bool

    def action(
        self,
        context: oslo_context.RequestContext,
        name: str,
        subject: Subject,
    ) -> contextlib.AbstractContextManager[Action]:
        """Return an action; an error that leaves its block is told too.

        :param name: ``create``, ``import`` or ``delete``.
        """


class _SilentAction:
    def start(self) -> None:
        """Say nothing."""

    def found(self, keypair: Described) -> None:
        """Say nothing."""

    def end(self, keypair: Described) -> None:
        """Say nothing."""


class SilentNotifier:
    """Tells nobody."""

    enabled = False

    def __init__(self) -> None:
        self._action = contextlib.nullcontext(_SilentAction())

    def action(
        self,
        context: oslo_context.RequestContext,
        name: str,
        subject: Subject,
    ) -> contextlib.AbstractContextManager[Action]:
        return self._action


class BusNotifier:
    """Tells the message bus, in Nova's words and in Nova's order.

    :param legacy: oslo.messaging's notifier for unversioned notifications.
    :param versioned: the one for versioned notifications.
    """

    enabled = True

    def __init__(self, legacy: Any, versioned: Any) -> None:
        self._legacy = legacy
        self._versioned = versioned

    def action(
        self,
        context: oslo_context.RequestContext,
        name: str,
        subject: Subject,
    ) -> contextlib.AbstractContextManager[Action]:
        return _BusAction(
            self._legacy, self._versioned, context, name, subject
        )


class _BusAction:
    """An action that everybody on the bus hears of."""

    def __init__(
        self,
        legacy: Any,
        versioned: Any,
        context: oslo_context.RequestContext,
        name: str,
        subject: Subject,
    ) -> None:
        self._legacy = legacy
        self._versioned = versioned
        self._context = context
        self._name = name
        self._subject = subject

    def __enter__(self) -> Action:
        return self

    def start(self) -> None:
        self._tell_legacy('start')
        # Of what is to be deleted only the name is known yet.
        if self._name != 'delete':
            self._tell_versioned('start', self._subject)

    def found(self, keypair: Described) -> None:
        self._tell_versioned('start', keypair)

    def end(self, keypair: Described) -> None:
        self._tell_versioned('end', keypair)
        self._tell_legacy('end')

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        if not isinstance(error, Exception):
            return
        payload = {
            'exception': _legacy_error(error),
            'args': _arguments(self._name, self._subject),
        }
        self._send(self._legacy.error, f'{self._name}_key_pair', payload)
        self._send(
            self._versioned.error, 'compute.exception', _versioned_error(error)
        )

    def _tell_legacy(self, phase: str) -> None:
        payload = {
            'tenant_id': self._context.project_id,
            'user_id': self._context.user_id,
            'key_name': self._subject.name,
        }
        self._send(self._legacy.info, f'keypair.{self._name}.{phase}', payload)

    def _tell_versioned(self, phase: str, keypair: Described) -> None:
        self._send(
            self._versioned.info,
            f'keypair.{self._name}.{phase}',
            _keypair_payload(keypair),
        )

    def _send(
        self, method: _Method, event_type: str, payload: Mapping[str, object]
    ) -> None:
        # oslo.messaging logs what goes wrong on the bus. This is for what
        # goes wrong before, such as a context it cannot copy: the key pair
        # is worth more than the notification.
        try:
            method(self._context, event_type, payload)
        except Exception:
            LOG.exception('Could not send notification %s', event_type)


def _keypair_payload(keypair: Described) -> dict[str, object]:
    return _versioned_object(
        'KeypairPayload',
        '1.0',
        {
            'user_id': keypair.user_id,
            'name': keypair.name,
            'fingerprint': keypair.fingerprint,
            'public_key': _public(keypair.public_key),
            'type': keypair.type,
        },
    )


def _versioned_object(
    name: str, version: str, data: Mapping[str, object]
) -> dict[str, object]:
    """Return what oslo.versionedobjects makes of one of Nova's objects."""
    return {
        'nova_object.name': name,
        'nova_object.namespace': 'nova',
        'nova_object.version': version,
        'nova_object.data': data,
    }


# What private keys contain and public keys do not: PEM and the two formats of
# ssh.com; PuTTY; OpenSSH's, also without its first line.
_PRIVATE = re.compile(
    r'PRIVATE KEY( FILE| ?----)'
    r'|PuTTY-User-Key-File-|Private-Lines:'
    r'|b3BlbnNzaC1rZXktdjE'
)


def _public(text: str | None) -> str | None:
    """Return the text, or ``***`` if there is a private key in it.

    People do send the wrong file. Nova puts on the bus what they sent,
    before it looks at it.
    """
    return '***' if text and _PRIVATE.search(text) else text


class _NovaError(NamedTuple):
    """How Nova's exception for the same failure describes itself.

    :param fields: the names of its fields, and of ours with their values.
    """

    name: str
    code: int
    fields: Mapping[str, str]


_NOVA_ERRORS: dict[type[Exception], _NovaError] = {
    exception.Forbidden: _NovaError('Forbidden', 403, {}),
    exception.InvalidKey: _NovaError(
        'InvalidKeypair', 400, {'reason': 'reason'}
    ),
    exception.KeypairExists: _NovaError(
        'KeyPairExists', 500, {'key_name': 'name'}
    ),
    exception.KeypairNotFound: _NovaError(
        'KeypairNotFound', 404, {'user_id': 'user_id', 'name': 'name'}
    ),
    exception.QuotaExceeded: _NovaError('KeypairLimitExceeded', 413, {}),
}


def _arguments(name: str, subject: Subject) -> dict[str, object]:
    """Return the arguments of Nova's method for an action, in its order."""
    arguments: dict[str, object] = {
        'user_id': subject.user_id,
        'key_name': subject.name,
    }
    if name == 'import':
        arguments['public_key'] = _public(subject.public_key)
    if name != 'delete':
        arguments['key_type'] = subject.type
    return arguments


def _legacy_error(error: Exception) -> str | None:
    """Return an error as text, in the form that Nova's exceptions have."""
    nova = _NOVA_ERRORS.get(type(error))
    if nova is None or not isinstance(error, exception.KeypairExtError):
        return _public(repr(error))
    fields = {
        theirs: error.fields[ours] for theirs, ours in nova.fields.items()
    }
    description = {
        'kwargs': {**fields, 'code': nova.code},
        'message': str(error),
        'class': nova.name,
    }
    return _public(str(description))


def _versioned_error(error: Exception) -> dict[str, object]:
    """Return the payload ``ExceptionPayload`` for an error being handled."""
    nova = _NOVA_ERRORS.get(type(error))
    *_, (frame, _line) = traceback.walk_tb(error.__traceback__)
    return _versioned_object(
        'ExceptionPayload',
        '1.1',
        {
            'module_name': frame.f_globals.get('__name__', 'unknown'),
            'function_name': frame.f_code.co_name,
            'exception': nova.name if nova else type(error).__name__,
            'exception_message': _public(str(error)),
            'traceback': _public(','.join(traceback.format_exception(error))),
        },
    )


class _Serializer:
    """Turns a context into what Nova's contexts look like on the bus."""

    def serialize_entity(
        self, context: oslo_context.RequestContext, entity: object
    ) -> object:
        return entity

    def serialize_context(
        self, context: oslo_context.RequestContext
    ) -> dict[str, Any]:
        # Not every oslo.messaging takes the token out before it asks us.
        safe = context.redacted_copy()
        values = safe.to_dict()
        nova_adds: dict[str, Any] = {
            'user_id': safe.user_id,
            'read_deleted': 'no',
            'remote_address': None,
            'timestamp': timeutils.utcnow().isoformat(timespec='microseconds'),
            'quota_class': None,
            'user_name': safe.user_name,
            'service_catalog': [],
            'project_name': safe.project_name,
        }
        return values | nova_adds | values


def load(conf: cfg.ConfigOpts) -> Notifier:
    """Return whom to tell, as the configuration says.

    :raises ConfigurationError: notifications are on, and cannot be sent.
    """
    drivers = keypair_conf.notification_drivers(conf)
    if not set(drivers) - {'', 'noop'}:
        return SilentNotifier()
    try:
        import oslo_messaging
    except ImportError as error:
        raise exception.ConfigurationError(
            reason=f'[oslo_messaging_notifications] driver is '
            f'{", ".join(drivers)}, and oslo.messaging is not installed: '
            f'pip install keypair-ext[notifications]'
        ) from error
    try:
        return _bus_notifier(conf, oslo_messaging)
    except (oslo_messaging.MessagingException, cfg.Error) as error:
        raise exception.ConfigurationError(
            reason=f'Notifications cannot be sent as '
            f'[oslo_messaging_notifications] says: {error}'
        ) from error


def _bus_notifier(conf: cfg.ConfigOpts, messaging: Any) -> BusNotifier:
    transport = _transport(conf, messaging)
    wanted = conf.notifications.notification_format
    legacy = messaging.Notifier(
        transport,
        publisher_id=f'api.{conf.host}',
        driver='noop' if wanted == 'versioned' else None,
        serializer=_Serializer(),
    )
    versioned = messaging.Notifier(
        transport,
        publisher_id=f'nova-api:{conf.host}',
        driver='noop' if wanted == 'unversioned' else None,
        serializer=_Serializer(),
        topics=conf.notifications.versioned_notifications_topics,
    )
    return BusNotifier(legacy, versioned)


def _transport(conf: cfg.ConfigOpts, messaging: Any) -> Any:
    """Return the way to the bus, without going it yet."""
    # Only this registers the options of the two lines that follow.
    messaging.TransportURL(conf)
    if keypair_conf.is_ours(conf):
        # The consumers of Nova's notifications listen to Nova's exchange.
        conf.set_default('control_exchange', 'nova')
    return messaging.get_notification_transport(conf)
