# SPDX-License-Identifier: Apache-2.0

"""One table from an error's type to a status, and the documents of faults.

A fault is Nova's: ``{"itemNotFound": {"code": 404, "message": "..."}}``,
always ``application/json; charset=UTF-8``, whatever the client accepts.
"""

import json
from collections.abc import Iterable

import webob
from oslo_log import log as logging

from keypair_ext import exception, profiles

LOG = logging.getLogger(__name__)

CONTENT_TYPE = 'application/json; charset=UTF-8'

STATUSES: dict[type[exception.KeypairExtError], int] = {
    exception.InvalidInput: 400,
    exception.NotAuthenticated: 401,
    exception.Forbidden: 403,
    exception.NotFound: 404,
    exception.MethodNotAllowed: 405,
    exception.VersionNotSupported: 406,
    exception.KeypairExists: 409,
    exception.BodyTooLarge: 413,
    exception.UnsupportedContentType: 415,
    exception.ServiceUnavailable: 503,
}

NAMES = {
    400: 'badRequest',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'itemNotFound',
    405: 'badMethod',
    409: 'conflictingRequest',
    413: 'overLimit',
    415: 'badMediaType',
    503: 'serviceUnavailable',
}

# The name of every status that has none of its own, 406 and 500 among them.
DEFAULT_NAME = 'computeFault'

UNEXPECTED = (
    'Unexpected API Error. This is a bug; please report it to the operator '
    'of this cloud, with the time and the request id.'
)


def status_of(error: BaseException) -> int:
    """Return the status that an error is told with; 500 for a bug."""
    for cls in type(error).__mro__:
        if cls in STATUSES:
            return STATUSES[cls]
    return 500


class Faults:
    """Tells errors to clients: the last net of a mount.

    :param departures: what the mount's profile tells otherwise.
    :param retry_after: the seconds in the header of a 503.
    """

    def __init__(self, departures: profiles.Faults, retry_after: int) -> None:
        self._departures = departures
        self._retry_after = retry_after

    def response(
        self, error: Exception, headers: Iterable[tuple[str, str]]
    ) -> webob.Response:
        """Return the answer that tells of ``error``.

        An error that is not one of ours is a bug: it is logged with its
        traceback, and the client learns no more than that.

        :param headers: those the answer has beside the fault's own.
        """
        if not isinstance(error, exception.KeypairExtError):
            LOG.error('Unexpected error in os-keypairs', exc_info=error)
            return _response(500, UNEXPECTED, headers=headers)
        departure = self._departure(error)
        if departure:
            return _response(
                departure.status,
                str(error),
                name=departure.name,
                retry_after=departure.retry_after,
                headers=headers,
            )
        status = status_of(error)
        return _response(
            status,
            str(error),
            retry_after=self._retry_after if status == 503 else None,
            headers=headers,
        )

    def _departure(
        self, error: exception.KeypairExtError
    ) -> profiles.Fault | None:
        if isinstance(error, exception.QuotaExceeded):
            return self._departures.over_quota
        if isinstance(error, exception.MethodNotAllowed):
            return self._departures.wrong_method
        return None


def _response(
    status: int,
    message: str,
    *,
    name: str | None = None,
    retry_after: int | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> webob.Response:
    """Return the answer that tells a client of an error.

    :param status: the HTTP status.
    :param message: one sentence for the client.
    :param name: the fault's name, where it is not the status's usual one.
    :param retry_after: seconds after which to try again.
    :param headers: further headers.
    """
    name = name or NAMES.get(status, DEFAULT_NAME)
    fault: dict[str, object] = {'code': status, 'message': message}
    headerlist = [*headers, ('Content-Type', CONTENT_TYPE)]
    if retry_after is not None:
        headerlist.append(('Retry-After', str(retry_after)))
        if status == 413:
            fault['retryAfter'] = str(retry_after)
    body = json.dumps({name: fault}).encode('ascii')
    headerlist.append(('Content-Length', str(len(body))))
    return webob.Response(body=body, status=status, headerlist=headerlist)
