# SPDX-License-Identifier: Apache-2.0

"""What requests were seen, without the secrets in them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from wsgiref.headers import Headers

from keypair_ext.keytypes import holds_private_key
from keypair_ext.testbed.server import Request

_SECRET_HEADERS: Final = {
    'authorization',
    'x-auth-token',
    'x-service-token',
    'x-subject-token',
}
_SECRET_KEYS: Final = {'password', 'secret'}
_HIDDEN: Final = '***'


@dataclass(frozen=True)
class Record:
    """A request that was answered.

    :ivar path: with that of the service: ``/compute/v2.1/os-keypairs``.
    :ivar query: the values of each parameter.
    :ivar headers: by name, whatever the case of its letters. Of a token there
        is the beginning of its SHA-256, so that equal ones can be told.
    :ivar body: the document, text where it is not JSON, None for nothing.
    :ivar status: what was answered, None where the connection was cut.
    """

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Headers
    body: Any
    status: int | None

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**vars(self), 'headers': dict(self.headers.items())}


def record(request: Request, status: int | None) -> Record:
    """Return what is remembered of a request."""
    headers = [
        (name, _digest(value) if name.lower() in _SECRET_HEADERS else value)
        for name, value in request.headers.items()
    ]
    return Record(
        request.method,
        request.path,
        request.query,
        Headers(headers),
        _body(request.body),
        status,
    )


def _body(body: bytes) -> Any:
    if not body:
        return None
    try:
        return _without_secrets(json.loads(body))
    except ValueError:
        return _without_secrets(body.decode(errors='replace'))


def _without_secrets(value: Any, key: str = '') -> Any:
    if key in _SECRET_KEYS and not isinstance(value, dict):
        return _HIDDEN
    if isinstance(value, dict):
        return {
            name: _digest(member)
            if (key, name) == ('token', 'id')
            else _without_secrets(member, name)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(member) for member in value]
    if isinstance(value, str) and holds_private_key(value):
        return _HIDDEN
    return value


def _digest(secret: object) -> str:
    data = str(secret).encode(errors='surrogatepass')
    return f'SHA256:{hashlib.sha256(data).hexdigest()[:12]}'
