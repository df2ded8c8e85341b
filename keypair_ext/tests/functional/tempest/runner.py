# SPDX-License-Identifier: Apache-2.0

"""Tempest in an environment of its own, run as an operator runs it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext.tests.functional.nova import environment
from keypair_ext.tests.functional.servers import (
    ini,
    keystone,
    process,
    venv,
)

REQUIREMENTS: Final = ('tempest==47.0.0',)

_TOTAL: Final = re.compile(r'^ - (\w+(?: \w+)?): (\d+)$', re.MULTILINE)
_PASSED: Final = re.compile(r'^\{\d+\} ([\w.]+).*\.\.\. ok$', re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """How many tests a run had, and what came of them.

    :param names: of those that have passed.
    """

    names: frozenset[str]
    passed: int
    skipped: int
    failed: int


class Tempest(fixtures.Fixture):
    """A workspace for one cloud, with accounts that are made beforehand.

    Tempest makes new ones for each class otherwise, by some 25 requests.
    """

    def __init__(
        self, identity: keystone.Keystone, conf: ini.Sections | None = None
    ) -> None:
        """Describe the workspace.

        :param identity: has the compute endpoint in its catalogue.
        :param conf: more options for tempest.conf.
        """
        super().__init__()
        self._identity = identity
        self._conf = conf or {}

    def _setUp(self) -> None:
        self._venv = venv.ensure(
            'tempest', REQUIREMENTS, checkouts=[environment.ROOT]
        )
        self._home = self.useFixture(process.Directory('tempest')).path
        self._workspace = self._home / 'workspace'
        self._accounts = self._home / 'accounts.yaml'
        self._accounts.write_text(json.dumps(self._make_accounts()))
        self._tempest('init', self._workspace, cwd=self._home)

    def _make_accounts(self) -> list[dict[str, object]]:
        """Return two members, a reader and an administrator, made now.

        Tempest wants the reader to be in the project of the first member.
        """
        first = self._identity.account('member')
        reader = self._identity.account('reader', project_id=first.project_id)
        others = [self._identity.account(role) for role in ('member', 'admin')]
        return [
            {
                'username': account.user_name,
                'project_name': account.project_name,
                'password': account.password,
                'roles': list(account.roles),
                'types': [role for role in account.roles if role == 'admin'],
            }
            for account in (first, *others, reader)
        ]

    def run(self, regex: str, conf: ini.Sections | None = None) -> Outcome:
        """Run the tests of these names, one after the other.

        :param conf: more options for tempest.conf.
        :raises ServerError: a test has failed; its output is in the message.
        """
        self._configure(conf or {})
        output = self._tempest(
            'run', '--serial', '--regex', regex, cwd=self._workspace
        )
        totals = {name: int(count) for name, count in _TOTAL.findall(output)}
        return Outcome(
            frozenset(_PASSED.findall(output)),
            totals['Passed'],
            totals['Skipped'],
            totals['Failed'],
        )

    def _configure(self, conf: ini.Sections) -> None:
        sections: ini.Sections = {
            'auth': {
                'use_dynamic_credentials': False,
                'test_accounts_file': self._accounts,
                'default_credentials_domain_name': 'Default',
            },
            'identity': {
                'auth_version': 'v3',
                'uri_v3': self._identity.url,
                'region': keystone.REGION,
            },
            'compute': {'max_microversion': 'latest'},
            'oslo_concurrency': {'lock_path': self._home / 'locks'},
            'service_available': {
                'cinder': False,
                'glance': False,
                'horizon': False,
                'neutron': False,
                'nova': True,
                'swift': False,
            },
            'validation': {'run_validation': False},
        }
        ini.write(
            self._workspace / 'etc' / 'tempest.conf',
            ini.merge(sections, self._conf, conf),
        )

    def _tempest(self, *arguments: str | Path, cwd: Path) -> str:
        program = self._venv / 'bin' / 'tempest'
        env = process.clean_environment(self._home)
        # Tempest starts "python" for each worker.
        env['PATH'] = f'{program.parent}:{env["PATH"]}'
        return process.run([program, *arguments], env=env, cwd=cwd)
