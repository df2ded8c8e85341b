# SPDX-License-Identifier: Apache-2.0

"""Builds requests as a certain user, for the areas to be short to read."""

import dataclasses
import functools
import json
from dataclasses import dataclass
from urllib import parse as urlparse

from keypair_ext.tests.functional.conformance.wire import Request

Headers = tuple[tuple[str, str], ...]

COLLECTION = '/os-keypairs'
PROJECT = 'aaaa'
V21 = '/v2.1'
V2 = '/v2'

# Shared by all the servers that are compared, for it is in links.
HOST = 'compute.example.org:8774'

VERSION = 'OpenStack-API-Version'
LEGACY_VERSION = 'X-OpenStack-Nova-API-Version'


@dataclass(frozen=True)
class Caller:
    """Somebody who asks.

    :param user: None for nobody, a request without a token.
    :param project: None for a token without one.
    :param extra: further headers of each request.
    """

    user: str | None
    project: str | None = PROJECT
    roles: tuple[str, ...] = ('member', 'reader')
    extra: Headers = ()

    def admin(self) -> 'Caller':
        """Return the same user as an administrator."""
        return dataclasses.replace(self, roles=('admin', *self.roles))

    def other(self, suffix: str) -> 'Caller':
        """Return another user, with key pairs of its own."""
        return dataclasses.replace(self, user=f'{self.user}-{suffix}')

    def send(
        self,
        name: str,
        method: str,
        path: str,
        version: str | None = None,
        *,
        root: str = V21,
        headers: Headers = (),
        body: bytes | None = None,
        content_type: str | None = 'application/json',
        host: str | None = HOST,
        protocol: str = 'HTTP/1.1',
    ) -> Request:
        """Return a request.

        :param path: below ``root``, escaped already.
        :param version: of ``OpenStack-API-Version``.
        :param headers: beside those for host, identity, version and body.
        :param content_type: sent with a body only; None for none.
        """
        sent = [*headers]
        if host is not None:
            sent.insert(0, ('Host', host))
        sent += self._identity()
        if version is not None:
            sent.append((VERSION, f'compute {version}'))
        if body is not None:
            if content_type is not None:
                sent.append(('Content-Type', content_type))
            if not any(n.lower() == 'content-length' for n, _ in headers):
                sent.append(('Content-Length', str(len(body))))
        return Request(
            name, method, root + path, tuple(sent), body or b'', protocol
        )

    def _identity(self) -> Headers:
        identity = [*self.extra]
        if self.user is not None:
            identity.append(('X-User-Id', self.user))
            identity.append(('X-Roles', ','.join(self.roles)))
            if self.project is not None:
                identity.append(('X-Project-Id', self.project))
        return tuple(identity)

    # The four operations

    def list(
        self,
        name: str,
        version: str | None = None,
        query: str = '',
        root: str = V21,
    ) -> Request:
        """Return a request for the key pairs."""
        return self.send(name, 'GET', COLLECTION + query, version, root=root)

    def _item(
        self,
        method: str,
        name: str,
        keypair: str,
        version: str | None = None,
        query: str = '',
        root: str = V21,
    ) -> Request:
        path = item(keypair) + query
        return self.send(name, method, path, version, root=root)

    # Requests for one key pair.
    show = functools.partialmethod(_item, 'GET')
    delete = functools.partialmethod(_item, 'DELETE')

    def create(
        self,
        title: str,
        /,
        version: str | None = None,
        root: str = V21,
        **members: object,
    ) -> Request:
        """Return a request for a new key pair.

        :param members: of the object ``keypair`` in the body.
        """
        return self.post(title, {'keypair': members}, version, root)

    def post(
        self,
        name: str,
        document: object,
        version: str | None = None,
        root: str = V21,
        headers: Headers = (),
    ) -> Request:
        """Return a POST of any document to the collection."""
        return self.send(
            name,
            'POST',
            COLLECTION,
            version,
            root=root,
            headers=headers,
            body=_encode(document),
        )


def _encode(document: object) -> bytes:
    """Return JSON without escapes, but for what UTF-8 has no bytes for."""
    try:
        return json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(document).encode()


def item(keypair: str) -> str:
    """Return the path of a key pair, all of its name escaped."""
    quoted = urlparse.quote(keypair, safe='', errors='surrogatepass')
    return f'{COLLECTION}/{quoted}'
