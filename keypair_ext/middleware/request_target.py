# SPDX-License-Identifier: Apache-2.0

"""Hands over the path that the client asked for, whatever the server made.

A client may send the whole URL, or something that is no path at all, such as
the ``*`` of OPTIONS (RFC 9112, 3.2). And uWSGI and Apache take a last segment
``.`` or ``..``, which can be the name of a key pair, for a step between
directories. What the client sent is beside what they made of it.
"""

import re
from collections.abc import Iterable
from urllib import parse
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext import exception

_ORIGIN = re.compile(r'\Ahttps?://[^/]*', re.IGNORECASE)
_ENDS_WITH_DOTS = re.compile(r'[^?]*/(?:\.|%2e){1,2}(?:\?|\Z)', re.IGNORECASE)
_NO_PATH = 'the request names no path; it must begin with a slash.'


class RequestTarget:
    """Set PATH_INFO right for all that is below."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Go on with a path.

        :raises InvalidInput: the client has sent none, or the server has lost
            the query.
        """
        path = environ.get('PATH_INFO', '')
        # uWSGI tells no method where it found no line of a request. CONNECT
        # names a host, of which Apache makes a path.
        if environ.setdefault('REQUEST_METHOD', '') in ('', 'CONNECT'):
            raise exception.InvalidInput(reason=_NO_PATH)
        if not path.startswith('/'):
            environ['PATH_INFO'] = _path(path, environ)
        sent = environ.get('REQUEST_URI', '')
        # uWSGI leaves out what its buffer has no room for, and goes on.
        if 'QUERY_STRING' not in environ and '?' in sent:
            raise exception.InvalidInput(
                reason='the query is longer than the server takes.'
            )
        if _ENDS_WITH_DOTS.match(sent):
            _restore(environ, _ORIGIN.sub('', sent.partition('?')[0], count=1))
        return self._application(environ, start_response)


def _path(target: str, environ: WSGIEnvironment) -> str:
    path, count = _ORIGIN.subn('', target, count=1)
    if not path and (count or not environ.get('SCRIPT_NAME')):
        return '/'
    if path and not path.startswith('/'):
        raise exception.InvalidInput(reason=_NO_PATH)
    return path


def _restore(environ: WSGIEnvironment, path: str) -> None:
    # WSGI's strings are bytes in disguise.
    sent = parse.unquote(path, 'latin-1')
    mount = environ.get('SCRIPT_NAME', '')
    if sent.startswith(f'{mount}/'):
        environ['PATH_INFO'] = sent.removeprefix(mount)
