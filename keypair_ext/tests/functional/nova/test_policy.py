# SPDX-License-Identifier: Apache-2.0

"""One policy file for both: read again when it changes, as Nova does."""

import re
from typing import ClassVar

import fixtures

from keypair_ext import config_files
from keypair_ext.policy.tools import find_mistakes
from keypair_ext.tests.functional.conformance.caller import Caller
from keypair_ext.tests.functional.conformance.servers import Service
from keypair_ext.tests.functional.nova import base, environment
from keypair_ext.tests.functional.servers import nova, process

_NAME = 'os_compute_api:os-keypairs'

_OPERATIONS = ('index', 'show', 'create', 'delete')

_CALLERS = {
    'nobody special': Caller('policy', roles=()),
    'reader': Caller('policy', roles=('reader',)),
    'member': Caller('policy', roles=('member', 'reader')),
    'custom': Caller('policy-custom', roles=('keymaster', 'member')),
    'admin': Caller('policy-admin').admin(),
}

_POLICIES = {
    'none': '',
    'index for readers': f'"{_NAME}:index": "role:reader"\n',
    'create for a custom role': f'"{_NAME}:create": "role:keymaster"\n',
    'both, and nobody deletes': (
        f'"{_NAME}:index": "role:reader"\n'
        f'"{_NAME}:create": "role:keymaster"\n'
        f'"{_NAME}:delete": "!"\n'
    ),
    'by a base rule': (
        f'"{_NAME}:index": "rule:project_reader_api"\n'
        f'"{_NAME}:show": "rule:admin_api"\n'
    ),
    'by a rule of the operator': (
        '"keys": "role:keymaster or user_id:%(user_id)s"\n'
        f'"{_NAME}:create": "rule:keys and not role:reader"\n'
    ),
    'administrators in small letters': (
        f'"{_NAME}:index": "is_admin:true"\n'
        f'"{_NAME}:show": "not is_admin:TRUE"\n'
        f'"{_NAME}:delete": "is_admin:yes"\n'
    ),
    'a rule that is not defined': (
        f'"{_NAME}:index": "rule:nowhere or role:keymaster"\n'
        f'"{_NAME}:show": "rule:nowhere"\n'
    ),
    'the default rule': (
        f'"default": "role:reader"\n"{_NAME}:show": "rule:nowhere"\n'
    ),
    'nothing, and so everybody': f'"{_NAME}:delete":\n',
    'a check that is none': f'"{_NAME}:delete": "role"\n',
    'another administrator': '"context_is_admin": "role:keymaster"\n',
    'everything for everybody': ''.join(
        f'"{_NAME}:{operation}": "@"\n' for operation in _OPERATIONS
    ),
}


_OTHER = 'os_compute_api:os-floating-ip-pools'
_BROKEN = '"half a rule'


class PolicyTestCase(base.NovaTestCase):
    """Plain Nova, and ours in both mounts, under the same policies."""

    plain: ClassVar[nova.Nova]
    mounted: ClassVar[nova.Nova]
    service: ClassVar[Service]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.plain = cls.stage.plain()
        cls.mounted = cls.stage.mounted()
        cls.service = cls.stage.useFixture(
            Service(cls.stage.databases.api_url)
        )

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self._set, '')

    def _set(self, policy: str) -> None:
        """Replace the file of each; none is restarted."""
        for server in (self.plain, self.mounted, self.service):
            server.set_policy(policy)

    def test_overrides_are_honoured_without_a_restart(self) -> None:
        seen = {}
        for title, policy in _POLICIES.items():
            self._set(policy)
            seen[title] = self._allowed(self.plain)
            for server in (self.mounted, self.service):
                self.assertEqual(seen[title], self._allowed(server), title)
        self.assertEqual(len(_POLICIES), len(set(map(repr, seen.values()))))

    def test_rules_of_other_resources(self) -> None:
        """The filter knows Nova's; the service says that it does not."""
        self._set(f'"{_NAME}:index": "rule:{_OTHER}"\n"{_OTHER}": ""\n')
        for server in (self.plain, self.mounted, self.service):
            self._assert_listing(200, server)
        self._set(f'"{_NAME}:index": "rule:{_OTHER}"\n')
        for server in (self.plain, self.mounted):
            self._assert_listing(200, server)
        self._assert_listing(403, self.service)
        log = self.service.server.daemon.recent_log
        self.assertTrue(f'rule {_OTHER}, which is not defined' in log)

    def test_upgrade_check_of_the_filter(self) -> None:
        """It knows Nova's rules, as the filter does."""
        self._set(f'"{_NAME}:index": "rule:{_OTHER}"\n')
        (self.mounted.home / 'policy.d').mkdir(exist_ok=True)
        told = process.run(
            [
                self.stage.software.install() / 'bin' / 'keypair-ext-status',
                '--config-file',
                self.mounted.home / 'nova.conf',
                '--database-group',
                'api_database',
                'upgrade',
                'check',
            ],
            env=process.clean_environment(self.mounted.home),
        )
        self.assertIn('policy files: success\n', told)
        self.assertNotIn('failure', told)

    def _assert_listing(self, status: int, server: base.Server) -> None:
        request = _CALLERS['member'].list('')
        self.assertEqual(status, self.send(server, request).status)

    def test_a_circle_of_rules_is_told_of(self) -> None:
        """Plain Nova runs into it with each request, and answers 500."""
        self._set(f'"{_NAME}:index": "rule:a"\n"a": "rule:a"\n')
        self._assert_listing(500, self.plain)
        for server in (self.mounted, self.service):
            self._assert_listing(503, server)
            log = server.server.daemon.recent_log
            self.assertTrue('refer to each other in a circle: a, a.' in log)

    def test_novas_own_file_is_without_mistakes(self) -> None:
        sample = process.run(
            [
                nova.Software().install() / 'bin/oslopolicy-sample-generator',
                '--namespace',
                'nova',
            ],
            env=process.clean_environment(self.service.home),
        )
        rules = re.sub('(?m)^#(?=")', '', sample)
        self.assertIn(f'\n"{_OTHER}": ', rules)
        self.service.set_policy(rules)
        configuration = config_files.parse(
            [str(self.service.home / 'keypair_ext.conf')]
        )
        (self.service.home / 'policy.d').mkdir(exist_ok=True)
        self.assertEqual([], find_mistakes(configuration))

    def _allowed(self, server: base.Server) -> dict[str, list[int]]:
        """Return the statuses of everything that everybody may try."""
        self.stage.database.execute('DELETE FROM key_pairs', 'nova_api')
        return {
            title: [
                self.send(server, request).status
                for query in ('', '?user_id=policy')
                for request in (
                    caller.create('', '2.10', name='new', public_key=base.KEY),
                    caller.create(
                        '',
                        '2.10',
                        name='other',
                        public_key=base.KEY,
                        user_id='policy',
                    ),
                    caller.list('', '2.10', query),
                    caller.show('', 'new', '2.10', query),
                    caller.delete('', 'new', '2.10', query),
                    caller.delete('', 'other', '2.10', query),
                )
            ]
            for title, caller in _CALLERS.items()
        }

    def test_a_broken_file_is_told_of(self) -> None:
        """The service answers 503; in Nova, Nova asks first, and fails.

        With or without the filter: to make a context it asks its policy who
        is an administrator.
        """
        request = _CALLERS['member'].list('')
        self._set(_BROKEN)
        for server in (self.plain, self.mounted):
            self.assertEqual(500, self.send(server, request).status)
            log = server.server.daemon.recent_log
            self.assertTrue('while scanning a quoted scalar' in log)
        answer = self.send(self.service, request)
        self.assertEqual(503, answer.status)
        self.assertEqual(('1',), answer.all('Retry-After'))
        message = answer.json()['serviceUnavailable']['message']
        self.assertIn('policy', message)
        log = self.service.server.daemon.recent_log
        path = self.service.home / 'policy.yaml'
        self.assertTrue(f'Policy file {path} cannot be used' in log)
        self._set('')
        for each in (self.plain, self.mounted, self.service):
            self.assertEqual(200, self.send(each, request).status)

    def test_a_file_that_is_deleted(self) -> None:
        """With the filter it is as without: what each release does there."""
        request = _CALLERS['member'].list('')
        seen = []
        for server in (self.plain, self.mounted):
            server.set_policy('')
            self._assert_listing(200, server)
            (server.home / 'policy.yaml').unlink()
            seen.append([self.send(server, request).status for _ in range(3)])
        self.assertEqual(seen[0], seen[1])
        self._set('')
        for server in (self.plain, self.mounted):
            self._assert_listing(200, server)

    def test_a_broken_file_stops_the_start(self) -> None:
        """Plain Nova would start, and then answer nothing but 500."""
        broken = nova.Nova(
            self.stage.databases,
            policy=_BROKEN,
            paste_filter=environment.FILTER,
            software=self.stage.software,
        )
        raised = self.assertRaises(fixtures.MultipleExceptions, broken.setUp)
        for words in (
            'did not start',
            'policy.yaml cannot be used',
            'line 1, column 1',
        ):
            self.assertIn(words, str(raised))
        plain = self.useFixture(
            nova.Nova(self.stage.databases, policy=_BROKEN)
        )
        answer = self.send(plain, _CALLERS['member'].list(''))
        self.assertEqual(500, answer.status)
