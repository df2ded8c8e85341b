# SPDX-License-Identifier: Apache-2.0

"""All of Identity that a client asks for where it needs no token."""

import json
from collections.abc import Iterable
from wsgiref import util as wsgi_util
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext.middleware.context import identity


def app_factory(
    global_conf: dict[str, str], **local_conf: str
) -> WSGIApplication:
    """Build the one document of Identity that the client asks for.

    All else is forbidden, upon which it takes a user's name for the id.
    """
    return _answer


def _answer(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    if environ['PATH_INFO'].strip('/'):
        return identity.refuse_forbidden(
            environ, start_response, 'There is no Identity service here.'
        )
    links = [{'rel': 'self', 'href': wsgi_util.application_uri(environ) + '/'}]
    version = {'id': 'v3.14', 'status': 'stable', 'links': links}
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps({'version': version}).encode()]
