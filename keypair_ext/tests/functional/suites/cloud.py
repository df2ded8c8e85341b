# SPDX-License-Identifier: Apache-2.0

"""A test bed by the names by which clients' suites know their clouds."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from keypair_ext.testbed import fixture
from keypair_ext.testbed.records import Record
from keypair_ext.tests.functional.identity import requests
from keypair_ext.tests.functional.servers import process

# As DevStack writes them, and one of python-novaclient's.
_CLOUDS: Final = {
    'devstack': 'member',
    'devstack-alt': 'member2',
    'devstack-admin': 'admin',
    'devstack-system-admin': 'admin',
    'functional_admin': 'admin',
    'member': 'member',
}


class SuiteCloud(fixture.TestbedFixture):
    """The test bed, and a home directory with its ``clouds.yaml``.

    :ivar home: that directory.
    """

    home: Path

    def _setUp(self) -> None:
        super()._setUp()
        self.home = self.useFixture(process.Directory('suite')).path
        path = self.home / '.config' / 'openstack' / 'clouds.yaml'
        path.parent.mkdir(parents=True)
        clouds = {name: self._cloud(user) for name, user in _CLOUDS.items()}
        path.write_text(yaml.safe_dump({'clouds': clouds}))

    def _cloud(self, user: str) -> dict[str, Any]:
        cloud: dict[str, Any] = self.bed.clouds()['clouds'][user]
        # python-novaclient's suite knows domains by their ids only.
        domains = {
            'user_domain_id': 'default',
            'project_domain_id': 'default',
        }
        named = {
            key: value
            for key, value in cloud['auth'].items()
            if not key.endswith('_domain_name')
        }
        return {**cloud, 'auth': {**named, **domains}}

    def environment(self, **more: str) -> dict[str, str]:
        """Return a suite's variables; its programs are those beside us."""
        programs = Path(sys.executable).parent
        return {
            **process.clean_environment(self.home, **more),
            'PATH': f'{programs}:{os.environ["PATH"]}',
            'PYTHONWARNINGS': 'ignore',
        }

    def unasked(self) -> Iterator[Record]:
        """Yield what was asked of Identity, and is not asked of Keystone."""
        for seen in self.bed.requests:
            path = seen.path.removeprefix('/identity')
            if path != seen.path and not requests.ask_the_like(
                seen.method, path or '/'
            ):
                yield seen
