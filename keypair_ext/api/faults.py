# SPDX-License-Identifier: Apache-2.0

"""One table from an error's type to a status, and the documents of faults.

A fault is Nova's: ``{"itemNotFound": {"code": 404, "message": "..."}}``,
always ``application/json; charset=UTF-8``, whatever the client accepts.
"""

from oslo_log import log as logging

from keypair_ext import exception, profiles
from keypair_ext.api.answer import Answer, Headers, serialize

LOG = logging.getLogger(__name__)

CONTENT_TYPE = 'application/json; charset=UTF-8'

STATUSES: dict[type[exception.KeypairExtError], int] = {
    exception.InvalidInput: 400,
    exception.NotAuthenticated: 401,
    exception.Forbidden: 403,
    exception.NotFound: 404,
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


_BUG = profiles.Fault(500, DEFAULT_NAME)


class Faults:
    """Tells errors to clients: the last net of a mount.

    :param departures: what the mount's profile tells otherwise.
    :param retry_after: the seconds in the header of a 503.
    """

    def __init__(self, departures: profiles.Faults, retry_after: int) -> None:
        self._table: dict[type, profiles.Fault] = {
            error: profiles.Fault(
                status,
                NAMES.get(status, DEFAULT_NAME),
                retry_after if status == 503 else None,
            )
            for error, status in STATUSES.items()
        }
        for error, departure in (
            (exception.QuotaExceeded, departures.over_quota),
            (exception.MethodNotAllowed, departures.wrong_method),
        ):
            if departure:
                self._table[error] = departure

    def telling(self, error: type[Exception]) -> profiles.Fault:
        """Return how errors of a type are told; as a bug, unless ours."""
        return next(
            (self._table[cls] for cls in error.__mro__ if cls in self._table),
            _BUG,
        )

    def answer(self, error: Exception, headers: Headers = ()) -> Answer:
        """Return the answer that tells of ``error``.

        An error without a status of its own is logged, with its traceback
        unless it is one of ours, and the client learns no more than that.

        :param headers: those the answer has beside the fault's own.
        """
        told = self.telling(type(error))
        message = str(error)
        if told is _BUG:
            if isinstance(error, exception.KeypairExtError):
                LOG.error('%s', error)
            else:
                LOG.error('Unexpected error in os-keypairs', exc_info=error)
            message = UNEXPECTED
        fault: dict[str, object] = {'code': told.status, 'message': message}
        if told.retry_after is not None:
            headers = (*headers, ('Retry-After', str(told.retry_after)))
            if told.status == 413:
                fault['retryAfter'] = str(told.retry_after)
        body = serialize({told.name: fault})
        return Answer(told.status, body, CONTENT_TYPE, headers)
