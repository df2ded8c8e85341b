# SPDX-License-Identifier: Apache-2.0

"""Whom to tell of what happens to key pairs: the message bus, or nobody.

Nothing here imports oslo.messaging unless notifications are on.
"""

import contextlib
import dataclasses
import importlib.metadata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_log import log as logging

from keypair_ext import conf as keypair_conf, config_files, exception, files
from keypair_ext.notifications import nova
from keypair_ext.notifications.nova import HIDDEN, Described, Subject

__all__ = (
    'HIDDEN',
    'Action',
    'BusNotifier',
    'Described',
    'Notifier',
    'Subject',
    'load',
)

LOG = logging.getLogger(__name__)

# One of oslo.messaging's: takes a context, the type of event, the payload.
_Method = Callable[
    [oslo_context.RequestContext, str, Mapping[str, object]], None
]


class Action:
    """One action under way, of which nobody is told."""

    def start(self) -> None:
        """Tell that the work begins; the quota has been looked at."""

    def found(self, keypair: Described) -> None:
        """Tell which key pair is about to be deleted."""

    def end(self, keypair: Described) -> None:
        """Tell that it is done, and to which key pair."""


class Notifier:
    """Tells nobody."""

    enabled = False

    def action(
        self,
        context: oslo_context.RequestContext,
        name: str,
        subject: Subject,
    ) -> contextlib.AbstractContextManager[Action]:
        """Return an action; an error that leaves its block is told too.

        :param name: ``create``, ``import`` or ``delete``.
        """
        return contextlib.nullcontext(Action())


class BusNotifier(Notifier):
    """Tells the message bus, in Nova's words and in Nova's order.

    :param legacy: oslo.messaging's notifier for unversioned notifications.
    :param versioned: the one for versioned notifications.
    """

    enabled = True

    def __init__(self, legacy: Any, versioned: Any) -> None:
        self._legacy = legacy
        self._versioned = versioned

    @contextlib.contextmanager
    def action(
        self,
        context: oslo_context.RequestContext,
        name: str,
        subject: Subject,
    ) -> Iterator[Action]:
        action = _BusAction(
            self._legacy, self._versioned, context, name, subject
        )
        try:
            yield action
        except Exception as error:
            action.failed(error)
            raise


@dataclasses.dataclass
class _BusAction(Action):
    """An action that everybody on the bus hears of."""

    _legacy: Any
    _versioned: Any
    _context: oslo_context.RequestContext
    _name: str
    _subject: Subject

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

    def failed(self, error: Exception) -> None:
        """Tell that it ended in an error."""
        payload = {
            'exception': nova.legacy_error(error),
            'args': nova.arguments(self._name, self._subject),
        }
        self._send(self._legacy.error, f'{self._name}_key_pair', payload)
        self._send(
            self._versioned.error,
            'compute.exception',
            nova.versioned_error(error),
        )

    def _tell_legacy(self, phase: str) -> None:
        self._send(
            self._legacy.info,
            f'keypair.{self._name}.{phase}',
            nova.legacy_payload(self._context, self._subject),
        )

    def _tell_versioned(self, phase: str, keypair: Described) -> None:
        self._send(
            self._versioned.info,
            f'keypair.{self._name}.{phase}',
            nova.keypair_payload(keypair),
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


def load(conf: cfg.ConfigOpts) -> Notifier:
    """Return whom to tell, as the configuration says.

    :raises ConfigurationError: notifications are on, and cannot be sent.
    """
    drivers = config_files.notification_drivers(conf)
    if not set(drivers) - {'', 'noop'}:
        return Notifier()
    try:
        import oslo_messaging
    except ImportError as error:
        raise exception.ConfigurationError(
            reason=f'[oslo_messaging_notifications] driver is '
            f'{", ".join(drivers)}, and oslo.messaging is not installed: '
            "pip install 'keypair-ext[notifications]'"
        ) from error
    try:
        made = _bus_notifier(conf, oslo_messaging)
    except (oslo_messaging.MessagingException, cfg.Error) as error:
        raise exception.ConfigurationError(
            reason=f'Notifications cannot be sent as '
            f'[oslo_messaging_notifications] says: {error}'
        ) from error
    for sentence in _mistakes(conf, drivers):
        # Inside a Nova its own notifications are missing as well.
        if keypair_conf.is_ours(conf):
            raise exception.ConfigurationError(reason=sentence)
        LOG.error(sentence)
    return made


def _mistakes(conf: cfg.ConfigOpts, names: list[str]) -> Iterator[str]:
    """Yield why nobody is notified, where oslo.messaging says nothing."""
    known = importlib.metadata.entry_points(
        group='oslo.messaging.notify.drivers'
    ).names
    unknown = sorted(set(names) - {'', *known})
    if unknown:
        yield (
            f'[oslo_messaging_notifications] driver {", ".join(unknown)} is '
            f'not known, and nobody is notified by it. Use one of: '
            f'{", ".join(sorted(known))}.'
        )
    if 'routing' in names:
        # The driver reads no other configuration.
        path = cfg.CONF.oslo_messaging_notifications.routing_config
        try:
            files.read(path)
        except exception.ConfigurationError as error:
            yield (
                f'[oslo_messaging_notifications] driver is routing, and '
                f'nobody is notified by it: routing_config = {error}'
            )
    wanted = conf.notifications.notification_format
    for group, option, other in (
        ('oslo_messaging_notifications', 'topics', 'versioned'),
        ('notifications', 'versioned_notifications_topics', 'unversioned'),
    ):
        on_bus = wanted != other and {*names} & {'messaging', 'messagingv2'}
        if on_bus and not conf[group][option]:
            yield (
                f'[{group}] {option} is empty, and so nobody is notified: '
                f'name a topic, or take the line out.'
            )


def _bus_notifier(conf: cfg.ConfigOpts, messaging: Any) -> BusNotifier:
    """Return who tells the bus, without going there yet."""
    # Only this registers the options that follow.
    messaging.TransportURL(conf)
    if keypair_conf.is_ours(conf):
        # The consumers of Nova's notifications listen to Nova's exchange.
        conf.set_default('control_exchange', 'nova')
    bus = transport(conf, messaging)
    if keypair_conf.is_ours(conf):
        # oslo.messaging's default has clients wait until the bus is back.
        conf.set_default('retry', 0, group='oslo_messaging_notifications')
    wanted = conf.notifications.notification_format
    legacy = messaging.Notifier(
        bus,
        publisher_id=f'api.{conf.host}',
        driver='noop' if wanted == 'versioned' else None,
        serializer=nova.Serializer(),
    )
    versioned = messaging.Notifier(
        bus,
        publisher_id=f'nova-api:{conf.host}',
        driver='noop' if wanted == 'unversioned' else None,
        serializer=nova.Serializer(),
        topics=conf.notifications.versioned_notifications_topics,
    )
    return BusNotifier(legacy, versioned)


def transport(conf: cfg.ConfigOpts, messaging: Any) -> Any:
    """Return the bus that ``transport_url`` names.

    :param messaging: the module ``oslo_messaging``.
    :raises ConfigurationError: the URL cannot be read.
    """
    try:
        return messaging.get_notification_transport(conf)
    except ValueError:
        # The error shows the part that is no port, which may be of a password.
        raise exception.ConfigurationError(
            reason='transport_url cannot be read: a port is a number; in the '
            'user name and the password write %2F for a /, %23 for a #, %3F '
            'for a ? and %40 for an @; and parameters have the values that '
            'their driver knows.'
        ) from None
