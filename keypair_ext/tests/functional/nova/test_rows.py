# SPDX-License-Identifier: Apache-2.0

"""Nova's own code and ours take each other's rows for their own."""

from typing import Any, ClassVar

from keypair_ext.tests.functional.conformance.areas import material
from keypair_ext.tests.functional.conformance.caller import Caller
from keypair_ext.tests.functional.conformance.servers import Service
from keypair_ext.tests.functional.nova import base
from keypair_ext.tests.functional.servers import nova, process

_KEYS = {
    'ssh': base.KEY,
    'x509': material.CERTIFICATE,
}


class RowsTestCase(base.NovaTestCase):
    """Plain Nova, and ours in both mounts, on one database."""

    plain: ClassVar[nova.Nova]
    mounted: ClassVar[nova.Nova]
    service: ClassVar[Service]
    schema: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.schema = cls._schema()
        cls.plain = cls.stage.plain()
        cls.mounted = cls.stage.mounted()
        cls.service = cls.stage.useFixture(
            Service(cls.stage.databases.api_url)
        )

    @classmethod
    def _schema(cls) -> dict[str, str]:
        """Return each table of Nova's API database as it was created."""
        database = cls.stage.database
        tables = database.execute('SHOW TABLES', 'nova_api').split()
        return {
            table: _without_counter(
                database.execute(f'SHOW CREATE TABLE `{table}`', 'nova_api')
            )
            for table in tables
        }

    def _servers(self) -> tuple[base.Server, ...]:
        return self.plain, self.mounted, self.service

    def test_nova_reads_what_ours_wrote(self) -> None:
        ours: dict[str, base.Server] = {
            'filter': self.mounted,
            'service': self.service,
        }
        for mount, server in ours.items():
            caller = Caller(f'ours-{mount}')
            for key_type, key in _KEYS.items():
                self.create(
                    server,
                    caller,
                    '2.2',
                    name=f'import-{key_type}',
                    type=key_type,
                    public_key=key,
                )
                self.create(
                    server,
                    caller,
                    '2.2',
                    name=f'make-{key_type}',
                    type=key_type,
                )
            names = ['import-ssh', 'import-x509', 'make-ssh', 'make-x509']
            *rows, listed, count = self.stage.ask_nova(
                self.plain,
                *(['get', caller.user, name] for name in names),
                ['list', caller.user],
                ['count', caller.user],
            )
            for name, row in zip(names, rows, strict=True):
                shown = self.show(server, caller, name)
                self.assertEqual(_as_shown(row), shown)
                self.assertEqual(shown, self.show(self.plain, caller, name))
            self.assertEqual(rows, listed)
            self.assertEqual(len(names), count)

    def test_ours_reads_what_nova_wrote(self) -> None:
        caller = Caller('novas')
        fields = {'user_id': caller.user, 'fingerprint': 'aa:bb'}
        (row,) = self.stage.ask_nova(
            self.plain,
            [
                'create',
                {
                    **fields,
                    'name': 'by-nova',
                    'type': 'x509',
                    'public_key': 'caf\xe9',
                },
            ],
        )
        self.create(
            self.plain, caller, '2.2', name='by-api', public_key=base.KEY
        )
        for name in ('by-nova', 'by-api'):
            expected = self.show(self.plain, caller, name)
            for server in self._servers():
                self.assertEqual(expected, self.show(server, caller, name))
        listed = [
            self.send(server, caller.list('', '2.35')).json()['keypairs']
            for server in self._servers()
        ]
        self.assertEqual([listed[0]] * 3, listed)
        self.assertEqual('by-nova', row['name'])

    def test_each_deletes_what_the_other_wrote(self) -> None:
        caller = Caller('deleted')
        for server in self._servers():
            self.create(
                self.plain, caller, '2.2', name='novas', public_key=base.KEY
            )
            self.create(
                server, caller, '2.2', name='ours', public_key=base.KEY
            )
            again = self.send(
                server, caller.create('', name='novas', public_key=base.KEY)
            )
            self.assertEqual(409, again.status)
            deleted = self.send(server, caller.delete('', 'novas', '2.2'))
            self.assertEqual(204, deleted.status)
            refused, destroyed, gone = self.stage.ask_nova(
                self.plain,
                [
                    'create',
                    {
                        'user_id': caller.user,
                        'name': 'ours',
                        'public_key': base.KEY,
                        'fingerprint': 'aa:bb',
                        'type': 'ssh',
                    },
                ],
                ['destroy', caller.user, 'ours'],
                ['get', caller.user, 'novas'],
            )
            self.assertEqual(
                ['KeyPairExists', None, 'KeypairNotFound'],
                [refused, destroyed, gone],
            )
            shown = self.send(server, caller.show('', 'ours'))
            self.assertEqual(404, shown.status)

    def test_schema_stays_novas(self) -> None:
        """Nova's migration finds nothing to do after ours, and ours less."""
        for _ in range(2):
            self.service.manage('db', 'sync')
            self._manage_nova()
        schema = self._schema()
        own = schema.pop('keypair_ext_alembic_version')
        self.assertIn('version_num', own)
        self.assertEqual(self.schema, schema)

    def test_schema_stays_novas_with_a_quota_guard(self) -> None:
        for option in ('--quota-guard', '--no-quota-guard'):
            self.service.manage('db', 'sync', option)
            self._manage_nova()
            schema = self._schema()
            guard = schema.pop('keypair_ext_quota_guard', '')
            self.assertEqual(option == '--quota-guard', bool(guard))
            # Users who are one to Nova are one here.
            self.assertEqual(bool(guard), 'utf8mb3_general_ci' in guard)
            schema.pop('keypair_ext_alembic_version')
            self.assertEqual(self.schema, schema)

    def _manage_nova(self) -> None:
        home = self.plain.home
        process.run(
            [
                nova.Software().install() / 'bin' / 'nova-manage',
                '--config-file',
                home / 'nova.conf',
                '--config-dir',
                home,
                'api_db',
                'sync',
            ],
            env=process.clean_environment(home),
        )


def _as_shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a show answers for a row."""
    return {
        **row,
        'created_at': row['created_at'] + '.000000',
        'deleted': False,
        'deleted_at': None,
    }


def _without_counter(statement: str) -> str:
    """Leave out how far the ids have got, and the printed escapes."""
    words = statement.replace('\\n', ' ').split()
    return ' '.join(w for w in words if not w.startswith('AUTO_INCREMENT='))
