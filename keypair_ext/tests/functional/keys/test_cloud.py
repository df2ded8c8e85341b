# SPDX-License-Identifier: Apache-2.0

"""Commands that ask Identity and Compute, which answer as they do.

:mod:`keypair_ext.tests.functional.keystone.test_keys` asks real ones.
"""

import json
from urllib import parse as urlparse

import fixtures as fixtures_library

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.keys import base, services
from keypair_ext.tests.functional.keys.services import UNKNOWN, user


class CloudTestCase(base.KeysTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.services = self.useFixture(services.Services())
        self.addCleanup(self.assert_all_asked)
        self.configure(self.services.options())
        self.add('amelia', 'laptop', 'desktop')
        self.add('berta', 'laptop')
        self.add('carla', 'laptop')
        self.before = self.rows()

    def assert_all_asked(self) -> None:
        """Fail where an answer is left, or one was missing."""
        self.assertEqual([], self.services.left())

    def configure(self, authtoken: dict[str, object]) -> None:
        self.config = fixtures.write_config(
            str(self.directory),
            {
                'database': {'connection': self.url},
                'keystone_authtoken': authtoken,
            },
        )

    def expect(self, **answers: services.Answer) -> None:
        self.services.expect_operator()
        for user_id, answer in answers.items():
            self.services.expect_user(user_id, answer)

    def refused(self, *arguments: str) -> str:
        """Run a command that cannot ask; return its one sentence."""
        status, output, errors = self.run_command(*arguments)
        self.assertEqual((2, ''), (status, output), errors)
        self.assertEqual(1, errors.count('\n'), errors)
        self.assertEqual(self.before, self.rows())
        return errors


class OrphansTest(CloudTestCase):
    def test_who_is_not_known_and_who_is_disabled(self) -> None:
        self.expect(
            amelia=user('amelia'),
            berta=user('berta', enabled=False),
            carla=UNKNOWN,
        )
        status, output, _ = self.run_command('orphans')
        self.assertEqual(1, status)
        self.assertEqual(
            [
                {'user_id': 'berta', 'keys': 1, 'state': 'disabled'},
                {'user_id': 'carla', 'keys': 1, 'state': 'unknown'},
            ],
            [json.loads(line) for line in output.splitlines()],
        )

    def test_nobody(self) -> None:
        self.expect(
            amelia=user('amelia'),
            berta=user('berta', enabled=False),
            carla=user('carla'),
        )
        self.assertNotIn('unknown', self.run_well('orphans'))

    def test_nothing_is_concluded_from_a_refusal(self) -> None:
        answers: tuple[services.Answer, ...] = (
            ('401 Unauthorized', {'error': {'code': 401}}),
            ('403 Forbidden', {'error': {'code': 403}}),
            ('500 Internal Server Error', {'error': {'code': 500}}),
            ('503 Service Unavailable', {}),
            ('404 Not Found', {}),
            ('404 Not Found', b'<html>not found</html>'),
            ('404 Not Found', []),
            ('200 OK', {}),
            ('200 OK', []),
            ('200 OK', b'hello'),
        )
        purge = ('purge', '--orphans', '--at-most', '100%', '--yes')
        for answer in answers:
            for command in (('orphans',), purge):
                with self.subTest(answer=answer, command=command):
                    self.services.answers.clear()
                    self.expect(amelia=user('amelia'), carla=UNKNOWN)
                    # keystoneauth asks again where its token was refused.
                    self.services.expect_user('berta', answer, answer)
                    told = self.refused(*command)
                    self.assertIn('Nothing was concluded', told)
        # A refusal comes before the others are asked for.
        self.services.answers.clear()

    def test_an_address_that_knows_nothing_at_all(self) -> None:
        self.services.expect_user(services.OPERATOR, UNKNOWN)
        self.assertIn('who is asking', self.refused('orphans'))
        for answer in (UNKNOWN, ('404 Not Found', b'nothing')):
            self.services.everything = answer
            self.refused('orphans')

    def test_identity_that_is_away(self) -> None:
        self.configure(
            {**self.services.options(), 'auth_url': 'http://127.0.0.1:9/v3'}
        )
        self.assertIn('cannot be asked', self.refused('orphans'))

    def test_no_credentials(self) -> None:
        self.configure({})
        self.assertIn('--os-cloud', self.refused('orphans'))
        self.assertIn(
            'nowhere', self.refused('orphans', '--os-cloud', 'nowhere')
        )

    def test_clouds_yaml(self) -> None:
        self.configure({})
        path = self.directory / 'clouds.yaml'
        names = ('auth_url', 'username', 'password', 'user_domain_id')
        options = self.services.options()
        auth = {
            **{name: options[name] for name in names},
            'project_name': 'admin',
            'project_domain_id': 'default',
        }
        path.write_text(json.dumps({'clouds': {'mine': {'auth': auth}}}))
        self.useFixture(
            fixtures_library.EnvironmentVariable(
                'OS_CLIENT_CONFIG_FILE', str(path)
            )
        )
        self.expect(
            amelia=user('amelia'), berta=user('berta'), carla=user('carla')
        )
        self.assertEqual('', self.run_well('orphans', '--os-cloud', 'mine'))


class PurgeOrphansTest(CloudTestCase):
    def expect_one_orphan(self) -> None:
        self.expect(
            amelia=UNKNOWN,
            berta=user('berta'),
            carla=user('carla', enabled=False),
        )

    def test_more_than_may_go(self) -> None:
        for share in ('10%', '33%', '0.3333', '0%'):
            self.expect_one_orphan()
            told = self.refused(
                'purge', '--orphans', '--yes', '--at-most', share
            )
            self.assertIn('1 of 3 users', told)
            self.assertIn('--at-most', told)
        for share in ('101%', '-1%', 'x', '1/0', '2'):
            status, _, errors = self.run_command(
                'purge', '--orphans', f'--at-most={share}'
            )
            self.assertEqual(2, status)
            self.assertIn('is no share', errors)

    def test_orphans_go(self) -> None:
        self.expect_one_orphan()
        self.run_well('purge', '--orphans', '--at-most', '1/3', '--yes')
        self.assertEqual(
            {('berta', 'laptop'), ('carla', 'laptop')}, self.names()
        )
        (journal,) = self.directory.glob('keypair-ext-purge-*.jsonl')
        self.run_well('import', '--restore', str(journal), '--yes')
        self.assertEqual(self.before, self.rows())

    def test_it_says_first_what_it_would_do(self) -> None:
        self.expect_one_orphan()
        output = self.run_well('purge', '--orphans', '--at-most', '50%')
        self.assertEqual(2, output.count('\n'))
        self.assertEqual(self.before, self.rows())


class WhereUsedTest(CloudTestCase):
    def expect_servers(
        self, names: list[str], *, more: bool = False, **query: str
    ) -> None:
        words = {'all_tenants': '1', 'limit': '500', **query}
        servers = [
            {
                'id': f'id-{name}',
                'name': 's',
                'tenant_id': 'p',
                'user_id': 'amelia',
                'key_name': name or None,
                'status': 'ACTIVE',
            }
            for name in names
        ]
        document: dict[str, object] = {'servers': servers}
        if more:
            document['servers_links'] = [{'rel': 'next', 'href': 'x'}]
        path = f'/v2.1/servers/detail?{urlparse.urlencode(words)}'
        self.services.answers[path] = [('200 OK', document)]

    def used(self, *arguments: str) -> list[str]:
        output = self.run_well('where-used', '--user', 'amelia', *arguments)
        return [json.loads(line)['id'] for line in output.splitlines()]

    def test_all_pages(self) -> None:
        self.expect_servers(['a', ''], more=True, user_id='amelia')
        self.expect_servers(['b'], user_id='amelia', marker='id-')
        self.assertEqual(['id-a', 'id-b'], self.used())

    def test_exactly_this_name(self) -> None:
        # Nova finds what matches a regular expression.
        self.expect_servers(['web', 'web-2'], user_id='amelia', key_name='web')
        self.assertEqual(['id-web'], self.used('--name', 'web'))
        self.expect_servers(['a+b', 'web'], user_id='amelia')
        self.assertEqual(['id-a+b'], self.used('--name', 'a+b'))

    def test_compute_that_does_not_tell(self) -> None:
        for answer in (
            ('403 Forbidden', {'forbidden': {'code': 403}}),
            ('404 Not Found', UNKNOWN[1]),
            ('200 OK', {}),
        ):
            self.services.everything = None
            path = '/v2.1/servers/detail?all_tenants=1&limit=500'
            self.services.answers[f'{path}&user_id=amelia'] = [answer]
            told = self.refused('where-used', '--user', 'amelia')
            self.assertIn('Compute', told)
