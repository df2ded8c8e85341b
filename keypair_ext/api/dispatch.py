# SPDX-License-Identifier: Apache-2.0

"""The application: version, contract and route in, an answer out.

The order of checks decides which error a doubly wrong request gets:
identity, route, version, content type, JSON, the path's project, then what
the handler checks (schema, policy) and the use case (quota, key,
duplicate).
"""

from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob.exc
from microversion_parse import Version
from oslo_context import context as oslo_context

from keypair_ext import environ as env, exception
from keypair_ext.api import faults, microversions, routes
from keypair_ext.api.answer import Answer
from keypair_ext.api.contract import Contract, Contracts, fault_headers
from keypair_ext.api.request import Request, identity

Handler = Callable[[Request, Contract], Answer]

_REQUEST_ID_HEADER = 'X-Compute-Request-Id'


class Application:
    """A table of routes as a WSGI application.

    :param contracts: the mount's contracts.
    :param table: its routes.
    :param handlers: those of the table's operations.
    :param max_body: the largest body that is read, in bytes.
    :param fault_table: tells errors.
    """

    def __init__(
        self,
        contracts: Contracts,
        table: routes.Table,
        handlers: Mapping[str, Handler],
        max_body: int,
        fault_table: faults.Faults,
    ) -> None:
        self.contracts = contracts
        self.table = table
        self._handlers = handlers
        self._max_body = max_body
        self._faults = fault_table

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer any request; one that is not ours with Nova's 404."""
        answer = self.answer(environ, self.table.match(environ))
        return answer(environ, start_response)

    def answer(
        self, environ: WSGIEnvironment, route: routes.Route | None
    ) -> Answer:
        """Return the answer to a request whose path is matched already."""
        contract = None
        try:
            context = identity(environ)
            if route is None or route.operation is None:
                answer = self._nowhere(environ, route)
            else:
                contract = self.contracts.choose(environ)
                environ[env.VERSION] = contract.version
                request = Request(environ, context, route, self._max_body)
                request.check()
                answer = self._handlers[route.operation](request, contract)
        except Exception as error:  # noqa: BLE001 (the last net)
            answer = self._failed(error, environ, route, contract)
        if self.contracts.profile.answers.compute_request_id:
            _add_request_id(answer, environ)
        return answer

    def _failed(
        self,
        error: Exception,
        environ: WSGIEnvironment,
        route: routes.Route | None,
        contract: Contract | None,
    ) -> Answer:
        if (
            isinstance(error, exception.KeypairNotFound)
            and route
            and _is_nowhere(route.name or '')
        ):
            return self._nowhere(environ, None)
        return self._faults.answer(error, fault_headers(error, contract))

    def _nowhere(
        self, environ: WSGIEnvironment, route: routes.Route | None
    ) -> Answer:
        """Return Nova's answer where it has nothing: WebOb's, after Accept.

        :raises MethodNotAllowed: the path is ours, the method is not, and
            the profile tells that apart.
        """
        if route and self.contracts.profile.faults.wrong_method:
            raise exception.MethodNotAllowed(allowed=', '.join(route.methods))
        page = webob.Request(environ).get_response(webob.exc.HTTPNotFound())
        return Answer(404, page.body, page.headers['Content-Type'])


def _is_nowhere(name: str) -> bool:
    """Say whether to Nova the path of a name is one that is none.

    That is where there is a slash in it; in front it is one of several.
    """
    rest = name.lstrip('/')
    return not rest or '/' in rest


def _add_request_id(answer: Answer, environ: WSGIEnvironment) -> None:
    """Tell the request's id unless a filter in front of us will."""
    if env.TELLS_REQUEST_ID in environ:
        return
    context = environ.get(env.CONTEXT)
    request_id = (
        environ.get(env.REQUEST_ID)
        or (context and context.request_id)
        or oslo_context.generate_request_id()
    )
    answer.headers.append((_REQUEST_ID_HEADER, request_id))


class Filter:
    """os-keypairs in front of a Nova that serves everything else.

    :param app: the wrapped Nova.
    :param application: ours.
    :param app_max_version: Nova's newest version. Where it is newer than
        ours, ``latest`` and the versions above ours are Nova's to answer.
    """

    def __init__(
        self,
        app: WSGIApplication,
        application: Application,
        app_max_version: Version,
    ) -> None:
        self._app = app
        self._application = application
        self._max_version = application.contracts.max_version
        self._latest_is_theirs = app_max_version > self._max_version

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer what is ours; pass on the rest as it came."""
        route = self._application.table.match(environ)
        if (
            route is None
            or route.operation is None
            or (self._latest_is_theirs and self._is_theirs(environ))
        ):
            return self._app(environ, start_response)
        answer = self._application.answer(environ, route)
        return answer(environ, start_response)

    def _is_theirs(self, environ: WSGIEnvironment) -> bool:
        if environ.get(env.LEGACY_V2):
            return False
        text = microversions.requested(environ)
        if text is None:
            return False
        try:
            return text == 'latest' or (
                microversions.parse(text) > self._max_version
            )
        except exception.InvalidVersion:
            return False
