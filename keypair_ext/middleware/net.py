# SPDX-License-Identifier: Apache-2.0

"""The outermost of the service: nothing gets past it but an answer.

What any filter or application below raises is told as a fault, whatever the
path. The server never sees it, and so cannot take an OSError of ours for a
client that has gone.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_log import log as logging

from keypair_ext.api import faults
from keypair_ext.middleware import request_log

LOG = logging.getLogger(__name__)


class Net:
    """Name each request, and answer with a fault where nobody else does."""

    def __init__(
        self, application: WSGIApplication, fault_table: faults.Faults
    ) -> None:
        self._application = application
        self._faults = fault_table

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer what is below answers, or a fault."""
        names = request_log.begin(environ)
        start: tuple[str, request_log.Headers]
        # What was written before the answer was returned (PEP 3333, "The
        # write() Callable").
        written: list[bytes] = []

        def keep_start(
            status: str,
            headers: request_log.Headers,
            exc_info: request_log.ExcInfo = None,
        ) -> request_log.Write:
            # WSGI lets an application start again after an error; uWSGI and
            # others do not. So it is kept until it is sure.
            nonlocal start
            start = status, headers
            return written.append

        try:
            answer = self._application(environ, keep_start)
            if not isinstance(answer, list):
                # Made while it is sent: it may break before it begins.
                answer = _begun(answer)
            if written:
                answer = _rest(written, iter(answer), answer)
            start_response(*start)
        except Exception as error:  # noqa: BLE001 (the last net)
            return self._faults.answer(error, names)(environ, start_response)
        return answer


def _begun(answer: Iterable[bytes]) -> Iterator[bytes]:
    """Return an answer whose first part is made already."""
    parts = iter(answer)
    try:
        first = list(itertools.islice(parts, 1))
    except Exception:
        _close(answer)
        raise
    return _rest(first, parts, answer)


def _rest(
    first: list[bytes], parts: Iterator[bytes], answer: Iterable[bytes]
) -> Iterator[bytes]:
    try:
        yield from first
        yield from parts
    except Exception:
        # Too late for a fault; the server breaks the connection off.
        LOG.exception('An answer could not be made to its end')
        raise
    finally:
        _close(answer)


def _close(answer: Iterable[bytes]) -> None:
    close: Callable[[], object] | None = getattr(answer, 'close', None)
    if close is not None:
        close()
