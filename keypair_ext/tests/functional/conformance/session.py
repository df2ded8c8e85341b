# SPDX-License-Identifier: Apache-2.0

"""One run of the suite: the servers, and what came of each area so far."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import fixtures

from keypair_ext.tests.functional.conformance import comparison, servers
from keypair_ext.tests.functional.conformance.areas import areas, away
from keypair_ext.tests.functional.conformance.areas.script import (
    Area,
    Settings,
)
from keypair_ext.tests.functional.servers import ini

_SETTINGS = Settings(servers.KEY_PAIRS, servers.MAX_LIMIT)

AWAY = 'database away'


@dataclass(frozen=True)
class Outcome:
    """What came of an area, and how long it took in seconds."""

    comparison: comparison.Comparison
    seconds: float


def names() -> tuple[str, ...]:
    """Return the names of all areas, in the order they are best run."""
    return (*areas(), AWAY)


class Session(fixtures.Fixture):
    """Starts the servers, ``compared``, and runs each area once."""

    compared: servers.Compared

    def __init__(
        self,
        conf: ini.Sections | None = None,
        kind: type[servers.Compared] = servers.Servers,
    ) -> None:
        """Describe the session.

        :param conf: options for all the servers.
        """
        super().__init__()
        self._conf = conf
        self._kind = kind

    def _setUp(self) -> None:
        self._outcomes: dict[str, Outcome] = {}
        self.compared = self.useFixture(self._kind(self._conf))

    @property
    def mounts(self) -> Mapping[str, int]:
        """The ports of ours."""
        return self.compared.mounts

    def outcome(self, name: str) -> Outcome:
        """Return what came of an area, run now if it was not before."""
        if name not in self._outcomes:
            self._outcomes[name] = self._run(name)
        return self._outcomes[name]

    def _run(self, name: str) -> Outcome:
        began = time.monotonic()
        if name == AWAY:
            # HAProxy takes ours out while a user is being made.
            self.compared.signed(away.USER.list(''))
            with self._without_database():
                result = self._compare(name, away.script)
        else:
            result = self._compare(name, areas()[name])
        return Outcome(result, time.monotonic() - began)

    def _compare(self, name: str, area: Area) -> comparison.Comparison:
        return comparison.compare(
            name,
            area,
            _SETTINGS,
            self.compared.plain,
            self.compared.mounts,
            self.compared.signed,
        )

    @contextlib.contextmanager
    def _without_database(self) -> Iterator[None]:
        self.compared.database.daemon.stop()
        try:
            yield
        finally:
            self.compared.database.daemon.start()
