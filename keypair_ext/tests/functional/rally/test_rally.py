# SPDX-License-Identifier: Apache-2.0

"""Rally's key pair scenarios, without a single failure, in both mounts."""

import json
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

from keypair_ext.tests import base
from keypair_ext.tests.functional.keystone import cloud
from keypair_ext.tests.functional.servers import (
    ini,
    keystone,
    process,
    venv,
)

REQUIREMENTS: Final = ('rally==5.1.1', 'rally-openstack==4.1.0')

_SCENARIOS: Final = (
    'NovaKeypair.create_and_list_keypairs',
    'NovaKeypair.create_and_get_keypair',
    'NovaKeypair.create_and_delete_keypair',
)
_TIMES: Final = 20

_REASON = cloud.reason_to_skip('KEYPAIR_EXT_TEST_RALLY', 'tox -e rally')


class _Rally:
    """Rally with a database of its own, for a user of a cloud."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._program = venv.ensure('rally', REQUIREMENTS) / 'bin' / 'rally'
        ini.write(
            home / 'rally.conf',
            {'database': {'connection': f'sqlite:///{home}/rally.db'}},
        )
        self._rally('db', 'create')

    def use(self, identity: keystone.Keystone) -> None:
        """Be a new member of the cloud from now on."""
        account = identity.account('member')
        user = {
            'username': account.user_name,
            'password': account.password,
            'project_name': account.project_name,
            'user_domain_name': 'Default',
            'project_domain_name': 'Default',
        }
        spec = {
            'existing@openstack': {
                'auth_url': identity.url,
                'region_name': keystone.REGION,
                'users': [user],
            }
        }
        path = self._write('cloud.json', spec)
        self._rally('env', 'create', '--name', 'cloud', '--spec', path)

    def run(self, scenario: str) -> list[dict[str, Any]]:
        """Run a scenario some times; return what came of each time."""
        runner = {
            'type': 'constant',
            'times': _TIMES,
            'concurrency': 2,
        }
        task = self._write('task.json', {scenario: [{'runner': runner}]})
        self._rally('task', 'start', task)
        results = json.loads(self._rally('task', 'results'))
        return [time for result in results for time in result['result']]

    def _write(self, name: str, document: object) -> Path:
        path = self._home / name
        path.write_text(json.dumps(document))
        return path

    def _rally(self, *arguments: str | Path) -> str:
        return process.run(
            [
                self._program,
                '--config-file',
                self._home / 'rally.conf',
                *arguments,
            ],
            env=process.clean_environment(self._home),
            cwd=self._home,
        )


class _RallyTestCase(base.TestCase):
    """The tests of a class share a cloud."""

    rally: ClassVar[_Rally]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        small = cls.use(cloud.Cloud())
        small.keystone.register_compute(cls.compute(small))
        home = cls.use(process.Directory('rally'))
        cls.rally = _Rally(home.path)
        cls.rally.use(small.keystone)

    @classmethod
    def compute(cls, small: cloud.Cloud) -> str:
        """Return the endpoint under test, started."""
        raise NotImplementedError


@unittest.skipIf(_REASON, _REASON)
class FilterTest(_RallyTestCase):
    """Our filter in a real Nova."""

    @classmethod
    def compute(cls, small: cloud.Cloud) -> str:
        return small.nova()

    def test_scenarios(self) -> None:
        for scenario in _SCENARIOS:
            times = self.rally.run(scenario)
            self.assertEqual(_TIMES, len(times), scenario)
            self.assertEqual([], list(_errors(times)), scenario)


@unittest.skipIf(_REASON, _REASON)
class ServiceTest(FilterTest):
    """Our stand-alone service."""

    @classmethod
    def compute(cls, small: cloud.Cloud) -> str:
        return small.service()


def _errors(times: list[dict[str, Any]]) -> Iterator[str]:
    for time in times:
        if time['error']:
            yield ' '.join(map(str, time['error']))
