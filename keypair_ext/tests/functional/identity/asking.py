# SPDX-License-Identifier: Apache-2.0

"""Asking an Identity service one thing after another, and what it answers.

Of an answer there is its status, some headers, and the shape of its document:
no ids, names or secrets.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from keypair_ext.tests.functional.servers import rest

# Those that clients read.
_HEADERS = ('Content-Type', 'Vary', 'WWW-Authenticate', 'X-Subject-Token')

Facts = dict[str, str]
Answers = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What is asked.

    Text in braces stands for a fact: ``/v3/users/{member}``.

    :ivar name: by which the answer is kept.
    :ivar token: the fact that is sent as ``X-Auth-Token``.
    :ivar subject: the fact that is sent as ``X-Subject-Token``.
    :ivar saves: a fact to learn from the answer, and where it is: a header,
        or the way to a member of the document.
    :ivar waits_for: a token that has to end before.
    """

    name: str
    method: str
    path: str
    body: Any = None
    token: str = ''
    subject: str = ''
    saves: Mapping[str, str | tuple[str | int, ...]] = field(
        default_factory=dict
    )
    waits_for: str = ''


class Service(Protocol):
    """An Identity service with the people of the test bed.

    :ivar url: without ``/v3``.
    :ivar facts: passwords, and when a credential shall end.
    """

    url: str
    facts: Facts

    def expire(self, token: str) -> None:
        """Return when a token has ended."""


def ask(service: Service, requests: Iterable[Request]) -> Answers:
    """Ask everything, in order; return the answers by name."""
    # A client asks for names as if they were ids.
    facts = {'unknown': 'nothing', **service.facts}
    answers = {}
    for request in requests:
        if request.waits_for:
            service.expire(facts[request.waits_for])
        answer = _send(service.url, request, facts)
        answers[request.name] = _describe(request, answer)
        for fact, where in request.saves.items():
            facts[fact] = _find(answer, where)
    return answers


def _send(url: str, request: Request, facts: Facts) -> rest.Answer:
    headers = {
        name: facts.get(fact, fact)
        for name, fact in (
            ('X-Auth-Token', request.token),
            ('X-Subject-Token', request.subject),
        )
        if fact
    }
    return rest.call(
        request.method,
        url + request.path.format_map(facts),
        _fill(request.body, facts),
        headers,
    )


def _fill(value: Any, facts: Facts) -> Any:
    if isinstance(value, str):
        return value.format_map(facts)
    if isinstance(value, dict):
        return {key: _fill(member, facts) for key, member in value.items()}
    if isinstance(value, list):
        return [_fill(member, facts) for member in value]
    return value


def _find(answer: rest.Answer, where: str | tuple[str | int, ...]) -> str:
    if isinstance(where, str):
        return str(answer.headers[where])
    found = answer.json()
    for step in where:
        found = found[step]
    return str(found)


def _describe(request: Request, answer: rest.Answer) -> Any:
    told: dict[str, Any] = {
        'request': f'{request.method} {request.path}',
        'status': answer.status,
        'headers': [name for name in _HEADERS if name in answer.headers],
    }
    if answer.body:
        told['document'] = shape(answer.json())
    return told


def shape(value: Any) -> Any:
    """Return what a document is like: its keys, and the kinds of its values.

    Of a list there are the shapes of its elements, each once.
    """
    if isinstance(value, dict):
        return {key: shape(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        shapes = {json.dumps(shape(member)) for member in value}
        return [json.loads(each) for each in sorted(shapes)]
    return 'null' if value is None else type(value).__name__
