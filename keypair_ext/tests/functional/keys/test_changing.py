# SPDX-License-Identifier: Apache-2.0

"""Commands that change the table: import, prune, purge, transfer."""

import json
import pathlib

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.keys import base


class ChangingTestCase(base.KeysTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.add('amelia', 'laptop')
        self.add_other('amelia', 'ci-1')
        self.add('berta', 'laptop', public_key=f'{fixtures.KEY}\n')
        # What Nova has stored and an import would refuse.
        self.add('berta', 'a/b', public_key='rubbish', fingerprint='d4:1d')
        self.before = self.rows()

    def journal(self) -> pathlib.Path:
        """Return the one journal there is."""
        (path,) = self.directory.glob('keypair-ext-*.jsonl')
        return path

    def restore(self, journal: pathlib.Path) -> None:
        self.run_well('import', '--restore', str(journal), '--yes')


class ImportTest(ChangingTestCase):
    def write(self, *records: dict[str, object]) -> str:
        path = self.directory / 'keys.jsonl'
        path.write_text(''.join(json.dumps(r) + '\n' for r in records))
        return str(path)

    def record(self, **values: object) -> dict[str, object]:
        return {
            'user_id': 'carla',
            'name': 'desk top',
            'type': 'ssh',
            'public_key': fixtures.KEY,
            **values,
        }

    def test_what_is_exported(self) -> None:
        lines = self.run_well('export', '--user', 'amelia')
        path = self.directory / 'all.jsonl'
        path.write_text(lines)
        users = self.directory / 'users.json'
        users.write_text('{"amelia": "dora"}')
        arguments = ['import', str(path), '--map-users', str(users)]

        self.assertIn('2 keys would be added', self.run_well(*arguments))
        self.assertEqual(self.before, self.rows())
        self.assertIn('2 keys added', self.run_well(*arguments, '--yes'))

        again = self.run_well('export', '--user', 'dora')
        self.assertEqual(
            [self.without_id(line, 'dora') for line in lines.splitlines()],
            [self.without_id(line, 'dora') for line in again.splitlines()],
        )
        # Killed and run again, it finds what it has done.
        self.assertIn(
            '0 keys added, 2 are there already',
            self.run_well(*arguments, '--yes'),
        )

    def without_id(self, line: str, user_id: str) -> dict[str, object]:
        return {**json.loads(line), 'id': None, 'user_id': user_id}

    def test_a_conflict_is_never_overwritten(self) -> None:
        path = self.write(
            self.record(user_id='amelia', name='ci-1'), self.record()
        )
        for how, status, added in (('fail', 1, 0), ('skip', 0, 1)):
            with self.subTest(how=how):
                told = self.run_command(
                    'import',
                    path,
                    '--yes',
                    '--rate',
                    '1',
                    '--on-conflict',
                    how,
                )
                self.assertEqual(status, told[0])
                self.assertIn(f'{added} keys added', told[1])
                self.assertEqual(self.before, self.rows()[:4])
        status, output, errors = self.run_command('import', path, '--yes')
        self.assertEqual(1, status)
        self.assertIn('1 have a name that another key has', output)
        self.assertIn('line 1: user amelia has another key', errors)
        self.assertEqual(5, len(self.rows()))

    def test_it_judges_as_the_api_does(self) -> None:
        wrong = (
            (self.record(public_key='rubbish'), 'ssh-rsa'),
            (self.record(name=''), 'name must be 1 to 255'),
            (self.record(name='a\x00b'), 'printable'),
            (self.record(name=' a'), 'whitespace'),
            (self.record(type='pgp'), 'type must be one of'),
            (self.record(fingerprint='00:11'), 'the fingerprint is not'),
        )
        path = self.write(*(record for record, _ in wrong), self.record())

        status, output, errors = self.run_command('import', path, '--yes')

        self.assertEqual(1, status)
        self.assertIn('1 keys added', output)
        self.assertIn('6 cannot be used', output)
        for (_, reason), line in zip(wrong, errors.splitlines(), strict=True):
            self.assertIn(reason, line)
        (added,) = self.listed('--user', 'carla')
        self.assertEqual(
            fixtures.SAMPLES['KEY_FINGERPRINT'], added['fingerprint']
        )

    def test_what_is_no_export(self) -> None:
        path = self.directory / 'keys.jsonl'
        for text in (
            '{"user_id": "a"}',
            '[]',
            'x',
            '{"user_id": 3, "name": "a", "type": "ssh", "public_key": "k"}',
            '[' * 100_000,
            json.dumps(self.record(created_at='now')),
        ):
            with self.subTest(text=text[:20]):
                path.write_text(f'\n{text}\n')
                told = self.run_command('import', str(path), '--yes')
                self.assertEqual(1, told[0])
                self.assertIn('line 2: it is not a key pair', told[2])
                self.assertEqual(1, told[2].count('\n'))
        for users in ('[]', '{"a": 1}', 'x'):
            path.write_text(users)
            told = self.run_command(
                'import', self.write(), '--map-users', str(path)
            )
            self.assertEqual(2, told[0], users)
        path.write_bytes(b'\xff\n')
        told = self.run_command('import', str(path), '--yes')
        self.assertEqual(2, told[0])
        self.assertIn('not UTF-8', told[2])

    def test_an_export_that_lacks_its_end(self) -> None:
        path = pathlib.Path(self.write(self.record(), self.record(name='b')))
        path.write_text(path.read_text()[:-20])
        status, output, errors = self.run_command('import', str(path), '--yes')
        self.assertEqual(1, status)
        self.assertIn('1 keys added', output)
        self.assertIn('line 2: ', errors)

    def test_a_private_key_is_refused(self) -> None:
        secret = '-----BEGIN OPENSSH PRIVATE KEY-----'
        path = self.write(
            self.record(public_key=f'{fixtures.KEY}\n{secret}\nAAAA')
        )
        status, _, errors = self.run_command('import', path, '--yes')
        self.assertEqual(1, status)
        self.assertIn('private key', errors)
        self.assertNotIn('AAAA', errors)


class PruneTest(ChangingTestCase):
    def test_it_wants_to_know_whose(self) -> None:
        for options in ([], ['--type', 'ssh'], ['--algorithm', 'rsa']):
            status, _, errors = self.run_command('prune', '--yes', *options)
            self.assertEqual(2, status)
            self.assertIn('--older-than, --user or --name', errors)
        self.assertEqual(self.before, self.rows())

    def test_it_says_first_what_it_would_do(self) -> None:
        status, output, errors = self.run_command('prune', '--name', '*')
        self.assertEqual(0, status)
        self.assertEqual(4, output.count('\n'))
        self.assertIn('4 keys would be deleted: say --yes', errors)
        self.assertEqual(self.before, self.rows())
        self.assertEqual([], list(self.directory.glob('*.jsonl')))

    def test_deletion_is_undone_by_one_command(self) -> None:
        output = self.run_well('prune', '--older-than', '90d', '--yes')
        self.assertIn('4 keys deleted', output)
        self.assertEqual([], self.rows())

        journal = self.journal()
        self.assertIn(journal.name, output)
        self.assertEqual(0o600, journal.stat().st_mode & 0o777)
        for _ in range(2):
            self.restore(journal)
            self.assertEqual(self.before, self.rows())

    def test_rows_that_have_nothing_but_a_name(self) -> None:
        self.add(
            'berta', 'bare', public_key=None, fingerprint=None, created_at=None
        )
        before = self.rows()
        self.run_well('prune', '--name', '*', '--yes')
        self.restore(self.journal())
        self.assertEqual(before, self.rows())

    def test_a_journal_that_was_torn(self) -> None:
        # Killed while it wrote of a row, which it had not deleted then.
        self.run_well('prune', '--name', '*', '--yes')
        journal = self.journal()
        journal.write_text(f'{journal.read_text()}{{"id": 7, "user')
        self.restore(journal)
        self.assertEqual(self.before, self.rows())

    def test_ids_go_on_behind_those_that_were_put_back(self) -> None:
        self.run_well('prune', '--name', '*', '--yes')
        if self.engine.dialect.name == 'postgresql':
            # As in a table that was made anew.
            with self.engine.begin() as connection:
                connection.exec_driver_sql(
                    'ALTER SEQUENCE key_pairs_id_seq RESTART'
                )
        self.restore(self.journal())
        self.add('dora', 'new')
        self.assertEqual(self.before, self.rows()[:-1])

    def test_an_id_that_another_key_has_got(self) -> None:
        self.run_well('prune', '--name', '*', '--yes')
        self.add('dora', 'same', id=self.before[0][2], created_at=None)
        taken = self.rows()
        self.restore(self.journal())
        self.assertEqual(taken[0], self.rows()[0])
        self.assertEqual(
            {(row[4], row[3]) for row in [*taken, *self.before]},
            self.names(),
        )

    def test_only_what_is_selected_goes(self) -> None:
        self.run_well('prune', '--name', 'ci-*', '--yes')
        self.assertEqual(
            {('amelia', 'laptop'), ('berta', 'laptop'), ('berta', 'a/b')},
            self.names(),
        )

    def test_a_journal_is_not_overwritten(self) -> None:
        for path in (self.config, f'{self.config}/journal'):
            told = self.run_command(
                'prune', '--name', '*', '--yes', '--journal', path
            )
            self.assertEqual(2, told[0])
            self.assertIn('journal', told[2])
            self.assertEqual(self.before, self.rows())

    def test_a_full_disk_leaves_the_rows(self) -> None:
        told = self.run_command(
            'prune', '--name', '*', '--yes', '--journal', '/dev/full'
        )
        self.assertEqual(2, told[0])
        self.assertIn('/dev/full', told[2])
        self.assertEqual(self.before, self.rows())


class PurgeTest(ChangingTestCase):
    def test_the_keys_of_one_user_go(self) -> None:
        self.add('Berta', 'mine')
        self.run_well('purge', '--user', 'berta', '--yes')
        self.assertEqual(
            {('amelia', 'laptop'), ('amelia', 'ci-1'), ('Berta', 'mine')},
            self.names(),
        )
        self.restore(self.journal())
        self.assertEqual(self.before, self.rows()[:4])


class TransferTest(ChangingTestCase):
    def test_a_name_that_is_taken_stays(self) -> None:
        status, output, errors = self.run_command(
            'transfer', '--from', 'amelia', '--to', 'berta', '--yes'
        )
        self.assertEqual(1, status)
        self.assertIn('1 keys moved, 1 not', output)
        self.assertIn("'laptop' stays", errors)
        self.assertEqual(
            {
                ('amelia', 'laptop'),
                ('berta', 'ci-1'),
                ('berta', 'laptop'),
                ('berta', 'a/b'),
            },
            self.names(),
        )
        self.restore(self.journal())
        self.assertEqual(self.before, self.rows())

    def test_prefix(self) -> None:
        self.run_well(
            *('transfer', '--from', 'amelia', '--to', 'berta'),
            *('--prefix', 'old-', '--yes'),
        )
        self.assertEqual(
            {
                ('berta', 'old-laptop'),
                ('berta', 'ci-1'),
                ('berta', 'laptop'),
                ('berta', 'a/b'),
            },
            self.names(),
        )
        self.restore(self.journal())
        self.assertEqual(self.before, self.rows())

    def test_a_name_that_would_be_too_long_stays(self) -> None:
        status, output, errors = self.run_command(
            *('transfer', '--from', 'amelia', '--to', 'berta'),
            *('--prefix', 'x' * 250, '--yes'),
        )
        self.assertEqual(1, status)
        self.assertIn('1 keys moved, 1 not', output)
        self.assertIn("'laptop' stays", errors)

    def test_whom_there_cannot_be(self) -> None:
        for option, value in (
            ('--to', ''),
            ('--to', 'x' * 256),
            ('--to', 'a\nb'),
            ('--to', '\udcff'),
            ('--prefix', 'a\tb'),
            # Names that the API would neither show nor delete.
            ('--prefix', 'a/b'),
            ('--prefix', ' a'),
            ('--prefix', 'caf\xe9'),
        ):
            with self.subTest(option=option, value=value):
                status, output, errors = self.run_command(
                    *('transfer', '--from', 'amelia', '--to', 'berta'),
                    *(option, value, '--yes'),
                )
                self.assertEqual((2, ''), (status, output))
                self.assertIn(f'{option} must be', errors)
                self.assertEqual(self.before, self.rows())

    def test_it_says_first_what_it_would_do(self) -> None:
        self.run_well('transfer', '--from', 'amelia', '--to', 'dora')
        self.assertEqual(self.before, self.rows())
        told = self.run_command(
            'transfer', '--from', 'amelia', '--to', 'amelia', '--yes'
        )
        self.assertEqual(2, told[0])
