# SPDX-License-Identifier: Apache-2.0

"""Runs an area against every server and says where answers differ."""

import http
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass

from keypair_ext.tests.functional.conformance import seen, wire
from keypair_ext.tests.functional.conformance.areas.script import (
    Area,
    Script,
    Settings,
)
from keypair_ext.tests.functional.conformance.differences import Found

NOVA = 'nova'

# Of a body: what a socket holds that nobody reads, and less than Nova does.
_LARGE = 65536
_TRIES = 10


@dataclass(frozen=True)
class Exchange:
    """A request, and what one server answered."""

    request: wire.Request
    answer: seen.Seen


@dataclass(frozen=True)
class Report:
    """A request that was answered differently, for a person to read."""

    found: Found
    nova: Exchange
    ours: Exchange

    def __str__(self) -> str:
        parts = ', '.join(self.found.parts)
        return (
            f'== {self.found.mount}: {self.found.request}: {parts}\n'
            f'{self.ours.request}\n'
            f'-- Nova: {self.nova.answer}\n'
            f'-- ours: {self.ours.answer}'
        )


@dataclass(frozen=True)
class Comparison:
    """What came of an area."""

    requests: int
    reports: Sequence[Report]


def compare(
    name: str,
    area: Area,
    settings: Settings,
    plain: int,
    mounts: Mapping[str, int],
    signed: Callable[[wire.Request], wire.Request],
) -> Comparison:
    """Run an area against all servers at once.

    :param plain: the port of plain Nova.
    :param mounts: the ports of ours.
    :param signed: makes a request one of whoever it says to be of.
    """
    ports = {NOVA: plain, **mounts}
    with futures.ThreadPoolExecutor(len(ports)) as executor:
        running = {
            server: executor.submit(_play, area(settings), port, signed)
            for server, port in ports.items()
        }
        played = {server: run.result() for server, run in running.items()}
    theirs = played.pop(NOVA)
    reports = [
        report
        for mount, ours in played.items()
        for report in _differing(name, mount, theirs, ours)
    ]
    return Comparison(len(theirs), reports)


def _play(
    script: Script,
    port: int,
    signed: Callable[[wire.Request], wire.Request],
) -> list[Exchange]:
    """Send an area's requests, and hand it the answers."""
    eyes = seen.Eyes()
    exchanges = []
    try:
        request = next(script)
        while True:
            answer = _ask(port, signed(request))
            exchanges.append(Exchange(request, eyes.see(request.name, answer)))
            request = script.send(answer)
    except StopIteration:
        return exchanges


def _ask(port: int, request: wire.Request) -> wire.Answer:
    """Return the answer; none is what HAProxy calls 502.

    Some answers to a large body are lost: a Nova refuses such a request and
    closes, while its body is under way.
    """
    for _ in range(_TRIES if len(request.body) > _LARGE else 1):
        answer = wire.send(port, request)
        if answer.status == http.HTTPStatus.BAD_GATEWAY:
            answer = wire.CLOSED
        if answer is not wire.CLOSED:
            break
    return answer


def _differing(
    area: str, mount: str, theirs: Sequence[Exchange], ours: Sequence[Exchange]
) -> list[Report]:
    reports = []
    _check_names(area, theirs, ours)
    for nova, our in zip(theirs, ours, strict=True):
        parts = tuple(seen.differing(our.answer, nova.answer))
        if parts:
            found = Found(
                mount,
                f'{area}: {our.request.name}',
                (nova.answer.code, our.answer.code),
                parts,
            )
            reports.append(Report(found, nova, our))
    return reports


def _check_names(
    area: str, theirs: Sequence[Exchange], ours: Sequence[Exchange]
) -> None:
    """See to it that like is compared with like, and can be named."""
    names = [exchange.request.name for exchange in ours]
    if [exchange.request.name for exchange in theirs] != names:
        raise AssertionError(
            f'{area}: the servers were asked different things'
        )
    if len(set(names)) < len(names):
        raise AssertionError(f'{area}: two requests have one name')
