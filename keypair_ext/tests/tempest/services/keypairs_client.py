# SPDX-License-Identifier: Apache-2.0

"""A client that hands over any answer, refusals too, with its headers.

Tempest's own client takes the version from the test class and raises for
refusals; here both are what is tested.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib import parse as urlparse

from tempest.lib.common import rest_client

COLLECTION = 'os-keypairs'
VERSION_HEADER = 'OpenStack-API-Version'


class Answer(NamedTuple):
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def document(self) -> Any:
        """The body's document."""
        return json.loads(self.text)

    @property
    def keypair(self) -> dict[str, Any]:
        """The key pair in the body."""
        keypair: dict[str, Any] = self.document['keypair']
        return keypair

    @property
    def names(self) -> list[str]:
        """The names in a list, in its order."""
        return [row['keypair']['name'] for row in self.document['keypairs']]

    @property
    def fault(self) -> tuple[int, str]:
        """The status and the fault's name."""
        return self.status, next(iter(self.document))

    @property
    def message(self) -> str:
        """What the fault tells the caller."""
        return str(next(iter(self.document.values()))['message'])


class KeypairsClient(rest_client.RestClient):
    """Asks os-keypairs as one user."""

    def call(
        self,
        method: str,
        path: str = COLLECTION,
        *,
        version: str | None = None,
        document: object = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        """Send a request.

        :param path: below the endpoint, or a whole URL, as in links.
        :param version: the microversion to ask for; None asks for none.
        :param document: the body.
        :param headers: more of them; they win.
        """
        sent = self.get_headers()
        if version is not None:
            sent[VERSION_HEADER] = f'compute {version}'
        sent.update(headers or {})
        if query:
            path = f'{path}?{urlparse.urlencode(query, doseq=True)}'
        body = None if document is None else json.dumps(document)
        url, sent, body = self.auth_provider.auth_request(
            method, path, sent, body, self.filters
        )
        if path.startswith('http'):
            url = path
        response, text = self.raw_request(url, method, sent, body)
        return Answer(response.status, response, text.decode())

    def create(self, version: str | None, **fields: Any) -> Answer:
        """Ask for a new key pair."""
        return self.call('POST', version=version, document={'keypair': fields})

    def item(
        self, method: str, name: str, version: str | None, **query: Any
    ) -> Answer:
        """Show or delete a key pair."""
        path = f'{COLLECTION}/{urlparse.quote(name)}'
        return self.call(method, path, version=version, **query)
