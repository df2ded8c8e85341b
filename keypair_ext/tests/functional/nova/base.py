# SPDX-License-Identifier: Apache-2.0

"""What tests with real Novas have in common: servers and requests."""

import json
import unittest
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import fixtures

from keypair_ext.tests import base
from keypair_ext.tests.functional.conformance import wire
from keypair_ext.tests.functional.conformance.caller import Caller
from keypair_ext.tests.functional.nova import environment, inside
from keypair_ext.tests.functional.servers import mariadb, nova, process

_REASON = environment.reason_to_skip()

KEY = (
    'ssh-ed25519 '
    'AAAAC3NzaC1lZDI1NTE5AAAAIMBgKBD6h72s/aSSbjOUQofknwsOpFYE1RPruym//J3Y me'
)

# What ours accepts and Nova does not tells which of them answers.
TAB = KEY.replace(' ', '\t', 1)


class Server(Protocol):
    """A Nova, or our service."""

    @property
    def port(self) -> int: ...


class Stage(fixtures.Fixture):
    """A MariaDB with Nova's databases, and Novas that share them."""

    database: mariadb.MariaDB
    databases: nova.NovaDatabases

    def _setUp(self) -> None:
        self.software = environment.WithKeypairExt()
        self.database = self.useFixture(mariadb.MariaDB())
        self.databases = self.useFixture(nova.NovaDatabases(self.database))

    def plain(self, **options: Any) -> nova.Nova:
        """Start a Nova without our filter."""
        return self.useFixture(nova.Nova(self.databases, **options))

    def mounted(self, **options: Any) -> nova.Nova:
        """Start a Nova with our filter."""
        return self.plain(
            paste_filter=environment.FILTER, software=self.software, **options
        )

    def ask_nova(
        self, server: nova.Nova, *calls: Sequence[object]
    ) -> list[Any]:
        """Let Nova's own code do something, and return the results.

        :param calls: of :class:`inside.Inside`.
        """
        results = server.home / 'results.json'
        process.run(
            [
                nova.Software().install() / 'bin' / 'python',
                inside.__file__,
                server.home,
                results,
            ],
            env=process.clean_environment(server.home),
            stdin=json.dumps(calls),
        )
        answers: list[Any] = json.loads(results.read_text())
        return answers


@unittest.skipIf(_REASON, _REASON)
class NovaTestCase(base.TestCase):
    """Starts a stage once for all tests of a class."""

    stage: ClassVar[Stage]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stage = cls.use(Stage())

    def send(self, server: Server, request: wire.Request) -> wire.Answer:
        """Send a request."""
        return wire.send(server.port, request)

    def create(
        self, server: Server, caller: Caller, version: str, **members: str
    ) -> dict[str, Any]:
        """Create a key pair; return it as it was answered."""
        answer = self.send(server, caller.create('', version, **members))
        self.assertIn(answer.status, (200, 201), str(answer.body))
        keypair: dict[str, Any] = answer.json()['keypair']
        return keypair

    def show(
        self, server: Server, caller: Caller, name: str
    ) -> dict[str, Any]:
        """Return a key pair as 2.2 shows it."""
        answer = self.send(server, caller.show('', name, '2.2'))
        self.assertEqual(200, answer.status, str(answer.body))
        keypair: dict[str, Any] = answer.json()['keypair']
        return keypair

    def who_answers(self, server: Server) -> str:
        """Return who does for key pairs now, or with which status."""
        caller = Caller('who')
        answer = self.send(
            server, caller.create('', '2.2', name='t', public_key=TAB)
        )
        if answer.status == 201:
            self.send(server, caller.delete('', 't', '2.2'))
        return {201: 'ours', 400: 'nova'}.get(
            answer.status, str(answer.status)
        )
