# SPDX-License-Identifier: Apache-2.0

"""One request as the handlers see it: context, route, query and body."""

import json
from typing import Any
from wsgiref.types import WSGIEnvironment

import webob
from oslo_context import context as oslo_context

from keypair_ext import environ as env, exception
from keypair_ext.api.answer import Answer, Headers, serialize
from keypair_ext.api.contract import Contract
from keypair_ext.api.routes import Route, raw_path
from keypair_ext.api.validation import Validator

JSON = 'application/json'
COMPUTE_JSON = 'application/vnd.openstack.compute+json'
CONTENT_TYPES = (JSON, COMPUTE_JSON)

# As in Nova: of any other request the body is not read, even where ``_method``
# asks for a create.
_WITH_BODY = ('POST', 'PUT')

Query = dict[str, list[str]]


def identity(environ: WSGIEnvironment) -> oslo_context.RequestContext:
    """Return who is asking, as a context filter in front of us found.

    :raises NotAuthenticated: no filter did, or it found no user.
    """
    context: oslo_context.RequestContext | None = environ.get(env.CONTEXT)
    if context is None or not context.user_id:
        raise exception.NotAuthenticated()
    return context


def check_content_type(environ: WSGIEnvironment) -> None:
    """Return if a body is said to be JSON, or nothing is said of it.

    :raises UnsupportedContentType: it is said to be something else.
    """
    given = environ.get('CONTENT_TYPE')
    if not given or given in CONTENT_TYPES:
        return
    media_type = given.partition(';')[0].strip()
    if media_type in ('', 'text/plain', *CONTENT_TYPES):
        return
    raise exception.UnsupportedContentType(content_type=media_type)


def parse_query(environ: WSGIEnvironment) -> Query:
    """Return the query's parameters, each a list of its values.

    :raises MalformedQuery: it is not encoded as UTF-8.
    """
    if not environ.get('QUERY_STRING'):
        return {}
    try:
        parsed: Query = webob.Request(environ).GET.dict_of_lists()
    except UnicodeDecodeError:
        raise exception.MalformedQuery(
            reason='it is not encoded as UTF-8.'
        ) from None
    return parsed


class Request:
    """A request for key pairs.

    :param environ: the WSGI environ.
    :param context: who is asking.
    :param route: what its path names.
    :param max_body: the largest body that is read, in bytes.

    ``user_id`` is that of who is asking; ``body`` is what a create's body
    holds, None until it is parsed.
    """

    def __init__(
        self,
        environ: WSGIEnvironment,
        context: oslo_context.RequestContext,
        route: Route,
        max_body: int,
    ) -> None:
        self.environ = environ
        self.context = context
        self.route = route
        # identity() has seen to it that there is one.
        self.user_id: str = context.user_id or ''
        self.body: Any = None
        self._max_body = max_body
        length = environ.get('CONTENT_LENGTH')
        self._length = _number(length) if length else None

    def check(self) -> None:
        """Read the body of a create, and return if a handler may go on.

        In Nova's order of length, content type, body and the path's project.

        :raises BodyTooLarge: it is larger than we take.
        :raises UnsupportedContentType: it is said to be something else.
        :raises MalformedBody: it is not JSON in UTF-8.
        :raises ProjectMismatch: the project is not the context's.
        """
        if self._length and self._length > self._max_body:
            raise exception.BodyTooLarge(limit=self._max_body)
        check_content_type(self.environ)
        method = self.environ['REQUEST_METHOD']
        if self.route.operation == 'create' and method in _WITH_BODY:
            self._parse_body()
        named, scoped = self.route.project_id, self.context.project_id
        if named is not None and named != scoped:
            raise exception.ProjectMismatch(
                project_id=named, context_project_id=scoped
            )

    def query(self, validator: Validator | None = None) -> Query:
        """Return the query's parameters, each a list of its values.

        :param validator: says which there may be, None for any.
        :raises MalformedQuery: it is not encoded as UTF-8.
        :raises ValidationFailed: they are not what the version takes.
        """
        query = parse_query(self.environ)
        if query and validator is not None:
            validator.validate(query)
        return query

    def answer(
        self,
        contract: Contract,
        status: int,
        document: object = None,
        headers: Headers = (),
    ) -> Answer:
        """Return a successful answer.

        :param document: what the body holds as JSON; None for no body.
        :param headers: those beside the version's.
        """
        body = b'' if document is None else serialize(document)
        headers = (*contract.version_headers, *headers)
        return Answer(status, body, accepted(self.environ), headers)

    def check_addressable(self, name: str) -> None:
        """Return if a later request can name the key pair in its path.

        A slash can be, as ``%2F``, where the server tells us the path as
        it was sent; only ``/v2`` takes such names at all.

        :raises ValidationFailed: it cannot.
        """
        if '/' in name and raw_path(self.environ) is None:
            raise exception.ValidationFailed(
                reason='Invalid input for field/attribute name. It holds a '
                'slash, so it could be neither shown nor deleted here.'
            )

    def _parse_body(self) -> None:
        text = self._read()
        if not text:
            return
        try:
            self.body = json.loads(text.decode('utf-8'))
        except UnicodeDecodeError:
            raise exception.MalformedBody(
                reason='it is not encoded as UTF-8.'
            ) from None
        except RecursionError:
            raise exception.MalformedBody(
                reason='it is nested too deeply.'
            ) from None
        except ValueError as error:
            raise exception.MalformedBody(
                reason=f'it is not JSON: {_position(error)}.'
            ) from None

    def _read(self) -> bytes:
        stream = self.environ['wsgi.input']
        if self._length is not None:
            if self._length < 0:
                raise exception.MalformedBody(
                    reason='Content-Length is not a number.'
                )
            body = _received(stream, self._length)
            if len(body) < self._length:
                raise exception.MalformedBody(reason='it ended early.')
            return body
        if not self.environ.get('wsgi.input_terminated'):
            return b''
        body = _received(stream, self._max_body + 1)
        if len(body) > self._max_body:
            raise exception.BodyTooLarge(limit=self._max_body)
        return body

    def application_url(self) -> str:
        """Return the address of the mount, as the client sees it."""
        url: str = webob.Request(self.environ).application_url
        return url


def _received(stream: Any, size: int) -> bytes:
    try:
        data: bytes = stream.read(size)
    except Exception as error:
        # So servers tell that the client is gone, too slow, or has sent no
        # proper chunks: as OSError, ValueError or a type of their own.
        raise exception.MalformedBody(reason='it broke off.') from error
    return data


def _number(length: str) -> int:
    """Return a Content-Length; a negative one if it is not a number."""
    # Not isdigit(): that takes a superscript two, which int() does not.
    if not (length.isascii() and length.isdecimal()):
        return -1
    # More digits than this are more than any body; int() has a limit, too.
    return int(length.lstrip('0')[:19] or '0')


def accepted(environ: WSGIEnvironment) -> str:
    """Return the content type that a client wants of our two."""
    best: str | None = environ.get('nova.best_content_type')
    if best in CONTENT_TYPES:
        return str(best)
    accept = environ.get('HTTP_ACCEPT', '')
    # Only this exact type changes the answer.
    if COMPUTE_JSON not in accept:
        return JSON
    offers = webob.Request(environ).accept.acceptable_offers(CONTENT_TYPES)
    return offers[0][0] if offers else JSON


def _position(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f'{error.msg} at line {error.lineno}, column {error.colno}'
    return 'a number has too many digits'
