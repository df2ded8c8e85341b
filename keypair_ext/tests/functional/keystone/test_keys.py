# SPDX-License-Identifier: Apache-2.0

"""Commands on keys that ask a real Keystone and a real Nova.

They read the file of that Nova, as an operator of the filter runs them.
"""

import configparser
import json
import unittest
import uuid
from typing import Any, ClassVar

import sqlalchemy as sa

from keypair_ext.db import models
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.keys import runner, services
from keypair_ext.tests.functional.keystone import cloud
from keypair_ext.tests.functional.servers import (
    keystone,
    mariadb,
    nova,
)

_REASON = cloud.reason_to_skip('KEYPAIR_EXT_TEST_KEYSTONE', 'tox -e keystone')

# As Nova keeps the flavor of a server.
_FLAVOR = {
    'nova_object.name': 'Flavor',
    'nova_object.namespace': 'nova',
    'nova_object.version': '1.2',
    'nova_object.data': {
        'id': 1,
        'flavorid': '1',
        'name': 'tiny',
        'memory_mb': 512,
        'vcpus': 1,
        'root_gb': 1,
        'ephemeral_gb': 0,
        'swap': 0,
        'rxtx_factor': 1.0,
        'vcpu_weight': 0,
        'disabled': False,
        'is_public': True,
        'extra_specs': {},
        'description': None,
        'created_at': None,
        'updated_at': None,
        'deleted_at': None,
        'deleted': False,
    },
}


@unittest.skipIf(_REASON, _REASON)
class KeysTest(base.TestCase):
    identity: ClassVar[keystone.Keystone]
    compute: ClassVar[nova.Nova]
    databases: ClassVar[nova.NovaDatabases]
    users: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        database = cls.use(mariadb.MariaDB())
        cls.identity = cls.use(
            keystone.Keystone(database.create_database('keystone'))
        )
        cls.databases = cls.use(nova.NovaDatabases(database))
        # Nova asks for the security groups of the servers that it lists.
        network = cls.use(services.Services())
        network.everything = '200 OK', {'ports': [], 'security_groups': []}
        cls.compute = cls.use(
            nova.Nova(
                cls.databases,
                keystone=cls.identity,
                conf={'neutron': {'endpoint_override': network.url}},
            )
        )
        cls.identity.register_compute(f'{cls.compute.url}/v2.1')
        cls.users = cls._make_users()
        engine = sa.create_engine(cls.databases.api_url)
        with engine.begin() as connection:
            connection.execute(
                sa.insert(models.key_pairs),
                [
                    {
                        'user_id': user_id,
                        'name': name,
                        'public_key': fixtures.KEY,
                    }
                    for user_id in cls.users.values()
                    for name in ('web', 'a+b')
                ],
            )
        engine.dispose()
        cls._add_servers()

    @classmethod
    def _make_users(cls) -> dict[str, str]:
        identity = cls.identity
        users = {
            name: identity.create_user(name)
            for name in ('known', 'disabled', 'deleted')
        }
        user = f'/users/{users["disabled"]}'
        identity.request('PATCH', user, {'user': {'enabled': False}})
        identity.request('DELETE', f'/users/{users["deleted"]}')
        users['federated'] = cls._make_federated_user()
        return users

    @classmethod
    def _make_federated_user(cls) -> str:
        request = cls.identity.request
        provider = '/OS-FEDERATION/identity_providers/idp'
        request('PUT', provider, {'identity_provider': {'enabled': True}})
        rules = [
            {
                'local': [{'user': {'name': '{0}'}}],
                'remote': [{'type': 'REMOTE_USER'}],
            }
        ]
        request(
            'PUT', '/OS-FEDERATION/mappings/map', {'mapping': {'rules': rules}}
        )
        request(
            'PUT',
            f'{provider}/protocols/saml2',
            {'protocol': {'mapping_id': 'map'}},
        )
        domain = request('GET', provider)['identity_provider']['domain_id']
        protocols = [{'protocol_id': 'saml2', 'unique_id': 'f@example.org'}]
        made = request(
            'POST',
            '/users',
            {
                'user': {
                    'name': 'federated',
                    'domain_id': domain,
                    'federated': [{'idp_id': 'idp', 'protocols': protocols}],
                }
            },
        )
        return str(made['user']['id'])

    @classmethod
    def _add_servers(cls) -> None:
        """Put servers where Nova keeps them: there is no hypervisor here."""
        names = ('web', 'web-2', 'a+b', None)
        cell = sa.create_engine(cls.databases.url)
        api = sa.create_engine(cls.databases.api_url)
        owner = cls.users['known']
        for name in names:
            identity = str(uuid.uuid4())
            with cell.begin() as connection:
                connection.execute(
                    sa.text(
                        'INSERT INTO instances (created_at, uuid, user_id, '
                        'project_id, key_name, display_name, vm_state, '
                        'deleted, hidden, instance_type_id, image_ref) '
                        'VALUES (NOW(), :id, :user, :project, :key, :name, '
                        "'active', 0, 0, 1, '')"
                    ),
                    {
                        'id': identity,
                        'user': owner,
                        'project': 'a' * 32,
                        'key': name,
                        'name': f'of {name}',
                    },
                )
                flavor = {'cur': _FLAVOR, 'old': None, 'new': None}
                connection.execute(
                    sa.text(
                        'INSERT INTO instance_extra (created_at, deleted, '
                        'instance_uuid, flavor) VALUES (NOW(), 0, :id, '
                        ':flavor)'
                    ),
                    {'id': identity, 'flavor': json.dumps(flavor)},
                )
            with api.begin() as connection:
                connection.execute(
                    sa.text(
                        'INSERT INTO instance_mappings (created_at, '
                        'instance_uuid, cell_id, project_id, user_id, '
                        'queued_for_delete) SELECT NOW(), :id, id, :project, '
                        ":user, 0 FROM cell_mappings WHERE name = 'cell1'"
                    ),
                    {'id': identity, 'project': 'a' * 32, 'user': owner},
                )
        cell.dispose()
        api.dispose()

    def setUp(self) -> None:
        super().setUp()
        self.config = self.compute.home / 'nova.conf'
        self.before = self.rows()

    def rows(self) -> list[tuple[Any, ...]]:
        engine = sa.create_engine(self.databases.api_url)
        with engine.connect() as connection:
            query = sa.select(models.key_pairs).order_by(models.key_pairs.c.id)
            found = [tuple(row) for row in connection.execute(query)]
        engine.dispose()
        return found

    def run_command(self, *arguments: str) -> tuple[int, str, str]:
        return runner.run(
            *('--config-file', str(self.config)),
            *('--database-group', 'api_database', 'keys', *arguments),
        )

    def with_authtoken(self, **values: str) -> None:
        """Change Nova's file in a copy."""
        conf = configparser.RawConfigParser()
        conf.read(self.config)
        conf['keystone_authtoken'].update(values)
        self.config = self.directory / 'nova.conf'
        with self.config.open('w') as stream:
            conf.write(stream)

    def check_refused(self, *words: str) -> None:
        for command in (
            ('orphans',),
            ('purge', '--orphans', '--at-most', '100%', '--yes'),
        ):
            status, output, errors = self.run_command(*command)
            self.assertEqual((2, ''), (status, output), errors)
            self.assertEqual(1, errors.count('\n'), errors)
            for word in words:
                self.assertIn(word, errors)
        self.assertEqual(self.before, self.rows())

    def test_orphans(self) -> None:
        status, output, errors = self.run_command('orphans')
        found = {
            line['user_id']: line['state']
            for line in map(json.loads, output.splitlines())
        }
        self.assertEqual(
            {
                self.users['disabled']: 'disabled',
                self.users['deleted']: 'unknown',
            },
            found,
            errors,
        )
        self.assertEqual(1, status)

    def test_who_may_not_ask(self) -> None:
        member = self.identity.account('member')
        self.with_authtoken(
            username=member.user_name, project_id=member.project_id
        )
        self.check_refused('403')

    def test_a_wrong_password(self) -> None:
        self.with_authtoken(password='wrong')
        self.check_refused('401')

    def test_what_is_no_identity_service(self) -> None:
        self.with_authtoken(auth_url=f'{self.compute.url}/nothing/v3')
        self.check_refused('Identity')

    def test_where_used(self) -> None:
        user = ('--user', self.users['known'])
        for arguments, names in (
            (user, {'web', 'web-2', 'a+b'}),
            ((*user, '--name', 'web'), {'web'}),
            ((*user, '--name', 'a+b'), {'a+b'}),
            ((*user, '--name', 'we'), set()),
            (('--user', self.users['disabled']), set()),
        ):
            with self.subTest(arguments=arguments):
                status, output, errors = self.run_command(
                    'where-used', *arguments
                )
                self.assertEqual(0, status, errors)
                found = [json.loads(line) for line in output.splitlines()]
                self.assertEqual(names, {one['key_name'] for one in found})
                self.assertEqual(
                    {f'of {name}' for name in names},
                    {one['name'] for one in found},
                )
