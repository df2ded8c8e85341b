# SPDX-License-Identifier: Apache-2.0

"""The version documents, which clients ask for before all else.

They need no token and answer any method. An unknown root is answered 300,
with the versions there are to choose from.
"""

import json
from collections.abc import Iterable
from typing import Any
from urllib import parse as urlparse
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
from microversion_parse import Version

from keypair_ext import exception, faults
from keypair_ext.answer import Answer
from keypair_ext.api import microversions
from keypair_ext.api.contract import Headers, fault_headers, version_headers
from keypair_ext.api.request import (
    accepted,
    check_content_type,
    parse_query,
)
from keypair_ext.api.views import with_prefix

# Not escaped in the path of a URL, as in those that WebOb makes.
_PATH_SAFE = "/~!$&'()*+,;=:@"

_MEDIA_TYPE = 'application/vnd.openstack.compute+json;version='


class Versions:
    """The documents at ``/``, ``/v2``, ``/v2.1`` and unknown roots.

    :param max_version: the newest microversion; None where there are none.
    :param link_prefix: ``[api] compute_link_prefix``.
    :param fault_table: tells errors.
    """

    def __init__(
        self,
        max_version: Version | None,
        link_prefix: str | None,
        fault_table: faults.Faults,
    ) -> None:
        self._faults = fault_table
        self._max_version = max_version
        self._link_prefix = link_prefix
        oldest, newest = (
            (str(microversions.MIN_VERSION), str(max_version))
            if max_version
            else ('', '')
        )
        self._documents = {
            '/v2': _document('v2.0', 'DEPRECATED', '', ''),
            '/v2.1': _document('v2.1', 'CURRENT', oldest, newest),
        }

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer with the document that the mount and path name."""
        answer = self._answer(webob.Request(environ))
        return answer(environ, start_response)

    def _answer(self, request: webob.Request) -> Answer:
        mount = f'/{request.script_name.rpartition("/")[2]}'
        headers: Headers = ()
        try:
            if mount == '/v2.1':
                headers = self._version_headers(request)
            check_content_type(request.environ)
            parse_query(request.environ)
        except exception.KeypairExtError as error:
            return self._faults.answer(
                error, headers or fault_headers(error, None)
            )
        if mount in self._documents:
            return self._one(request, self._documents[mount], headers)
        path = request.environ.get('PATH_INFO', '').strip('/')
        if path:
            return self._choices(request, path)
        return _told(request, 200, {'versions': self._all(request)})

    def _version_headers(self, request: webob.Request) -> Headers:
        if self._max_version is None:
            return ()
        version = microversions.negotiate(
            microversions.requested(request.environ), self._max_version
        )
        return version_headers(str(version))

    def _one(
        self,
        request: webob.Request,
        document: dict[str, Any],
        headers: Headers,
    ) -> Answer:
        links = [
            {'rel': 'self', 'href': self._root(request) + '/'},
            {
                'rel': 'describedby',
                'type': 'text/html',
                'href': 'http://docs.openstack.org/',
            },
        ]
        told = {'version': {**document, 'links': links}}
        return _told(request, 200, told, headers)

    def _all(self, request: webob.Request) -> list[dict[str, Any]]:
        shown = ('id', 'status', 'version', 'min_version', 'updated')
        return [
            {
                **{key: document[key] for key in shown},
                'links': [
                    {'rel': 'self', 'href': self._root(request) + f'{path}/'}
                ],
            }
            for path, document in self._documents.items()
        ]

    def _choices(self, request: webob.Request, path: str) -> Answer:
        # WSGI hands over bytes, of whatever encoding, as latin-1.
        tail = '/' + urlparse.quote(path, _PATH_SAFE, encoding='latin-1')
        choices = [
            {
                'id': document['id'],
                'status': document['status'],
                'links': [
                    {
                        'rel': 'self',
                        'href': self._root(request) + mount + tail,
                    }
                ],
                'media-types': document['media-types'],
            }
            for mount, document in self._documents.items()
        ]
        return _told(request, 300, {'choices': choices})

    def _root(self, request: webob.Request) -> str:
        return with_prefix(request.application_url, self._link_prefix).rstrip(
            '/'
        )


class Root:
    """Sends the bare path of a mount one way and all else another.

    :param root: answers the bare path, with or without a slash.
    :param app: answers everything below.
    """

    def __init__(self, root: WSGIApplication, app: WSGIApplication) -> None:
        self._root = root
        self._app = app

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        bare = environ.get('PATH_INFO', '') in ('', '/')
        return (self._root if bare else self._app)(environ, start_response)


def _told(
    request: webob.Request,
    status: int,
    document: dict[str, Any],
    headers: Headers = (),
) -> Answer:
    # With Nova's blanks: an answer to HEAD tells nothing but the length.
    body = json.dumps(document).encode('ascii')
    return Answer(status, body, accepted(request.environ), headers)


def _document(
    identifier: str, status: str, min_version: str, max_version: str
) -> dict[str, Any]:
    legacy = identifier == 'v2.0'
    return {
        'id': identifier,
        'status': status,
        'version': max_version,
        'min_version': min_version,
        'updated': '2025-07-04T12:00:00Z'
        if legacy
        else '2013-07-23T11:33:21Z',
        'links': [],
        'media-types': [
            {
                'base': 'application/json',
                'type': _MEDIA_TYPE + ('2' if legacy else '2.1'),
            }
        ],
    }
