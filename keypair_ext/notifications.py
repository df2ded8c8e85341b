# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Telling the message bus what happens to key pairs, as Nova tells it.

Nothing here imports oslo.messaging unless notifications are on.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from oslo_config import cfg
from oslo_context import context as oslo_context


class Subject(NamedTuple):
    """What a notification is about, before there is a stored key pair."""

    user_id: str
    name: str
    type: str | None
    public_key: str | None
    fingerprint: str | None = None


class Action:
    """One action under way; ``subject`` becomes the stored key pair."""

    def __init__(self, subject: Any) -> None:
        self.subject = subject

    def found(self, keypair: Any) -> None:
        """Take note of the key pair that is about to be deleted."""
        self.subject = keypair


class Notifier(Protocol):
    """Tells of actions."""

    enabled: bool

    def action(
        self,
        context: oslo_context.RequestContext,
        name: str,
        subject: Subject,
    ) -> contextlib.AbstractContextManager[Action]:
        """Tell of the start of an action and, when the block ends, its end.

        :param name: ``create``, ``import`` or ``delete``; the block of a
            delete calls :meth:`Action.found` before it deletes.
        """


class SilentNotifier:
    """Tells nobody."""

    enabled = False

    @contextlib.contextmanager
    def action(
        self,
        context: oslo_context.RequestContext,
        name: str,
        subject: Subject,
    ) -> Iterator[Action]:
        yield Action(subject)


def load(conf: cfg.ConfigOpts) -> Notifier:
    """Return whom to tell, as the configuration says."""
    return SilentNotifier()
