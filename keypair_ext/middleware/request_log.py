# SPDX-License-Identifier: Apache-2.0

"""The outermost filter: a request's identifier and its line in the log.

One line per request at INFO, in the format of Nova's request log; never a
header, never a body.
"""

import logging
import re
import string
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from urllib import parse
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_context import context

from keypair_ext import environ as env

LOG = logging.getLogger(__name__)

_GLOBAL_ID = re.compile(r'req-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}')

# What the log shows as it is. The rest is percent-encoded, control characters
# and the quote that ends the field among them: a request cannot forge a line.
_PATH_SAFE = "/!$&'()*+,:;=@"
_SAFE = string.punctuation.replace('"', '')
# Most paths and addresses are of these.
_MAY_NEED_QUOTING = re.compile('[^A-Za-z0-9/.:=&_-]').search

Headers = list[tuple[str, str]]
ExcInfo = (
    tuple[type[BaseException], BaseException, TracebackType]
    | tuple[None, None, None]
)


class RequestLog:
    """Name each request, and log it when it is answered."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer what is below answers, with the request's identifier."""
        started = time.perf_counter()
        if not _is_begun(environ):
            begin(environ)
        environ[env.TELLS_REQUEST_ID] = True
        status = '-'
        headers: Headers = []

        def start_named_response(
            given_status: str,
            given_headers: Headers,
            exc_info: ExcInfo | None = None,
        ) -> Callable[[bytes], object]:
            nonlocal status, headers
            status, headers = given_status, given_headers
            named = [*given_headers, *id_headers(environ)]
            return start_response(given_status, named, exc_info)

        try:
            answer = self._application(environ, start_named_response)
        except BaseException:
            _log(environ, '500', [], started)
            raise
        _log(environ, status, headers, started)
        return answer


def begin(environ: WSGIEnvironment) -> None:
    """Give the request its identifier.

    From here on it is in the lines that this thread logs, instead of the
    last request's, and the last caller's identity.
    """
    global_id = environ.get('HTTP_X_OPENSTACK_REQUEST_ID')
    if global_id and _GLOBAL_ID.fullmatch(global_id):
        environ[env.GLOBAL_REQUEST_ID] = global_id
    begun = context.RequestContext(
        global_request_id=environ.get(env.GLOBAL_REQUEST_ID)
    )
    environ[env.REQUEST_ID] = begun.request_id


def _is_begun(environ: WSGIEnvironment) -> bool:
    """Tell if somebody above has named the request, and this thread for it."""
    current = context.get_current()
    named = environ.get(env.REQUEST_ID)
    return current is not None and current.request_id == named


def id_headers(environ: WSGIEnvironment) -> Headers:
    """Return the headers that tell a request's identifier."""
    request_id = environ[env.REQUEST_ID]
    return [
        ('x-openstack-request-id', request_id),
        ('x-compute-request-id', request_id),
    ]


def _log(
    environ: WSGIEnvironment, status: str, headers: Headers, started: float
) -> None:
    if not LOG.isEnabledFor(logging.INFO):
        return
    time_taken = time.perf_counter() - started
    line = (
        f'{_quote(environ.get("REMOTE_ADDR") or "-")} '
        f'"{_quote(environ["REQUEST_METHOD"])} {_uri(environ)}" '
        f'status: {status.partition(" ")[0]} '
        f'len: {_content_length(headers)} '
        f'microversion: {environ.get(env.VERSION) or "-"} '
        f'time: {time_taken:.6f}'
    )
    # Not info(): to look for who calls it takes longer than to write it.
    record = LOG.makeRecord(
        LOG.name, logging.INFO, __file__, 0, line, (), None, '_log'
    )
    LOG.handle(record)


def _uri(environ: WSGIEnvironment) -> str:
    path = environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', '')
    query = environ.get('QUERY_STRING')
    uri = _quote(path, _PATH_SAFE)
    return f'{uri}?{_quote(query)}' if query else uri


def _quote(text: str, safe: str = _SAFE) -> str:
    if not _MAY_NEED_QUOTING(text):
        return text
    # WSGI's strings are bytes in disguise, so latin-1 gives them back.
    return parse.quote(text, safe, encoding='latin-1', errors='replace')


def _content_length(headers: Headers) -> str:
    for name, value in headers:
        if name.lower() == 'content-length':
            return value
    return '-'


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[WSGIApplication], RequestLog]:
    """Return what makes the filter of a paste section; it has no options."""
    return RequestLog
