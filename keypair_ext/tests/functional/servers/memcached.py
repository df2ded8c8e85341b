# SPDX-License-Identifier: Apache-2.0

"""A real memcached, for keystonemiddleware's token cache and ours."""

from typing import Final

import fixtures

from keypair_ext.tests.functional.servers import process

_PROGRAM: Final = 'memcached'


def available() -> bool:
    """Tell whether memcached is installed."""
    return process.find_program(_PROGRAM) is not None


class Memcached(fixtures.Fixture):
    """memcached on a free port; ``address`` is its ``host:port``."""

    daemon: process.Process

    def __init__(self, port: int | None = None, megabytes: int = 64):
        super().__init__()
        self._megabytes = megabytes
        self.port = port or process.free_port()
        self.address = f'{process.LOOPBACK}:{self.port}'

    def _setUp(self) -> None:
        program = process.need_program(_PROGRAM, 'memcached')
        home = self.useFixture(process.Directory('memcached')).path
        self.daemon = self.useFixture(
            process.Process(
                [
                    program,
                    '-l',
                    process.LOOPBACK,
                    '-p',
                    str(self.port),
                    '-U',
                    '0',
                    '-m',
                    str(self._megabytes),
                ],
                log=home / 'memcached.log',
                port=self.port,
                env=process.clean_environment(home),
                user=process.unprivileged_user('memcache'),
            )
        )
