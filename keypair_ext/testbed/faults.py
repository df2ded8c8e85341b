# SPDX-License-Identifier: Apache-2.0

"""Faults that are asked for: which requests go wrong, and how."""

import dataclasses
import re
import threading
from typing import Any

from keypair_ext import exception
from keypair_ext.api.faults import DEFAULT_NAME, NAMES
from keypair_ext.testbed import refusals
from keypair_ext.testbed.server import Answer, Request, document

# What a client sees of Compute's statuses that the package itself never has.
_NAMES = {**NAMES, 429: 'overLimit'}


@dataclasses.dataclass
class Fault:
    """What goes wrong, and for which requests.

    At least one of ``status``, ``delay``, ``cut`` and ``truncate`` is given.

    :ivar status: answered in place of what was asked, which does not happen.
    :ivar method: None for any.
    :ivar path: a regular expression that is searched for in the path.
    :ivar service: the first part of its path, such as ``compute``; None for
        any.
    :ivar nth: which of the matching requests is the first to meet it.
    :ivar times: how many of them meet it; None for all that follow.
    :ivar retry_after: the header of the answer, in seconds.
    :ivar delay: the seconds by which an answer is late.
    :ivar cut: the connection is closed without an answer, and what was asked
        does not happen.
    :ivar truncate: it happens, and half of the answer's body is lost.
    """

    status: int | None = None
    method: str | None = None
    path: str = ''
    service: str | None = None
    nth: int = 1
    times: int | None = 1
    retry_after: int | None = None
    delay: float = 0
    cut: bool = False
    truncate: bool = False
    seen: int = 0

    def __post_init__(self) -> None:
        if not (self.status or self.delay or self.cut or self.truncate):
            raise _mistake('it needs a status, delay, cut or truncate')
        if self.status is not None and not 400 <= self.status <= 599:
            raise _mistake('status has to be one of an error, 400 to 599')
        if self.delay < 0:
            raise _mistake('delay has to be a number of seconds')
        if self.nth < 1 or (self.times is not None and self.times < 1):
            raise _mistake('nth and times count from 1')
        try:
            re.compile(self.path)
        except re.error as error:
            raise _mistake(f'path is no regular expression: {error}') from None

    def meets(self, request: Request, service: str) -> bool:
        """Count a request if it matches; say whether it goes wrong."""
        if (
            self.method not in (None, request.method)
            or self.service not in (None, service)
            or not re.search(self.path, request.path)
        ):
            return False
        self.seen += 1
        last = None if self.times is None else self.nth + self.times
        return self.nth <= self.seen and (last is None or self.seen < last)

    def answer(self, service: str, url: str) -> Answer | None:
        """Return the answer with the status, None where there is none.

        :param url: of the Identity service.
        """
        if self.status is None:
            return None
        headers = (
            []
            if self.retry_after is None
            else [('Retry-After', str(self.retry_after))]
        )
        message = 'The test bed was asked for this fault.'
        if self.status == 401:
            # So it is when a token has expired.
            headers.append(('WWW-Authenticate', f'Keystone uri="{url}"'))
        if self.status == 401 or service != 'compute':
            return refusals.error(self.status, message, headers)
        fault: dict[str, Any] = {'code': self.status, 'message': message}
        if self.retry_after is not None and self.status in (413, 429):
            fault['retryAfter'] = str(self.retry_after)
        name = _NAMES.get(self.status, DEFAULT_NAME)
        return document(self.status, {name: fault}, headers)


class Faults:
    """All faults that were asked for; of several a request meets the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Have requests go wrong from now on."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Have no request go wrong."""
        with self._lock:
            self._faults.clear()

    def all(self) -> list[Fault]:
        """Return them in the order in which they were asked for."""
        with self._lock:
            return list(self._faults)

    def meet(self, request: Request, service: str) -> Fault | None:
        """Return the fault that a request meets. All of them count it."""
        with self._lock:
            met = [f for f in self._faults if f.meets(request, service)]
        return met[0] if met else None


def from_document(given: object) -> Fault:
    """Return the fault that a JSON document describes.

    :raises ConfigurationError: it describes none.
    """
    fields = {field.name: field.type for field in dataclasses.fields(Fault)}
    del fields['seen']
    if not isinstance(given, dict) or not given.keys() <= fields.keys():
        raise _mistake(f'it is an object with some of {", ".join(fields)}')
    try:
        return Fault(**given)
    except TypeError as error:
        raise _mistake(str(error)) from None


def _mistake(what: str) -> exception.ConfigurationError:
    return exception.ConfigurationError(reason=f'No such fault: {what}.')
