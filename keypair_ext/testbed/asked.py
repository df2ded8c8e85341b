# SPDX-License-Identifier: Apache-2.0

"""A request to Identity, and how its answers name and link what there is."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from keypair_ext.testbed.cloud import Cloud, Document, Token
from keypair_ext.testbed.refusals import malformed, not_found
from keypair_ext.testbed.server import Answer, Request, document


@dataclass(frozen=True)
class Asked:
    """A request to Identity, and all that is needed to answer it.

    :ivar base: the server's URL, as the client knows it.
    :ivar names: what the path has in the places of its route.
    """

    cloud: Cloud
    request: Request
    base: str
    caller: Token
    names: dict[str, str]

    @property
    def url(self) -> str:
        """The URL of Identity, without a slash at its end."""
        return f'{self.base}/identity/v3'

    @property
    def body(self) -> Any:
        """The document that was sent.

        :raises Refused: it is none.
        """
        try:
            return json.loads(self.request.body or b'{}')
        except ValueError as error:
            raise malformed('its body is not JSON') from error

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the query, None where it is not there."""
        return self.request.query.get(name, [None])[-1]


def short(resource: Document) -> Document:
    """Return what names a resource among others."""
    return {'id': resource['id'], 'name': resource['name']}


def with_domain(cloud: Cloud, resource: Document) -> Document:
    """Return what names a resource everywhere."""
    domain = cloud.domains[resource['domain_id']]
    return {**short(resource), 'domain': short(domain)}


def get(resources: dict[str, Document], kind: str, name: str) -> Document:
    """Return the resource with an id.

    :raises Refused: there is none.
    """
    found = resources.get(name)
    if found is None:
        raise not_found(kind, name)
    return found


def linked(asked: Asked, path: str, resource: Document) -> Document:
    """Return a resource with the link to itself.

    :param path: of all of its kind, behind Identity's own.
    """
    link = f'{asked.url}/{path}/{resource["id"]}'
    return {**resource, 'links': {'self': link}}


def collection(
    asked: Asked, path: str, resources: Iterable[Document]
) -> Answer:
    """Answer with those resources that the query asks for.

    :param path: of all of its kind, behind Identity's own.
    """
    wanted = {
        key: value.casefold()
        for key in ('name', 'domain_id', 'enabled', 'parent_id')
        if (value := asked.parameter(key)) is not None
    }
    found = [
        linked(asked, path, resource)
        for resource in resources
        if all(
            str(resource.get(key, value)).casefold() == value
            for key, value in wanted.items()
        )
    ]
    return listed(asked, path.rpartition('/')[2], found)


def listed(asked: Asked, key: str, found: Sequence[Document]) -> Answer:
    """Answer with a list."""
    address = asked.request.target.removeprefix('/identity/v3')
    links = {'next': None, 'self': asked.url + address, 'previous': None}
    return document(200, {key: found, 'links': links})
