# SPDX-License-Identifier: Apache-2.0

"""The one document of an Identity service that a client asks for."""

import json
from collections.abc import Iterable
from wsgiref import util as wsgi_util
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext.middleware.context import identity


def app_factory(
    global_conf: dict[str, str], **local_conf: str
) -> WSGIApplication:
    """Build the one document of Identity that the client asks for.

    python-openstackclient looks for the version of an Identity service even
    where it needs no token. All else is forbidden, upon which it takes a
    user's name for the id, as ours are.
    """
    return _answer


def _answer(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    if environ['PATH_INFO'].strip('/'):
        return identity.refuse_forbidden(
            environ, start_response, 'There is no Identity service here.'
        )
    url = wsgi_util.application_uri(environ)
    document = {
        'version': {
            'id': 'v3.14',
            'status': 'stable',
            'updated': '2020-04-07T00:00:00Z',
            'links': [{'rel': 'self', 'href': f'{url}/'}],
            'media-types': [],
        }
    }
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps(document).encode()]
