# SPDX-License-Identifier: Apache-2.0

"""The version documents, which clients ask for before all else.

They need no token and answer any method. An unknown root is answered 300,
with the versions there are to choose from.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib import parse as urlparse
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
from microversion_parse import Version

from keypair_ext import exception
from keypair_ext.api import faults, microversions
from keypair_ext.api.answer import Answer
from keypair_ext.api.contract import (
    Contract,
    Headers,
    fault_headers,
    version_headers,
)
from keypair_ext.api.request import (
    Request,
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
        self.by_operation = {
            'show_version': self.show_version,
            'show_named_version': self.show_named_version,
        }
        self._documents = {
            '/v2': _document('v2.0', 'DEPRECATED', '2025-07-04T12:00:00Z'),
            '/v2.1': _document('v2.1', 'CURRENT', '2013-07-23T11:33:21Z'),
        }
        if max_version:
            self._documents['/v2.1'] |= {
                'version': str(max_version),
                'min_version': str(microversions.MIN_VERSION),
            }

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer with the document that the mount and path name."""
        answer = self._answer(webob.Request(environ))
        return answer(environ, start_response)

    def show_version(self, request: Request, contract: Contract) -> Answer:
        """Answer 200 and what the mount's root shows, below a project."""
        request.query()
        asked = webob.Request(request.environ)
        mount = _mount(asked)
        document = (
            self._one(asked, mount)
            if mount in self._documents
            else self._all(asked)
        )
        return request.answer(contract, 200, document)

    def show_named_version(
        self, request: Request, contract: Contract
    ) -> Answer:
        """Answer 200 and the document of this name, under ``/v2`` its own.

        404 where there is none.
        """
        request.query()
        asked = webob.Request(request.environ)
        named = {each['id']: mount for mount, each in self._documents.items()}
        own = _mount(asked)
        mount = own if own == '/v2' else named.get(request.route.name)
        if mount is None:
            raise exception.NotFound()
        return request.answer(contract, 200, self._one(asked, mount))

    def _answer(self, request: webob.Request) -> Answer:
        mount = _mount(request)
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
        path = request.environ.get('PATH_INFO', '').strip('/')
        if mount in self._documents:
            return _told(request, 200, self._one(request, mount), headers)
        if path:
            return _told(request, 300, self._choices(request, path))
        return _told(request, 200, self._all(request))

    def _version_headers(self, request: webob.Request) -> Headers:
        if self._max_version is None:
            return ()
        version = microversions.negotiate(
            microversions.requested(request.environ), self._max_version
        )
        return version_headers(str(version))

    def _one(self, request: webob.Request, mount: str) -> dict[str, Any]:
        describedby = {
            'rel': 'describedby',
            'type': 'text/html',
            'href': 'http://docs.openstack.org/',
        }
        links = [self._link(request, '/'), describedby]
        return {'version': {**self._documents[mount], 'links': links}}

    def _all(self, request: webob.Request) -> dict[str, Any]:
        shown = ('id', 'status', 'version', 'min_version', 'updated')
        return {'versions': self._each(request, shown, '/')}

    def _choices(self, request: webob.Request, path: str) -> dict[str, Any]:
        # WSGI hands over bytes, of whatever encoding, as latin-1.
        tail = urlparse.quote(path, _PATH_SAFE, encoding='latin-1')
        shown = ('id', 'status', 'media-types')
        return {'choices': self._each(request, shown, f'/{tail}')}

    def _each(
        self, request: webob.Request, shown: Sequence[str], tail: str
    ) -> list[dict[str, Any]]:
        """Return so much of each document, with a link to it."""
        return [
            {
                **{key: document[key] for key in shown},
                'links': [self._link(request, f'{mount}{tail}')],
            }
            for mount, document in self._documents.items()
        ]

    def _link(self, request: webob.Request, path: str) -> dict[str, str]:
        root = with_prefix(request.application_url, self._link_prefix)
        return {'rel': 'self', 'href': root.rstrip('/') + path}


def with_root(root: WSGIApplication, app: WSGIApplication) -> WSGIApplication:
    """Return an application whose bare path, with or without /, is ``root``'s.

    All below goes to ``app``.
    """

    def divide(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        bare = environ.get('PATH_INFO', '') in ('', '/')
        return (root if bare else app)(environ, start_response)

    return divide


def _mount(request: webob.Request) -> str:
    return f'/{request.script_name.rpartition("/")[2]}'


def _told(
    request: webob.Request,
    status: int,
    document: dict[str, Any],
    headers: Headers = (),
) -> Answer:
    # With Nova's blanks: an answer to HEAD tells nothing but the length.
    body = json.dumps(document).encode('ascii')
    return Answer(status, body, accepted(request.environ), headers)


def _document(identifier: str, status: str, updated: str) -> dict[str, Any]:
    number = identifier.removeprefix('v').removesuffix('.0')
    return {
        'id': identifier,
        'status': status,
        'version': '',
        'min_version': '',
        'updated': updated,
        'links': [],
        'media-types': [
            {'base': 'application/json', 'type': f'{_MEDIA_TYPE}{number}'}
        ],
    }
