# SPDX-License-Identifier: Apache-2.0

"""A Galera cluster of MariaDB on loopback, whose nodes can be killed.

A node that comes back is told where it was, as Debian's service does, and so
asks the others only for what it has missed.
"""

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext.tests.functional.servers import mariadb, process

PROVIDER: Final = Path('/usr/lib/galera/libgalera_smm.so')
# What sends a joiner all the data.
_PROGRAMS: Final = ('rsync', 'lsof')
_POSITION: Final = re.compile(r'Recovered position:\s*(\S+)')
_SYNCED: Final = {'wsrep_local_state_comment': 'Synced', 'wsrep_ready': 'ON'}


class Node(mariadb.MariaDB):
    """One node. Ports: of clients, the group, and what a joiner is sent."""

    def __init__(self, name: str, options: Sequence[str] = ()):
        super().__init__(options)
        self.name = name
        self._own_options = options
        self.group_port = process.free_port()
        self._increment_port = process.free_port()
        self._snapshot_port = process.free_port()
        self._peers: Sequence[Node] = ()

    def bootstrap(self) -> None:
        """Start as the first node of a new cluster."""
        self._describe(['--wsrep-new-cluster'])
        self.setUp()

    def join(self, peers: Sequence['Node']) -> None:
        """Start as a node that takes everything from the others."""
        self._peers = peers
        self._describe([])
        self.setUp()

    def kill(self) -> None:
        """Take the power away."""
        self.daemon.kill()

    def restart(self, peers: Sequence['Node']) -> None:
        """Start again, with what is on the disk, and catch up."""
        self._peers = peers
        self._describe([f'--wsrep-start-position={self._recover()}'])
        self.daemon = self.useFixture(self._server())

    def is_synced(self) -> bool:
        """Tell whether the node answers queries as a member of the group."""
        try:
            rows = self.execute("SHOW STATUS LIKE 'wsrep%'")
        except process.ServerError:
            return False
        status = dict(
            line.split('\t', 1) for line in rows.splitlines() if '\t' in line
        )
        return _SYNCED.items() <= status.items()

    def _describe(self, more: Sequence[str]) -> None:
        self._options = [
            *self._own_options,
            *self._cluster_options(),
            *more,
        ]

    def _cluster_options(self) -> list[str]:
        here = process.LOOPBACK
        peers = ','.join(f'{here}:{peer.group_port}' for peer in self._peers)
        provider = (
            f'gmcast.listen_addr=tcp://{here}:{self.group_port};'
            f'ist.recv_addr={here}:{self._increment_port}'
        )
        return [
            '--wsrep-on=ON',
            f'--wsrep-provider={PROVIDER}',
            f'--wsrep-provider-options={provider}',
            '--wsrep-cluster-name=keypair-ext-tests',
            f'--wsrep-cluster-address=gcomm://{peers}',
            f'--wsrep-node-name={self.name}',
            f'--wsrep-node-address={here}',
            '--wsrep-sst-method=rsync',
            f'--wsrep-sst-receive-address={here}:{self._snapshot_port}',
            '--binlog-format=ROW',
            '--default-storage-engine=InnoDB',
            '--innodb-autoinc-lock-mode=2',
        ]

    def _recover(self) -> str:
        """Return the last transaction that is on the disk."""
        log = self._home / 'recovery.log'
        process.run(
            [*self._argv(), '--wsrep-recover', f'--log-error={log}'],
            env=self._env,
            user=self._user,
            cwd=self._home,
        )
        positions = _POSITION.findall(log.read_text(errors='replace'))
        if not positions:
            raise process.ServerError(f'{self.name}: no position in {log}')
        return str(positions[-1])

    def _install(self) -> None:
        if self._peers:
            # All of it comes from a peer.
            self._owned_data_directory()
        else:
            super()._install()

    def _owned_data_directory(self) -> None:
        process.run(
            ['mkdir', self._home / 'data'], env=self._env, user=self._user
        )

    def _create_user(self) -> None:
        if not self._peers:
            super()._create_user()

    def _server(self) -> process.Process:
        return process.Process(
            self._argv(),
            log=self._home / 'log',
            port=self.port,
            ready=self.is_synced,
            env=self._env,
            user=self._user,
            cwd=self._home,
            timeout=120,
        )


def _ensure_packages() -> None:
    process.ensure_package('galera-4', PROVIDER.exists)
    if not PROVIDER.exists():
        raise process.ServerError(
            f'{PROVIDER} not found; run: apt-get install galera-4'
        )
    for program in _PROGRAMS:
        process.ensure_package(
            program, functools.partial(_has_program, program)
        )
        process.need_program(program, program)


def _has_program(name: str) -> bool:
    return process.find_program(name) is not None


class Cluster(fixtures.Fixture):
    """Nodes that hold the same data, each with a way in of its own."""

    def __init__(self, size: int = 3, options: Sequence[str] = ()):
        """Describe the cluster.

        :param options: more of each mariadbd's command line.
        """
        super().__init__()
        self.nodes = [
            Node(f'node{number}', options) for number in range(1, size + 1)
        ]

    def _setUp(self) -> None:
        _ensure_packages()
        for number, node in enumerate(self.nodes):
            self.addCleanup(node.cleanUp)
            if number:
                node.join(self.nodes[:number])
            else:
                node.bootstrap()

    def kill(self, node: Node) -> None:
        """Kill a node; the others go on when they have noticed."""
        node.kill()

    def restart(self, node: Node) -> None:
        """Let a killed node come back; return when it is synced."""
        node.restart([peer for peer in self.nodes if peer is not node])

    def execute(self, sql: str, database: str = '') -> str:
        """Run statements as root on the first node."""
        return self.nodes[0].execute(sql, database)
