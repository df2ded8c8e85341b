# SPDX-License-Identifier: Apache-2.0

"""One HTTP call, by the standard library alone, for the servers' set-up."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, Self

# No proxy of the environment is asked: all our servers are on loopback. Made
# once, because from Python 3.12 on each reads the system's certificates.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """Return the body's document."""
        return json.loads(self.body)

    def expect(self, *statuses: int) -> Self:
        """Return this answer; :raises AssertionError: for other statuses."""
        if self.status not in statuses:
            text = self.body.decode(errors='replace')
            raise AssertionError(f'{self.status}, not {statuses}: {text}')
        return self


def call(
    method: str,
    url: str,
    document: object = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> Answer:
    """Send a request, with a JSON document if there is one."""
    request = urllib.request.Request(url, method=method)
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    if document is not None:
        request.data = json.dumps(document).encode()
        request.add_header('Content-Type', 'application/json')
    try:
        with _OPENER.open(request, timeout=timeout) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())
