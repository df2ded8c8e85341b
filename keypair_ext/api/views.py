# SPDX-License-Identifier: Apache-2.0

"""What answers hold: plain dictionaries made from stored key pairs."""

import datetime
from collections.abc import Sequence
from typing import Any
from urllib import parse as urlparse

from keypair_ext.api.contract import Contract, Headers
from keypair_ext.api.request import Query, Request
from keypair_ext.api.routes import COLLECTION
from keypair_ext.db.store import Keypair, ListedKeypair
from keypair_ext.keytypes import material

Document = dict[str, Any]

FINGERPRINT_HEADER = 'X-Keypair-Fingerprint'


def listed(keypairs: Sequence[ListedKeypair], contract: Contract) -> Document:
    """Return the answer to a list, without links."""
    rows = [{'keypair': _stored(keypair, contract)} for keypair in keypairs]
    if contract.shows_created_at_in_lists:
        for row, keypair in zip(rows, keypairs, strict=True):
            row['keypair']['created_at'] = _time(keypair.created_at)
    return {'keypairs': rows}


def shown(keypair: Keypair, contract: Contract) -> Document:
    """Return the answer to a show."""
    # A key pair is never soft-deleted; the fields are upstream's.
    return {
        'keypair': {
            **_stored(keypair, contract),
            'user_id': keypair.user_id,
            'created_at': _time(keypair.created_at),
            'updated_at': _time(keypair.updated_at),
            'deleted': False,
            'deleted_at': None,
            'id': keypair.id,
        }
    }


def created(
    keypair: Keypair, contract: Contract, private_key: str | None = None
) -> Document:
    """Return the answer to a create.

    :param private_key: given when the key was generated; this answer is
        the only place that ever shows it.
    """
    document = _stored(keypair, contract)
    document['user_id'] = keypair.user_id
    if contract.shows_created_at_on_create:
        document['created_at'] = _time(keypair.created_at)
    if private_key is not None:
        document['private_key'] = private_key
    return {'keypair': document}


def fingerprint_headers(keypair: Keypair, contract: Contract) -> Headers:
    """Return the header that tells the SHA-256, where that is told."""
    if not contract.sha256_in_header:
        return ()
    sha256 = material.sha256(keypair.type, keypair.public_key)
    return ((FINGERPRINT_HEADER, sha256),) if sha256 else ()


def next_link(
    request: Request, query: Query, last: ListedKeypair, prefix: str | None
) -> list[dict[str, str]]:
    """Return the link to the page after the one that ends with ``last``.

    :param query: the parameters that the version knows; kept, but for the
        marker.
    :param prefix: ``[api] compute_link_prefix``.
    """
    parameters = {name: values[-1] for name, values in sorted(query.items())}
    if 'user_id' in query:
        parameters['user_id'] = query['user_id'][0]
    parameters['marker'] = last.name
    path = [with_prefix(request.application_url(), prefix)]
    if request.route.project_id:
        path.append(request.route.project_id)
    path.append(COLLECTION)
    url = '/'.join(part.strip('/') for part in path)
    href = f'{url}?{urlparse.urlencode(parameters)}'
    return [{'rel': 'next', 'href': href}]


def with_prefix(url: str, prefix: str | None) -> str:
    """Put ``prefix`` in the place of scheme, host and port of ``url``."""
    if not prefix:
        return url
    target = urlparse.urlsplit(prefix)
    # Not urlsplit(): the host is what a client has said that it is.
    path = url.partition('://')[2].partition('/')[2]
    path = f'{target.path}/{path}'
    return urlparse.urlunsplit(
        (target.scheme, target.netloc, path, '', '')
    ).rstrip('/')


def _stored(keypair: Keypair | ListedKeypair, contract: Contract) -> Document:
    document = {
        'name': keypair.name,
        'public_key': keypair.public_key,
        'fingerprint': keypair.fingerprint,
    }
    if contract.shows_type:
        document['type'] = keypair.type
    if contract.sha256_in_body:
        # Where the key can be read.
        sha256 = material.sha256(keypair.type, keypair.public_key)
        document['fingerprint'] = sha256 or keypair.fingerprint
    return document


def _time(moment: datetime.datetime | None) -> str | None:
    """Return a UTC time as Nova writes it: microseconds, and no zone."""
    if moment is None:
        return None
    return moment.isoformat(timespec='microseconds')
