# SPDX-License-Identifier: Apache-2.0

"""The outermost filter: a request's identifier and its line in the log.

One line per request at INFO, in the format of Nova's request log; never a
header, never a body.
"""

import logging
import os
import re
import string
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from urllib import parse
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_config import cfg
from oslo_context import context
from oslo_log import formatters

from keypair_ext import environ as env, nobody
from keypair_ext.middleware.context import identity

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
    | None
)
Write = Callable[[bytes], object]


class RequestLog:
    """Name each request, and log it when it is answered."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer what is below answers, with the request's identifier."""
        started = time.perf_counter()
        names = begin(environ)
        environ[env.TELLS_REQUEST_ID] = True
        status = '-'
        headers: Headers = []

        def start_named_response(
            given_status: str,
            given_headers: Headers,
            exc_info: ExcInfo = None,
        ) -> Write:
            nonlocal status, headers
            status, headers = given_status, given_headers
            named = [*given_headers, *names]
            return start_response(given_status, named, exc_info)

        try:
            answer = self._application(environ, start_named_response)
        except BaseException:
            _log(environ, '500', [], started)
            raise
        _log(environ, status, headers, started)
        return answer


def begin(environ: WSGIEnvironment) -> Headers:
    """Give the request its identifier, and return the headers that tell it.

    From here on it is in the lines that this thread logs, instead of the
    last request's, and the last caller's identity. Somebody above may have
    begun.
    """
    names: Headers | None = environ.get(env.NAMES)
    if names is not None:
        return names
    global_id = environ.get('HTTP_X_OPENSTACK_REQUEST_ID')
    if global_id and _GLOBAL_ID.fullmatch(global_id):
        environ[env.GLOBAL_REQUEST_ID] = global_id
    # A UUID of version 4 (RFC 9562), as Nova's.
    digits = os.urandom(15).hex()
    request_id = (
        f'req-{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-'
        f'a{digits[15:18]}-{digits[18:]}'
    )
    environ[env.REQUEST_ID] = request_id
    identity.Context(
        request_id=request_id,
        global_request_id=environ.get(env.GLOBAL_REQUEST_ID),
    )
    names = environ[env.NAMES] = [
        ('x-openstack-request-id', request_id),
        ('x-compute-request-id', request_id),
    ]
    return names


def _log(
    environ: WSGIEnvironment, status: str, headers: Headers, started: float
) -> None:
    if not LOG.isEnabledFor(logging.INFO):
        return
    time_taken = time.perf_counter() - started
    address = environ.get('REMOTE_ADDR') or '-'
    method = environ['REQUEST_METHOD']
    path = environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', '')
    query = environ.get('QUERY_STRING', '')
    if _MAY_NEED_QUOTING(f'{address}{method}{path}{query}'):
        address, method, query = map(_quoted, (address, method, query))
        path = _quoted(path, _PATH_SAFE)
    line = (
        f'{address} "{method} {path}{query and "?"}{query}" '
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


def _quoted(text: str, safe: str = _SAFE) -> str:
    # WSGI's strings are bytes in disguise, so latin-1 gives them back.
    return parse.quote(text, safe, encoding='latin-1', errors='replace')


def _content_length(headers: Headers) -> str:
    for name, value in headers:
        if name.lower() == 'content-length':
            return value
    return '-'


class RequestLineFormatter(logging.Formatter):
    """Writes what oslo.log's formatter writes.

    It formats the lines of requests itself: oslo.log prepares every field
    that a format may name, and reads the formats anew, for each line.

    :param others: oslo.log's, for all other lines, and for all lines where
        a configured format names a field that is not known here.
    """

    def __init__(
        self, others: formatters.ContextFormatter, conf: cfg.ConfigOpts
    ) -> None:
        super().__init__(datefmt=others.datefmt)
        self._others = others
        self._line: str = conf.logging_context_format_string
        self._identity: str = conf.logging_user_identity_format
        try:
            self._write(logging.makeLogRecord({}), nobody.Nobody())
            self._is_known = True
        except (KeyError, ValueError):
            self._is_known = False

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        current = context.get_current()
        if record.name == LOG.name and current is not None and self._is_known:
            return self._write(record, current)
        return self._others.format(record)

    def _write(
        self, record: logging.LogRecord, current: context.RequestContext
    ) -> str:
        return self._line % {
            'asctime': self.formatTime(record, self.datefmt),
            'error_summary': '-',
            'global_request_id': current.global_request_id,
            'instance': '',
            'levelname': record.levelname,
            'message': record.getMessage(),
            'msecs': record.msecs,
            'name': record.name,
            'process': record.process,
            'project_name': current.project_name,
            'request_id': current.request_id,
            'resource': '',
            'user_identity': self._identity
            % {
                'domain': current.domain_id or '-',
                'project': current.project_id or '-',
                'project_domain': current.project_domain_id or '-',
                'system_scope': current.system_scope or '-',
                'user': current.user_id or '-',
                'user_domain': current.user_domain_id or '-',
            },
            'user_name': current.user_name,
        }


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[WSGIApplication], RequestLog]:
    """Return what makes the filter of a paste section; it has no options."""
    return RequestLog
