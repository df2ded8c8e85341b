# SPDX-License-Identifier: Apache-2.0

"""A real RabbitMQ, and an ear that hears all that is told to it.

Erlang's name server, epmd, is a process of ours as well: left to itself, the
first RabbitMQ of a machine starts one that stays behind.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import amqp
import fixtures

from keypair_ext.tests.functional.servers import process

_PACKAGE: Final = 'rabbitmq-server'
_HIDDEN: Final = (Path('/usr/lib/rabbitmq/bin'),)
_PROGRAMS: Final = ('epmd', 'rabbitmq-server')


def available() -> bool:
    """Tell whether rabbitmq-server is installed."""
    return all(process.find_program(name, _HIDDEN) for name in _PROGRAMS)


def reason_to_skip() -> str:
    """Return why tests that want one are not run; '' where they are."""
    if not os.environ.get('KEYPAIR_EXT_TEST_RABBITMQ'):
        return 'set KEYPAIR_EXT_TEST_RABBITMQ=1, or run tox -e listener'
    return '' if available() else 'rabbitmq-server is not installed'


class RabbitMQ(fixtures.Fixture):
    """RabbitMQ on a free port; ``url`` is oslo.messaging's."""

    daemon: process.Process

    def __init__(self, port: int | None = None) -> None:
        super().__init__()
        self.port = port or process.free_port()
        self.address = f'{process.LOOPBACK}:{self.port}'
        self.url = f'rabbit://guest:guest@{self.address}/'

    def _setUp(self) -> None:
        epmd, server = (
            process.need_program(name, _PACKAGE, _HIDDEN) for name in _PROGRAMS
        )
        self._user = process.unprivileged_user('rabbitmq')
        directory = process.Directory('rabbitmq', self._user)
        self._home = self.useFixture(directory).path
        self._names = process.free_port()
        self._env = self._environment()
        self._start(epmd, self._names, '-address', process.LOOPBACK)
        self.daemon = self._start(server, self.port)

    def _environment(self) -> dict[str, str]:
        """Return what keeps it from the machine's files and addresses."""
        own = {
            'CONF_ENV_FILE': self._home / 'none',
            'CONFIG_FILE': self._home / 'none',
            'DIST_PORT': process.free_port(),
            'ENABLED_PLUGINS_FILE': self._home / 'plugins',
            'LOGS': '-',
            'MNESIA_BASE': self._home / 'data',
            'NODENAME': f'kpx{os.getpid()}@localhost',
            'NODE_IP_ADDRESS': process.LOOPBACK,
            'NODE_PORT': self.port,
        }
        return process.clean_environment(
            self._home,
            ERL_EPMD_ADDRESS=process.LOOPBACK,
            ERL_EPMD_PORT=str(self._names),
            **{f'RABBITMQ_{name}': str(value) for name, value in own.items()},
        )

    def _start(
        self, program: Path, port: int, *options: str
    ) -> process.Process:
        return self.useFixture(
            process.Process(
                [program, *options],
                log=self._home / f'{program.name}.log',
                port=port,
                env=self._env,
                user=self._user,
                cwd=self._home,
                timeout=180,
            )
        )


class Ear(fixtures.Fixture):
    """Hears every notification of an exchange, in the order of arrival."""

    def __init__(self, server: RabbitMQ, exchange: str) -> None:
        """Describe the ear.

        :param exchange: ``control_exchange`` of those who send.
        """
        super().__init__()
        self._server = server
        self._exchange = exchange

    def _setUp(self) -> None:
        connection = amqp.Connection(self._server.address)
        connection.connect()
        self.addCleanup(connection.close)
        self._channel = connection.channel()
        # As oslo.messaging declares it, who would refuse another.
        self._channel.exchange_declare(
            self._exchange, 'topic', durable=False, auto_delete=False
        )
        self._queue = self._channel.queue_declare().queue
        self._channel.queue_bind(self._queue, self._exchange, '#')

    def heard(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield all since the last time, each with topic and event first.

        Whoever sends waits until RabbitMQ has it, so that nothing is late.
        """
        while message := self._channel.basic_get(self._queue, no_ack=True):
            envelope = json.loads(message.body)
            told = json.loads(envelope['oslo.message'])
            topic = message.delivery_info['routing_key']
            yield f'{topic} {told["event_type"]}', told
