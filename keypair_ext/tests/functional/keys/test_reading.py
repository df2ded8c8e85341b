# SPDX-License-Identifier: Apache-2.0

"""Commands that only read: list, show, stats, export, audit."""

import csv
import datetime
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oslo_config import cfg

from keypair_ext import conf as keypair_conf, exception
from keypair_ext.cmd import manage
from keypair_ext.db import models, table
from keypair_ext.keytypes import strength
from keypair_ext.tests import base as tests_base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.keys import base
from keypair_ext.tests.unit.keytypes import vectors

_NOW = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


class ReadingTest(base.KeysTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.add('amelia', 'laptop')
        self.add_other(
            'amelia', 'ci-1', created_at=_NOW - datetime.timedelta(days=2)
        )
        self.add(
            'berta',
            'windows',
            type='x509',
            public_key=fixtures.CERTIFICATE,
            fingerprint=fixtures.SAMPLES['CERTIFICATE_FINGERPRINT'],
        )
        self.add(
            'berta',
            'ci-2',
            public_key='rubbish',
            fingerprint=None,
            created_at=None,
        )

    def test_list(self) -> None:
        listed = {key['name']: key for key in self.listed()}

        self.assertEqual(
            {
                'user_id': 'amelia',
                'name': 'laptop',
                'type': 'ssh',
                'algorithm': 'ed25519',
                'bits': 256,
                'fingerprint': fixtures.SAMPLES['KEY_FINGERPRINT'],
                'sha256': fixtures.KEY_SHA256,
                'created_at': '2024-01-31T12:30:15Z',
                'comment': 'amelia@laptop',
            },
            listed['laptop'],
        )
        windows = listed['windows']
        self.assertEqual(
            ('ecdsa', 256), (windows['algorithm'], windows['bits'])
        )
        self.assertEqual(
            fixtures.SAMPLES['CERTIFICATE_FINGERPRINT'], windows['fingerprint']
        )
        self.assertIsNone(listed['ci-2']['algorithm'])
        self.assertIsNone(listed['ci-2']['created_at'])

    def test_selection(self) -> None:
        laptop, ci_1 = ('amelia', 'laptop'), ('amelia', 'ci-1')
        windows, ci_2 = ('berta', 'windows'), ('berta', 'ci-2')
        md5 = fixtures.SAMPLES['KEY_FINGERPRINT']
        file = self.directory / 'key.pub'
        file.write_text(f'{vectors.ED25519.line} another comment\n')
        for options, expected in (
            (['--user', 'amelia'], {laptop, ci_1}),
            (['--user', 'amel'], set()),
            (['--name', 'ci-*'], {ci_1, ci_2}),
            (['--name', 'ci-[13]'], {ci_1}),
            (['--type', 'x509'], {windows}),
            (['--older-than', '90d'], {laptop, windows}),
            (['--older-than', '2024-01-31T13:30:15+01:00'], set()),
            (['--older-than', '2024-01-31T12:30:16Z'], {laptop, windows}),
            (['--newer-than', '3d'], {ci_1}),
            (['--newer-than', '47h'], set()),
            (['--fingerprint', md5], {laptop}),
            (['--fingerprint', f'MD5:{md5.upper()}'], {laptop}),
            (['--fingerprint', md5.replace(':', '')], {laptop}),
            (['--fingerprint', fixtures.KEY_SHA256], {laptop}),
            (['--algorithm', 'rsa'], {ci_1}),
            (['--algorithm', 'unknown'], {ci_2}),
            (['--bits-below', '257'], {laptop, windows}),
            (['--bits-below', '3072', '--user', 'berta'], {windows}),
            (['--same-key-as', str(file)], {laptop}),
            ([], {laptop, ci_1, windows, ci_2}),
        ):
            with self.subTest(options=options):
                self.assertEqual(expected, self.names(*options))

    def test_what_no_column_should_hold(self) -> None:
        if self.engine.dialect.name != 'sqlite':
            self.skipTest('this database has no such rows')
        for column, value in (
            ('user_id', "CAST('amelia' AS BLOB)"),
            ('name', "CAST('ci-1' AS BLOB)"),
            ('type', "CAST('ssh' AS BLOB)"),
            ('fingerprint', "x''"),
            ('public_key', "x'00'"),
            # As of a file in another encoding.
            ('public_key', "CAST(x'636166e9' AS TEXT)"),
            ('created_at', "'yesterday'"),
            ('updated_at', '1700000000'),
        ):
            self._write(**{column: value})
            with self.subTest(column=column, value=value):
                self._assert_named(column, 'list')
            if column == 'user_id':
                with self.assertRaisesRegex(exception.RowUnusable, 'id 2,'):
                    list(table.Table(self.engine).users())
            self._write(
                user_id="'amelia'",
                name="'ci-1'",
                type="'ssh'",
                fingerprint='NULL',
                public_key='NULL',
                created_at='NULL',
                updated_at='NULL',
            )
        self._write(public_key="x'00'")
        for words in (
            ('stats',),
            ('audit', '--format', 'html'),
            ('export', '--name', '*'),
            ('prune', '--name', '*'),
            ('show', 'amelia', 'ci-1'),
        ):
            with self.subTest(words=words):
                self._assert_named('public_key', *words)

    def _write(self, **expressions: str) -> None:
        values: dict[str, Any] = {
            name: sa.literal_column(text) for name, text in expressions.items()
        }
        update = sa.update(models.key_pairs).where(models.key_pairs.c.id == 2)
        with self.engine.begin() as connection:
            connection.execute(update.values(values))

    def _assert_named(self, column: str, *words: str) -> None:
        status, _, told = self.run_command(*words)
        self.assertEqual(2, status, told)
        self.assertIn(f'a row, id 2, whose {column} cannot be used', told)
        self.assertEqual(1, told.count('\n'), told)

    def test_wrong_selection(self) -> None:
        for option, value, hint in (
            ('--older-than', '90', '90d'),
            ('--older-than', 'yesterday', '2026-01-31'),
            # As a variable of the shell that nobody has set.
            ('--older-than', '', '90d'),
            ('--newer-than', '', '90d'),
            ('--fingerprint', '', 'SHA256:'),
            ('--same-key-as', '', 'cannot be read'),
            ('--fingerprint', 'abc', 'SHA256:'),
            ('--fingerprint', ':'.join(['00'] * 18), 'SHA256:'),
            ('--fingerprint', 'SHA256:abc', 'SHA256:'),
            # What no key can be.
            ('--user', '', 'is empty'),
            ('--name', '', 'is empty'),
            ('--algorithm', 'RSA', 'one of rsa, dsa, ed25519, ecdsa'),
            ('--bits-below', '0', 'smaller than 0 bits'),
            ('--older-than', '2999-01-31', 'in the future'),
            ('--newer-than', '2999-01-31', 'in the future'),
            ('--same-key-as', '/nonexistent', 'cannot be read'),
            ('--same-key-as', self.config, 'no public key'),
        ):
            with self.subTest(option=option, value=value):
                status, output, errors = self.run_command(
                    'list', option, value
                )
                self.assertEqual((2, ''), (status, output))
                self.assertIn(hint, errors)
                self.assertEqual(1, errors.count('\n'))

    def test_standard_input_that_is_closed(self) -> None:
        for command in ('import - --yes', 'list --same-key-as -'):
            shell = ['sh', '-c', f'exec "$@" {command} <&-', 'sh']
            options = ['--config-file', self.config]
            done = completed(
                [*shell, sys.executable, manage.__file__, *options, 'keys']
            )
            self.assertEqual(
                (
                    2,
                    'keypair-ext-manage: Standard input is closed: there is '
                    'nothing to read.\n',
                ),
                (done.returncode, done.stderr),
            )

    def test_two_times_that_no_key_is_between(self) -> None:
        status, output, errors = self.run_command(
            'list', '--older-than', '90d', '--newer-than', '30d'
        )
        self.assertEqual((2, ''), (status, output))
        self.assertIn('no key is older than the one', errors)

    def test_after(self) -> None:
        first, *rest = self.listed()
        shown = json.loads(
            self.run_well('show', first['user_id'], first['name'])
        )
        self.assertEqual(rest, self.listed('--after', str(shown['id'])))

    def test_many_pages(self) -> None:
        self.add('carla', *(f'k{number}' for number in range(2001)))
        self.assertEqual(2005, len(self.listed()))

    def test_formats(self) -> None:
        listed = self.listed()
        as_json = self.run_well('list', '-f', 'json')
        self.assertEqual(listed, json.loads(as_json))
        rows = list(
            csv.DictReader(io.StringIO(self.run_well('list', '-f', 'csv')))
        )
        self.assertEqual(
            [key['name'] for key in listed], [row['name'] for row in rows]
        )
        shown = self.run_well('list', '-f', 'table').splitlines()
        self.assertEqual(5, len(shown))
        self.assertEqual(list(listed[0]), shown[0].split())
        values = self.run_well('list', '-f', 'value').splitlines()
        self.assertTrue(values[0].startswith('amelia laptop ssh ed25519 256 '))
        self.assertEqual(
            [], json.loads(self.run_well('list', '-f', 'json', '--user', 'x'))
        )

    def test_a_comment_cannot_command_the_terminal(self) -> None:
        self.add('eve', 'k', public_key=f'{vectors.ED25519.line} \x1b[2Jx')
        for form in ('table', 'value'):
            output = self.run_well('list', '-f', form, '--user', 'eve')
            self.assertNotIn('\x1b', output)
            self.assertIn('\\x1b[2Jx', output)

    def test_show(self) -> None:
        shown = json.loads(self.run_well('show', 'amelia', 'laptop'))
        self.assertEqual(fixtures.KEY, shown['public_key'])
        told = self.run_well('show', 'amelia', 'laptop', '-f', 'table')
        self.assertIn('public_key   ssh-ed25519 ', told)
        status, _, errors = self.run_command('show', 'amelia', 'lap')
        self.assertEqual(2, status)
        self.assertIn('lap not found', errors)

    def test_stats(self) -> None:
        lines = self.run_well('stats').splitlines()
        counts = {
            (line['of'], line['value']): line['count']
            for line in map(json.loads, lines)
        }
        self.assertEqual(
            {
                ('keys', 'all'): 4,
                ('type', 'ssh'): 3,
                ('type', 'x509'): 1,
                ('algorithm', 'ed25519 256'): 1,
                ('algorithm', 'rsa 2048'): 1,
                ('algorithm', 'ecdsa 256'): 1,
                ('algorithm', 'unknown'): 1,
                ('age in days', 'up to 7'): 1,
                ('age in days', 'up to 1825'): 2,
                ('age in days', 'unknown'): 1,
                ('users', 'all'): 2,
                ('keys of a user', 'up to 2'): 2,
            },
            counts,
        )

    def test_stats_have_an_algorithm_of_both_types_once(self) -> None:
        self.add('berta', 'cert', type='x509', public_key='rubbish')
        lines = map(json.loads, self.run_well('stats').splitlines())
        unknown = [line for line in lines if line['value'] == 'unknown']
        self.assertEqual(
            [('age in days', 1), ('algorithm', 2)],
            sorted((line['of'], line['count']) for line in unknown),
        )

    def test_stats_of_a_selection_tell_of_no_others(self) -> None:
        lines = self.run_well('stats', '--user', 'amelia').splitlines()
        self.assertEqual(
            {'keys', 'type', 'algorithm', 'age in days'},
            {json.loads(line)['of'] for line in lines},
        )

    def test_prometheus(self) -> None:
        path = self.directory / 'keys.prom'
        self.assertEqual('', self.run_well('stats', '--prometheus', str(path)))

        text = path.read_text()
        self.assertIn(
            'keypair_ext_keys{type="ssh",algorithm="rsa",bits="2048"} 1\n',
            text,
        )
        self.assertIn(
            'keypair_ext_key_age_seconds_bucket{le="+Inf"} 3\n', text
        )
        self.assertIn('keypair_ext_keys_of_a_user_count 2\n', text)
        self.assertEqual(0o644, path.stat().st_mode & 0o777)
        left = {entry.name for entry in self.directory.iterdir()}
        self.assertFalse(any(name.startswith('keys.prom.') for name in left))

    def test_prometheus_leaves_what_is_no_file_in_its_place(self) -> None:
        # As root the place of /dev/null could be taken, too.
        pipe = self.directory / 'pipe'
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.run_well('stats', '--prometheus', str(pipe))
        self.assertIn(b'keypair_ext_keys', os.read(reader, 65536))
        self.assertTrue(pipe.is_fifo())

        link = self.directory / 'link.prom'
        link.symlink_to('keys.prom')
        self.run_well('stats', '--prometheus', str(link))
        self.assertTrue(link.is_symlink())
        self.assertIn(
            'keypair_ext_keys', (self.directory / 'keys.prom').read_text()
        )

    def test_prometheus_leaves_the_old_file_where_it_fails(self) -> None:
        status, _, errors = self.run_command(
            'stats', '--prometheus', '/proc/nonexistent/keys.prom'
        )
        self.assertEqual(2, status)
        self.assertIn('cannot be written', errors)
        before = set(self.directory.iterdir())
        (self.directory / 'place').mkdir()
        status, _, errors = self.run_command('stats', '--prometheus', 'place')
        self.assertEqual(2, status)
        self.assertEqual(
            before | {self.directory / 'place'}, set(self.directory.iterdir())
        )

    def test_export(self) -> None:
        lines = self.run_well('export').splitlines()
        self.assertEqual(len(self.rows()), len(lines))
        self.assertEqual(
            {
                'id': self.rows()[0][2],
                'user_id': 'amelia',
                'name': 'laptop',
                'type': 'ssh',
                'fingerprint': fixtures.SAMPLES['KEY_FINGERPRINT'],
                'public_key': fixtures.KEY,
                'created_at': '2024-01-31T12:30:15Z',
                'updated_at': None,
            },
            json.loads(lines[0]),
        )

    def test_export_in_any_locale(self) -> None:
        comment = f'{vectors.ED25519.line} am\xe9lie \U0001f511'
        self.add('amelia', 'umlaut', public_key=comment)
        done = subprocess.run(
            [
                *(sys.executable, '-m', 'keypair_ext.cmd.manage'),
                *('--config-file', self.config),
                *('keys', 'export', '--name', 'umlaut'),
            ],
            capture_output=True,
            env={
                **os.environ,
                'PYTHONPATH': str(_ROOT),
                'PYTHONIOENCODING': 'ascii',
            },
            check=True,
        )
        self.assertEqual(comment, json.loads(done.stdout)['public_key'])

    def test_no_table(self) -> None:
        empty = self.directory / 'empty'
        empty.mkdir()
        config = fixtures.write_config(
            str(empty),
            {'database': {'connection': f'sqlite:///{empty}/none.sqlite'}},
        )
        self.config = config
        status, _, errors = self.run_command('list')
        self.assertEqual(2, status)
        self.assertNotIn('Traceback', errors)

    def test_a_pipe_that_is_closed(self) -> None:
        self.add('carla', *(f'k{number}' for number in range(3000)))
        command = f'{sys.executable} -m keypair_ext.cmd.manage'
        done = completed(
            [
                'sh',
                '-c',
                f'{command} --config-file {self.config} keys list | head -1',
            ],
            env={**os.environ, 'PYTHONPATH': str(_ROOT)},
            check=True,
        )
        self.assertEqual(1, done.stdout.count('\n'))
        self.assertEqual('', done.stderr)


_ROOT = pathlib.Path(fixtures.ROOT)


class CollationTest(base.KeysTestCase):
    """A table that takes some users for one, as Nova's on MySQL does."""

    def setUp(self) -> None:
        super().setUp()
        url = f'sqlite:///{self.directory}/nocase.sqlite'
        self.config = fixtures.write_config(
            str(self.directory), {'database': {'connection': url}}
        )
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)
        with self.engine.begin() as connection:
            connection.exec_driver_sql(_NOCASE)
        for user_id, name in (
            ('amelia', 'a'),
            ('Amelia', 'b'),
            ('amelia', 'c'),
            ('berta', 'a'),
        ):
            self.add(user_id, name)

    def test_each_user_is_counted_once(self) -> None:
        found = table.Table(self.engine).users()
        self.assertEqual(
            [('amelia', 2), ('Amelia', 1), ('berta', 1)], list(found)
        )

    def test_exactly_one_user_is_meant(self) -> None:
        self.assertEqual({('Amelia', 'b')}, self.names('--user', 'Amelia'))
        self.run_well('purge', '--user', 'amelia', '--yes')
        self.assertEqual({('Amelia', 'b'), ('berta', 'a')}, self.names())

    def test_transfer_between_users_who_are_taken_for_one(self) -> None:
        self.run_well(
            *('transfer', '--from', 'amelia', '--to', 'AMELIA'),
            *('--prefix', 'old-', '--yes'),
        )
        self.assertEqual(
            {
                ('AMELIA', 'a'),
                ('AMELIA', 'c'),
                ('Amelia', 'b'),
                ('berta', 'a'),
            },
            self.names(),
        )


_NOCASE = """
CREATE TABLE key_pairs (
    created_at DATETIME, updated_at DATETIME, id INTEGER PRIMARY KEY,
    name VARCHAR(255) NOT NULL COLLATE NOCASE,
    user_id VARCHAR(255) NOT NULL COLLATE NOCASE,
    fingerprint VARCHAR(255), public_key TEXT,
    type VARCHAR(4) NOT NULL DEFAULT 'ssh',
    CONSTRAINT uniq_key_pairs0user_id0name UNIQUE (user_id, name)
)
"""


class AuditTest(base.KeysTestCase):
    options = {
        'keypairs': {
            'allowed_algorithms': 'ed25519,rsa',
            'min_rsa_bits': 3072,
            'allow_certificates': False,
            'allow_several_keys': False,
        }
    }

    def findings(self, *arguments: str) -> set[tuple[str, str]]:
        status, output, errors = self.run_command('audit', *arguments)
        found = {
            (line['name'], line['rule'])
            for line in map(json.loads, output.splitlines())
        }
        self.assertEqual(1 if found else 0, status)
        self.assertIn(f'{len(found)} findings', errors)
        return found

    def test_rules(self) -> None:
        self.add('amelia', 'good')
        self.assertEqual(set(), self.findings())
        self.add('amelia', 'small', public_key=vectors.RSA_2048.line)
        self.add('amelia', 'old', public_key=vectors.DSA.line)
        self.add('amelia', 'cert', public_key=vectors.RSA_CERTIFICATE.line)
        self.add(
            'amelia',
            'two',
            public_key=f'{fixtures.KEY}\n{vectors.ED25519.line}',
        )
        self.add('amelia', 'rubbish', public_key='rubbish')
        self.add(
            'amelia', 'windows', type='x509', public_key=fixtures.CERTIFICATE
        )

        self.assertEqual(
            {
                ('small', 'min_rsa_bits'),
                ('old', 'allowed_algorithms'),
                ('cert', 'min_rsa_bits'),
                ('cert', 'allow_certificates'),
                ('two', 'allow_several_keys'),
                ('rubbish', 'allowed_algorithms'),
                ('windows', 'allowed_algorithms'),
            },
            self.findings(),
        )
        self.assertEqual(
            {('small', 'min_rsa_bits')}, self.findings('--name', 'small')
        )

    def test_html(self) -> None:
        self.add('amelia', '<script>', public_key=vectors.RSA_2048.line)
        status, output, _ = self.run_command('audit', '--format', 'html')
        self.assertEqual(1, status)
        self.assertTrue(output.startswith('<!DOCTYPE html>'))
        self.assertNotIn('<script>', output)
        self.assertIn('&lt;script&gt;', output)
        self.assertIn(
            '<td>ssh rsa 2048</td><td>1</td>'
            '<td class="bar"><meter max="1" value="1"></meter></td>',
            output,
        )
        self.assertNotIn('http', output)


class KnownBadKeysTest(base.KeysTestCase):
    options = {'keypairs': {'known_bad_keys': True}}

    def test_close_primes(self) -> None:
        self.add('amelia', 'close', public_key=vectors.RSA_CLOSE_PRIMES.line)
        self.add('amelia', 'good')

        status, output, _ = self.run_command('audit')

        self.assertEqual(1, status)
        (finding,) = map(json.loads, output.splitlines())
        self.assertEqual('close', finding['name'])
        self.assertEqual('known_bad_keys', finding['rule'])
        self.assertIn('fermat', finding['reason'])

    def test_a_key_that_is_warned_of(self) -> None:
        conf = cfg.ConfigOpts()
        keypair_conf.register_api_opts(conf)
        conf.set_override('known_bad_keys', True, 'keypairs')
        judge = strength.Judge(conf.keypairs)
        # Above the filter that the library has set up for itself.
        self.useFixture(tests_base.WarningsAreErrors())
        found = judge.findings('ssh', vectors.DSA.line)
        self.assertEqual([], list(found))

    def test_the_list_of_keys_that_are_public(self) -> None:
        # What "badkeys --update-bl" brings: truncated hashes of keys.
        key = serialization.load_ssh_public_key(vectors.RSA_2048.line.encode())
        assert isinstance(key, rsa.RSAPublicKey)
        number = key.public_numbers().n
        digest = hashlib.sha256(number.to_bytes(key.key_size // 8)).digest()
        cache = self.directory / 'badkeys'
        cache.mkdir()
        (cache / 'blocklist.dat').write_bytes(digest[:15] + b'\x01')
        (cache / 'badkeysdata.json').write_text(
            json.dumps({'blocklists': [{'id': 1, 'name': 'leaked'}]})
        )
        self.add('amelia', 'leaked', public_key=vectors.RSA_2048.line)
        self.add('amelia', 'good')

        done = completed(
            [
                *(sys.executable, '-m', 'keypair_ext.cmd.manage'),
                *('--config-file', self.config, 'keys', 'audit'),
            ],
            env={
                **os.environ,
                'PYTHONPATH': str(_ROOT),
                'XDG_CACHE_HOME': str(self.directory),
            },
        )
        (finding,) = map(json.loads, done.stdout.splitlines())
        self.assertEqual('leaked', finding['name'])
        self.assertIn('blocklist', finding['reason'])
