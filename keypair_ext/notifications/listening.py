# SPDX-License-Identifier: Apache-2.0

"""Hearing of Keystone, on its message bus, that a user was deleted."""

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging

from keypair_ext import exception, notifications

LOG = logging.getLogger(__name__)

EVENT = 'identity.user.deleted'


class Ear:
    """Listens, until it is told to stop.

    :param conf: says where the bus is, and in ``[listener]`` what to hear.
    :param deleted: is called with the id of a user, perhaps more than once
        and by several threads; the message is acknowledged afterwards, or
        sent again where it returns False.
    :raises ConfigurationError: the bus cannot be listened to.
    """

    def __init__(
        self, conf: cfg.ConfigOpts, deleted: Callable[[str], bool]
    ) -> None:
        try:
            import oslo_messaging as messaging
        except ImportError as error:
            raise exception.ConfigurationError(
                reason='oslo.messaging is not installed: pip install '
                'keypair-ext[notifications]'
            ) from error
        options = conf.listener
        try:
            self._listener = messaging.get_notification_listener(
                notifications.transport(conf, messaging),
                [
                    messaging.Target(exchange=options.exchange, topic=topic)
                    for topic in options.topics
                ],
                [_Endpoint(messaging, deleted)],
                executor='threading',
                allow_requeue=True,
                pool=options.pool,
            )
        except (messaging.MessagingException, cfg.Error) as error:
            raise exception.ConfigurationError(
                reason=f'The message bus cannot be listened to: {error}'
            ) from error
        self._starting = threading.Thread(target=self._start, daemon=True)
        self.failure: Exception | None = None

    def start(self) -> None:
        """Begin; a broker that is away is waited for meanwhile."""
        self._starting.start()

    def _start(self) -> None:
        try:
            self._listener.start()
        except Exception as error:
            # The bus of each driver raises errors of its own.
            LOG.exception('Cannot listen to the message bus')
            self.failure = error

    def stop(self) -> None:
        """Finish what is under way, and end."""
        # It never returns where the broker was never there.
        if not self._starting.is_alive() and self.failure is None:
            self._listener.stop()
            self._listener.wait()


class _Endpoint:
    """What oslo.messaging calls for each message of the priority info."""

    def __init__(self, messaging: Any, deleted: Callable[[str], bool]) -> None:
        self.filter_rule = messaging.NotificationFilter(
            event_type=f'^{re.escape(EVENT)}$'
        )
        self._again = messaging.NotificationResult.REQUEUE
        self._deleted = deleted

    def info(
        self,
        context: object,
        publisher_id: str,
        event_type: str,
        payload: object,
        metadata: object,
    ) -> str | None:
        """Tell of a user, and acknowledge the message afterwards."""
        user_id = deleted_user(payload)
        if user_id is None:
            LOG.warning('A notification %s names no user', event_type)
        elif not self._deleted(user_id):
            return str(self._again)
        return None


def deleted_user(payload: object) -> str | None:
    """Return the user of whom a payload says that it was deleted.

    :param payload: in Keystone's basic format, or in that of CADF, where
        ``outcome`` can be a failure.
    """
    if not isinstance(payload, Mapping):
        return None
    if payload.get('outcome', 'success') != 'success':
        return None
    user_id = payload.get('resource_info')
    return user_id if isinstance(user_id, str) and user_id else None
