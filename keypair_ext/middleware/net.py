# SPDX-License-Identifier: Apache-2.0

"""The outermost of the service: nothing gets past it but an answer.

What any filter or application below raises is told as a fault, whatever the
path. The server never sees it, and so cannot take an OSError of ours for a
client that has gone.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext import faults
from keypair_ext.middleware import request_log


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
        request_log.begin(environ)
        try:
            answer = self._application(environ, start_response)
        except Exception as error:  # noqa: BLE001 (the last net)
            return self._tell(error, environ, start_response)
        if isinstance(answer, list):
            return answer
        return self._watch(answer, environ, start_response)

    def _watch(
        self,
        answer: Iterable[bytes],
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterator[bytes]:
        """Yield an answer that is made while it is sent."""
        try:
            yield from answer
        except Exception as error:  # noqa: BLE001 (the last net)
            yield from self._tell(error, environ, start_response)
        finally:
            close: Callable[[], object] | None = getattr(answer, 'close', None)
            if close is not None:
                close()

    def _tell(
        self,
        error: Exception,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        names = request_log.id_headers(environ)
        # Takes the place of headers that were given and not sent. Where they
        # were sent, the server raises the error.
        told = sys.exc_info()

        def start_fault(
            status: str,
            headers: request_log.Headers,
            exc_info: request_log.ExcInfo | None = None,
        ) -> Callable[[bytes], object]:
            return start_response(status, headers, told)

        fault = self._faults.answer(error, names)
        return fault(environ, start_fault)
