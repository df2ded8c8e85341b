# SPDX-License-Identifier: Apache-2.0

"""What ``make serve`` runs, as a child process on a free port."""

import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import fixtures
import yaml
from keystoneauth1 import session
from keystoneauth1.identity import v3

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional.servers import process

BIN = Path(sys.executable).parent


def command(directory: Path, port: int) -> list[str]:
    """Return what ``make serve`` runs."""
    return [
        sys.executable,
        '-m',
        'keypair_ext.testbed',
        'serve',
        '--directory',
        str(directory),
        '--port',
        str(port),
    ]


class TestBed(fixtures.Fixture):
    """A test bed, made anew and serving.

    :param environment: variables, such as oslo.config's for options.
    :ivar clouds: what ``clouds.yaml`` has for each user.
    """

    daemon: process.Process

    def __init__(self, **environment: str) -> None:
        super().__init__()
        self._environment = environment
        self.port = process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'

    def _setUp(self) -> None:
        self.home = self.useFixture(process.Directory('testbed')).path
        # A shell must not take the name to pieces.
        self.directory = self.home / "amelia's demo"
        log = self.home / 'log'
        self.daemon = process.Process(
            command(self.directory, self.port),
            log=log,
            port=self.port,
            # What it says last.
            ready=lambda: 'keypair list' in log.read_text(),
            env=process.clean_environment(self.home, **self._environment),
            cwd=self.home,
        )
        self.useFixture(self.daemon)
        with (self.directory / 'clouds.yaml').open() as stream:
            self.clouds = yaml.safe_load(stream)['clouds']

    def auth(self, user: str) -> v3.Password:
        """Return how a user logs in."""
        return v3.Password(**self.clouds[user]['auth'])

    def user_id(self, user: str) -> str:
        """Return the id of a user."""
        opened = session.Session(self.auth(user))
        try:
            return str(opened.get_user_id())
        finally:
            opened.session.close()

    @property
    def printed_line(self) -> str:
        """What it asked to be pasted."""
        return next(
            line
            for line in self.daemon.recent_log.splitlines()
            if ' keypair ' in line
        )

    def shell(
        self, line: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a line as somebody who pastes it into another terminal."""
        return self._run(['/bin/sh', '-c', line], environment)

    def openstack(
        self, user: str, *arguments: str | Path, version: str = '2.10'
    ) -> subprocess.CompletedProcess[str]:
        """Run python-openstackclient as one of the users."""
        return self._run(
            [BIN / 'openstack', *arguments],
            {
                'OS_CLIENT_CONFIG_FILE': str(self.directory / 'clouds.yaml'),
                'OS_CLOUD': user,
                'OS_COMPUTE_API_VERSION': version,
            },
        )

    def _run(
        self, argv: list[str | Path], environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return completed(
            argv,
            env=process.clean_environment(self.home, **environment),
            cwd=self.home,
        )


class ClientTestCase(base.TestCase):
    """What a client's developers deprecate is no mistake of ours."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.WarningsFilter(
                [
                    {'action': 'ignore', 'category': DeprecationWarning},
                    {
                        'action': 'ignore',
                        'category': PendingDeprecationWarning,
                    },
                ]
            )
        )


class TestBedCase(ClientTestCase):
    """The tests of a class share one, so they name keys apart."""

    testbed: ClassVar[TestBed]
    environment: ClassVar[dict[str, str]] = {}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.testbed = cls.use(TestBed(**cls.environment))
