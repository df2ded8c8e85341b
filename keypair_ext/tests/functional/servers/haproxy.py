# SPDX-License-Identifier: Apache-2.0

"""HAProxy before the nodes of a Galera cluster, and before the service.

With one writer all connections go to the first node that is synced; with
several they take turns.
"""

import contextlib
import enum
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext.tests.functional.servers import galera, process, shipped

_PROGRAM: Final = 'haproxy'

# What doc/source/admin/scaling.rst shows, but for ports and directories.
CONFIGURATION: Final = """\
global
    maxconn 2000

defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h

listen galera
    bind 127.0.0.1:{port}
    balance roundrobin
    option httpchk
    option tcpka
    default-server inter 1s fall 2 rise 2 on-marked-down shutdown-sessions
{servers}
"""

# What the first server has more than that, and what each of the others.
ONE_WRITER: Final = ('on-marked-up shutdown-backup-sessions', 'backup')
MORE_WRITERS: Final = ('', '')


class Mode(enum.Enum):
    """Which nodes are written to."""

    SINGLE = 'single'
    MULTI = 'multi'


def program() -> Path:
    """Return HAProxy's path, installed first where we may."""
    process.ensure_package(
        _PROGRAM, lambda: process.find_program(_PROGRAM) is not None
    )
    return process.need_program(_PROGRAM, _PROGRAM)


class Front(fixtures.Fixture):
    """HAProxy before a service, with the file that operators are given."""

    daemon: process.Process

    def __init__(
        self,
        port: int,
        nova: int | None = None,
        configuration: Path | None = None,
    ) -> None:
        """Describe the proxy.

        :param port: the service's, on the loopback address.
        :param nova: that of the Nova beside it, if there is one.
        :param configuration: another file than that for a service alone.
        """
        super().__init__()
        self._behind = port
        self._nova = nova
        self._configuration = configuration or shipped.HAPROXY
        self.port = process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'

    def _setUp(self) -> None:
        user = process.unprivileged_user('haproxy')
        home = self.useFixture(process.Directory('haproxy', user)).path
        self.daemon = process.Process(
            # With a master, which can be asked to read the file again.
            [program(), '-W', '-db', '-f', self._configuration],
            log=home / 'log',
            port=self.port,
            env=process.clean_environment(
                home,
                KEYPAIR_EXT_FRONTEND=f'{process.LOOPBACK}:{self.port}',
                KEYPAIR_EXT_NOVA=f'{process.LOOPBACK}:{self._nova}',
                **shipped.variables(self._behind, 1),
            ),
            user=user,
            # HAProxy's user may not be able to return to that of the tests.
            cwd=home,
        )
        self.useFixture(self.daemon)
        self._wait_for_loads(1)

    def read_again(self) -> None:
        """Have it read its file again, as a reload of the unit does."""
        done = self._loads()
        # One that comes while it starts a process is lost.
        for _ in range(6):
            self.daemon.send_signal(signal.SIGUSR2)
            with contextlib.suppress(process.ServerError):
                self._wait_for_loads(done + 1, 10)
                return
        raise process.ServerError('HAProxy does not read its file again')

    def _loads(self) -> int:
        return self.daemon.log.count('Loading success')

    def _wait_for_loads(self, number: int, timeout: float = 60) -> None:
        process.wait_until(
            lambda: self._loads() >= number, 'file read', timeout
        )


class HAProxy(fixtures.Fixture):
    """HAProxy on a free port, with a check of each node beside it."""

    daemon: process.Process

    def __init__(self, nodes: Sequence[galera.Node], mode: Mode):
        super().__init__()
        self._nodes = nodes
        self._mode = mode
        self._check_ports = [process.free_port() for _ in nodes]
        self.port = process.free_port()

    def _setUp(self) -> None:
        user = process.unprivileged_user('haproxy')
        self._home = self.useFixture(process.Directory('haproxy', user)).path
        self._check_nodes()
        configuration = self._home / 'haproxy.cfg'
        configuration.write_text(self._configuration())
        self.daemon = self.useFixture(
            process.Process(
                [program(), '-db', '-f', configuration],
                log=self._home / 'log',
                port=self.port,
                env=process.clean_environment(self._home),
                user=user,
            )
        )

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database, by way of the proxy."""
        node = self._nodes[0]
        return node.url(database).replace(f':{node.port}/', f':{self.port}/')

    def _check_nodes(self) -> None:
        """Start what knows which nodes are synced."""
        checked = [
            f'{port}={node.url("")}'
            for port, node in zip(self._check_ports, self._nodes, strict=True)
        ]
        program = Path(__file__).with_name('clustercheck.py')
        self.useFixture(
            process.Process(
                [sys.executable, program, *checked],
                log=self._home / 'clustercheck.log',
                port=self._check_ports[-1],
                ready=lambda: all(
                    process.answers_http(f'http://{process.LOOPBACK}:{port}')
                    for port in self._check_ports
                ),
                env=process.clean_environment(self._home),
            )
        )

    def _configuration(self) -> str:
        more = MORE_WRITERS if self._mode is Mode.MULTI else ONE_WRITER
        servers = [
            f'    server {node.name} {process.LOOPBACK}:{node.port} '
            f'check port {port} {more[min(number, 1)]}'.rstrip()
            for number, (node, port) in enumerate(
                zip(self._nodes, self._check_ports, strict=True)
            )
        ]
        return CONFIGURATION.format(port=self.port, servers='\n'.join(servers))
