# SPDX-License-Identifier: Apache-2.0

"""The options for what Nova's users have asked for, over HTTP.

The stories of each are in ``gabbits``; here is what takes more than requests:
who sets an option, rows of others, races, and the programs that read keys.
"""

import io
import json
import pathlib
import shutil
from concurrent import futures
from typing import Any, ClassVar

import fixtures as fixtures_library
import sqlalchemy as sa
import testtools
import webob
from cryptography.hazmat.primitives import serialization

from keypair_ext import deploy
from keypair_ext.db import models
from keypair_ext.middleware.context import noauth
from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.servers import process

try:
    import paramiko
except ImportError:
    paramiko = None

try:
    from xstatic.pkg import jsencrypt
except ImportError:
    jsencrypt = None

# Where Debian has Go's libraries.
GO_PATH = pathlib.Path('/usr/share/gocode')
GO_SSH = GO_PATH / 'src' / 'golang.org' / 'x' / 'crypto' / 'ssh'

PROGRAMS = pathlib.Path(__file__).parent / 'readers'

ALL_ON = {
    'idempotent_import': 'true',
    'duplicate_before_quota': 'true',
    'created_at_in_lists': 'true',
    'sha256_fingerprint': 'body',
    'generated_ssh_algorithm': 'ecdsa-256',
}
PROFILE = """
name = "acme"
summary = "All that can be added."

[answers]
created_at_in_lists = true
sha256_fingerprint = "body"

[keys]
idempotent_import = true
duplicate_before_quota = true
generated_ssh_algorithm = "ecdsa-256"
"""

# By the option's value: what ssh-keygen -l says, what the PEM begins with,
# and the class of paramiko.
ALGORITHMS = {
    'rsa-2048': ('2048', 'RSA', 'RSA', 'RSAKey'),
    'rsa-3072': ('3072', 'RSA', 'RSA', 'RSAKey'),
    'rsa-4096': ('4096', 'RSA', 'RSA', 'RSAKey'),
    'ecdsa-256': ('256', 'ECDSA', 'EC', 'ECDSAKey'),
    'ed25519': ('256', 'ED25519', 'OPENSSH', 'Ed25519Key'),
}


class AdditionsTestCase(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures_library.FakeLogger())

    def serve(self, keypairs: dict[str, str], **app: str) -> fixtures.Service:
        options = {
            'keypairs': {**keypairs, 'key_pool_size': '0'},
            'quota': {'key_pairs': '2'},
        }
        return self.useFixture(
            fixtures.Service(options, {'app:keypairs': app})
        )

    def profile(self) -> str:
        path = self.directory / 'acme.toml'
        path.write_text(PROFILE)
        return f'file:{path}'


class WhereTheyAreSetTest(AdditionsTestCase):
    """A service, an app, a filter, a profile: each has all of them."""

    def check(self, mount: fixtures.Application, prefix: str = '') -> None:
        def ask(method: str, body: Any = None) -> Any:
            return mount.ask(
                method, f'{prefix}/os-keypairs', version='2.10', body=body
            )

        def create(name: str, **key: str) -> Any:
            return ask('POST', {'keypair': {'name': name, **key}})

        key = {'public_key': fixtures.KEY}
        made = [create('a', **key), create('a', **key)]
        self.assertEqual([201, 201], [each.status_int for each in made])
        self.assertEqual(made[0].json, made[1].json)
        self.assertEqual(
            fixtures.KEY_SHA256, made[0].json['keypair']['fingerprint']
        )
        generated = create('b').json['keypair']
        self.assertIn('BEGIN EC PRIVATE KEY', generated['private_key'])
        self.assertEqual(409, create('b', **key).status_int)
        self.assertEqual(403, create('c', **key).status_int)
        listed = [row['keypair'] for row in ask('GET').json['keypairs']]
        self.assertEqual(
            [fixtures.KEY_SHA256, generated['fingerprint']],
            [keypair['fingerprint'] for keypair in listed],
        )
        for keypair in listed:
            self.assertRegex(keypair['created_at'], r'^\d{4}-.*\.\d{6}$')

    def test_service(self) -> None:
        self.check(self.serve(ALL_ON), '/v2.1')

    def test_profile(self) -> None:
        self.check(self.serve({}, profile=self.profile()), '/v2.1')

    def mount(self, kind: str) -> fixtures.Application:
        """Return an app, or a filter in front of nothing."""
        database = {'connection': f'sqlite:///{self.directory}/d.sqlite'}
        path = fixtures.write_config(
            str(self.directory),
            {
                'database': database,
                'api_database': database,
                'keypairs': ALL_ON,
                'quota': {'key_pairs': '2'},
            },
        )
        fixtures.make_database(path).dispose()
        composition = deploy.Composition()
        self.addCleanup(composition.close)
        local_conf = {'oslo_config_file': path}
        made: Any = (
            composition.application(local_conf)
            if kind == 'app'
            else composition.mounted_in_nova(
                webob.exc.HTTPNotFound(), local_conf
            )
        )
        mounted = fixtures.Application()
        mounted.app = noauth.filter_factory({}, **local_conf)(made)
        return mounted

    def test_app(self) -> None:
        self.check(self.mount('app'))

    def test_filter(self) -> None:
        self.check(self.mount('filter'))

    def test_an_option_goes_before_the_profile(self) -> None:
        off = {
            **dict.fromkeys(ALL_ON, 'false'),
            'sha256_fingerprint': 'off',
            'generated_ssh_algorithm': 'rsa-2048',
        }
        service = self.serve(off, profile=self.profile())
        made = service.create('a', version='2.10').json['keypair']
        self.assertEqual(
            fixtures.SAMPLES['KEY_FINGERPRINT'], made['fingerprint']
        )
        self.assertEqual(409, service.create('a').status_int)
        generated = self.generate(service)
        self.assertIn('BEGIN RSA PRIVATE KEY', generated['private_key'])
        self.assertEqual(403, service.create('a').status_int)
        listed = service.ask('GET', '/v2.1/os-keypairs').json['keypairs']
        self.assertNotIn('created_at', listed[0]['keypair'])

    def generate(self, service: fixtures.Service) -> Any:
        return service.ask(
            'POST',
            '/v2.1/os-keypairs',
            version='2.10',
            body={'keypair': {'name': 'generated'}},
        ).json['keypair']

    def test_mounts_differ_in_one_process(self) -> None:
        service = self.serve({}, profile=self.profile())
        other = self.serve({})
        self.assertEqual(
            fixtures.KEY_SHA256,
            service.create('a').json['keypair']['fingerprint'],
        )
        self.assertEqual(
            fixtures.SAMPLES['KEY_FINGERPRINT'],
            other.create('a').json['keypair']['fingerprint'],
        )


class RowsTest(AdditionsTestCase):
    """What an option changes in answers, it does not change in the table."""

    def test_fingerprints_of_the_table_stay_novas(self) -> None:
        service = self.serve({'sha256_fingerprint': 'body'})
        service.create('a')
        with service.engine.begin() as connection:
            row = connection.execute(sa.select(models.key_pairs)).one()
        self.assertEqual(fixtures.SAMPLES['KEY_FINGERPRINT'], row.fingerprint)

    def insert(self, service: fixtures.Service, **row: Any) -> None:
        with service.engine.begin() as connection:
            connection.execute(
                sa.insert(models.key_pairs).values(user_id='amelia', **row)
            )

    def test_a_row_that_nova_stored(self) -> None:
        service = self.serve(
            {'sha256_fingerprint': 'body', 'created_at_in_lists': 'true'}
        )
        for name, key, fingerprint in (
            ('a', fixtures.KEY, fixtures.KEY_SHA256),
            ('b', 'not a key', 'aa:bb'),
            ('c', None, 'aa:bb'),
        ):
            self.insert(
                service,
                name=name,
                type='ssh',
                public_key=key,
                fingerprint='aa:bb',
            )
            shown = service.ask('GET', f'/v2.1/os-keypairs/{name}').json
            self.assertEqual(fingerprint, shown['keypair']['fingerprint'])
        listed = service.ask('GET', '/v2.1/os-keypairs').json['keypairs']
        self.assertEqual(
            [fixtures.KEY_SHA256, 'aa:bb', 'aa:bb'],
            [each['keypair']['fingerprint'] for each in listed],
        )
        # As a show has it where the row does not know.
        self.assertIsNone(listed[0]['keypair']['created_at'])

    def test_a_key_that_nova_stored_without_its_padding(self) -> None:
        service = self.serve({'idempotent_import': 'true'})
        self.insert(
            service,
            name='a',
            type='ssh',
            public_key=fixtures.OTHER_KEY.replace('= ', ' '),
            fingerprint='aa:bb',
        )
        made = service.create('a', public_key=fixtures.OTHER_KEY)
        self.assertEqual(201, made.status_int)


class RacesTest(AdditionsTestCase):
    """Equal imports at the same time: one row, and all succeed."""

    def race(self, service: fixtures.Service, keys: list[str]) -> list[int]:
        with futures.ThreadPoolExecutor(len(keys)) as threads:
            answers = threads.map(
                lambda key: service.create('deploy', public_key=key), keys
            )
            return [answer.status_int for answer in answers]

    def test_equal_imports(self) -> None:
        service = self.serve({'idempotent_import': 'true'})
        for _ in range(5):
            service.clear()
            keys = [f'{fixtures.KEY} {number}' for number in range(8)]
            self.assertEqual([201] * 8, self.race(service, keys))
            self.assertEqual(['deploy'], service.names('amelia'))

    def test_for_the_last_place(self) -> None:
        service = self.serve({'idempotent_import': 'true'})
        for _ in range(5):
            service.clear()
            service.create('other')
            self.assertEqual([201] * 8, self.race(service, [fixtures.KEY] * 8))
            self.assertEqual(['deploy', 'other'], service.names('amelia'))

    def test_different_imports(self) -> None:
        service = self.serve({'idempotent_import': 'true'})
        keys = [fixtures.KEY, fixtures.OTHER_KEY] * 4
        self.assertEqual(
            [201] * 4 + [409] * 4, sorted(self.race(service, keys))
        )


class ReadersTest(AdditionsTestCase):
    """Which programs load the private key of an answer."""

    keypairs: ClassVar[dict[str, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.keypairs = {each: cls.generate(each) for each in ALGORITHMS}

    @staticmethod
    def generate(algorithm: str) -> Any:
        keypairs = {'generated_ssh_algorithm': algorithm, 'key_pool_size': '0'}
        with fixtures.Service({'keypairs': keypairs}) as service:
            answer = service.ask(
                'POST',
                '/v2.1/os-keypairs',
                version='2.10',
                body={'keypair': {'name': 'generated'}},
            )
        assert answer.status_int == 201, answer.text
        return answer.json['keypair']

    def keygen(self, *arguments: str) -> str:
        return completed(['ssh-keygen', *arguments], check=True).stdout

    @testtools.skipIf(shutil.which('ssh-keygen') is None, 'no ssh-keygen')
    def test_ssh_keygen_and_cryptography(self) -> None:
        for algorithm, (bits, name, begin, _) in ALGORITHMS.items():
            with self.subTest(algorithm=algorithm):
                keypair = self.keypairs[algorithm]
                pem, public = keypair['private_key'], keypair['public_key']
                self.assertTrue(
                    pem.startswith(f'-----BEGIN {begin} PRIVATE KEY-----\n')
                )
                self.check_keygen(pem, public, bits, name)
                self.check_cryptography(pem, public, begin)

    @testtools.skipIf(paramiko is None, 'paramiko is not installed')
    def test_paramiko(self) -> None:
        for algorithm, (*_, loader) in ALGORITHMS.items():
            with self.subTest(algorithm=algorithm):
                keypair = self.keypairs[algorithm]
                key = getattr(paramiko, loader).from_private_key(
                    io.StringIO(keypair['private_key'])
                )
                self.assertEqual(
                    keypair['public_key'].split()[1], key.get_base64()
                )

    @testtools.skipIf(
        shutil.which('go') is None or not GO_SSH.exists(),
        'golang-go or golang-golang-x-crypto-dev is not installed',
    )
    def test_go(self) -> None:
        reader = self.directory / 'reader'
        environment = process.clean_environment(
            self.directory, GO111MODULE='off', GOPATH=str(GO_PATH)
        )
        process.run(
            ['go', 'build', '-o', reader, PROGRAMS / 'reader.go'],
            env=environment,
        )
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm=algorithm):
                keypair = self.keypairs[algorithm]
                told = process.run(
                    [reader], env=environment, stdin=keypair['private_key']
                )
                self.assertEqual(
                    keypair['public_key'].split()[:2], told.split()
                )

    @testtools.skipIf(
        shutil.which('node') is None or jsencrypt is None,
        'node or XStatic-JSEncrypt is not installed',
    )
    def test_horizon_decrypts_passwords_with_rsa(self) -> None:
        # Its dialog for the password of a Windows instance.
        script = f'{jsencrypt.BASE_DIR}/jsencrypt.js'
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm=algorithm):
                told = process.run(
                    ['node', PROGRAMS / 'horizon.js', script],
                    env=process.clean_environment(self.directory),
                    stdin=self.keypairs[algorithm]['private_key'],
                )
                expected = 'secret' if algorithm.startswith('rsa') else False
                self.assertEqual(expected, json.loads(told))

    def check_keygen(
        self, pem: str, public: str, bits: str, name: str
    ) -> None:
        path = self.directory / 'id'
        path.unlink(missing_ok=True)
        path.touch(0o600)
        path.write_text(pem)
        derived = self.keygen('-y', '-P', '', '-f', str(path))
        self.assertEqual(public.split()[:2], derived.split()[:2])
        path.with_suffix('.pub').write_text(public)
        told = self.keygen('-l', '-f', str(path.with_suffix('.pub'))).split()
        self.assertEqual((bits, f'({name})'), (told[0], told[-1]))

    def check_cryptography(self, pem: str, public: str, begin: str) -> None:
        load = (
            serialization.load_ssh_private_key
            if begin == 'OPENSSH'
            else serialization.load_pem_private_key
        )
        line = (
            load(pem.encode(), None)
            .public_key()
            .public_bytes(
                serialization.Encoding.OpenSSH,
                serialization.PublicFormat.OpenSSH,
            )
        )
        self.assertEqual(public.split()[1], line.decode().split()[1])

    def test_the_page_names_them(self) -> None:
        page = fixtures.ROOT / 'doc/source/configuration/additions.rst'
        text = page.read_text()
        for algorithm, (*_, begin, _loader) in ALGORITHMS.items():
            self.assertIn(f'``{algorithm}``', text)
            self.assertIn(f'BEGIN {begin} PRIVATE KEY', text)
