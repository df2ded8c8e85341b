# SPDX-License-Identifier: Apache-2.0

"""What the Identity imitation refuses, in Keystone's statuses and shape."""

import http.client
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from keypair_ext import exception
from keypair_ext.testbed.server import Answer, document


class Refused(Exception):
    """A request is refused.

    :param status: of the answer.
    :param message: what is wrong, and what to do.
    :param identity: what Keystone says beside it of some ways to log in.
    """

    def __init__(
        self,
        status: int,
        message: str,
        identity: dict[str, list[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self._identity = identity

    def answer(self, url: str) -> Answer:
        """Return the answer that tells of it.

        :param url: of the Identity service.
        """
        challenge = [('WWW-Authenticate', f'Keystone uri="{url}"')]
        return error(
            self.status,
            str(self),
            challenge if self.status == 401 else (),
            {} if self._identity is None else {'identity': self._identity},
        )


def error(
    status: int,
    message: str,
    headers: Sequence[tuple[str, str]] = (),
    more: Mapping[str, object] = MappingProxyType({}),
) -> Answer:
    """Return an error of Identity, whose shape is also ``auth_token``'s."""
    title = http.client.responses.get(status, 'Unknown')
    told = {'code': status, 'title': title, 'message': message}
    return document(status, {'error': {**told, **more}}, headers)


def malformed(what: str) -> Refused:
    """Return the refusal of a request that lacks something."""
    return Refused(400, f'The request is malformed: {what}.')


def unauthenticated(
    message: str = exception.NotAuthenticated.message,
    identity: dict[str, list[str]] | None = None,
) -> Refused:
    """Return the refusal of whoever is not known.

    As with Keystone it does not say whether the name or the password is
    wrong, or whether it is the project that is not there.
    """
    return Refused(401, message, identity)


def forbidden(action: str) -> Refused:
    """Return the refusal of what others may do."""
    return Refused(403, f'The policy does not let you do {action}.')


def not_found(kind: str, name: str) -> Refused:
    """Return the refusal of what is not there."""
    return Refused(404, f'There is no {kind} {name}.')
