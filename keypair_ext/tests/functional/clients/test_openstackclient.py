# SPDX-License-Identifier: Apache-2.0

"""python-openstackclient: its keypair commands, each run as a shell does."""

import json
import shlex
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.clients import testbed

# An openrc that was sourced, and a proxy that answers nobody.
_ELSEWHERE = {
    'ALL_PROXY': 'http://127.0.0.1:9',
    'HTTPS_PROXY': 'http://127.0.0.1:9',
    'OS_AUTH_PLUGIN': 'password',
    'OS_AUTH_TYPE': 'v3token',
    'OS_AUTH_URL': 'http://127.0.0.1:9/v3',
    'OS_CACERT': '/nonexistent',
    'OS_CLIENT_CONFIG_FILE': '/nonexistent',
    'OS_CLOUD': 'nosuch',
    'OS_COMPUTE_API_VERSION': '2.999',
    'OS_ENDPOINT': 'http://127.0.0.1:9',
    'OS_IDENTITY_API_VERSION': '2',
    'OS_INTERFACE': 'internal',
    'OS_PASSWORD': 'other',
    'OS_PROJECT_DOMAIN_ID': 'default',
    'OS_PROJECT_ID': 'other',
    'OS_PROJECT_NAME': 'other',
    'OS_REGION_NAME': 'Elsewhere',
    'OS_SYSTEM_SCOPE': 'all',
    'OS_TENANT_NAME': 'other',
    'OS_TOKEN': 'other',
    'OS_TRUST_ID': 'other',
    'OS_URL': 'http://127.0.0.1:9',
    'OS_USERNAME': 'other',
    'OS_USER_DOMAIN_NAME': 'Default',
    'http_proxy': 'http://127.0.0.1:9',
    'https_proxy': 'http://127.0.0.1:9',
}

_Done = subprocess.CompletedProcess[str]


class OpenStackClientTest(testbed.TestBedCase):
    def setUp(self) -> None:
        super().setUp()
        self.key_file = self._file('id_ed25519.pub', fixtures.KEY + '\n')

    def _file(self, name: str, text: str) -> Path:
        path = self.testbed.home / name
        path.write_text(text)
        return path

    def _run(self, *arguments: str | Path, user: str = 'member') -> _Done:
        done = self.testbed.openstack(user, 'keypair', *arguments)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done

    def _refused(self, *arguments: str | Path, user: str = 'member') -> str:
        done = self.testbed.openstack(user, 'keypair', *arguments)
        self.assertEqual(1, done.returncode, done.stdout)
        return done.stderr

    def _names(self, *arguments: str, user: str = 'member') -> list[str]:
        done = self._run('list', '-f', 'json', *arguments, user=user)
        return [row['Name'] for row in json.loads(done.stdout)]

    def _show_public_key(self, name: str) -> str:
        # The client ends what it prints with a newline of its own.
        shown = self._run('show', '--public-key', name).stdout
        return shown.removesuffix('\n')

    def test_the_printed_line_makes_a_key(self) -> None:
        # With OS_TOKEN and all the rest of another cloud.
        done = self.testbed.shell(self.testbed.printed_line, **_ELSEWHERE)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual('', done.stderr)
        private = serialization.load_ssh_private_key(
            done.stdout.encode(), password=None
        )
        self.assertEqual(
            _public_line(private), self._show_public_key('demo-key')
        )

    def test_the_openrc(self) -> None:
        openrc = shlex.quote(str(self.testbed.directory / 'openrc'))
        openstack = shlex.quote(str(testbed.BIN / 'openstack'))
        done = self.testbed.shell(
            f'. {openrc} && {openstack} keypair list', **_ELSEWHERE
        )
        self.assertEqual((0, ''), (done.returncode, done.stderr))

    def test_a_key_of_ones_own(self) -> None:
        create = ('create', 'own', '--public-key', self.key_file)
        self._run(*create, '--type', 'ssh')
        self.assertIn('own', self._names())
        shown = json.loads(self._run('show', 'own', '-f', 'json').stdout)
        self.assertEqual('own', shown['name'])
        self.assertEqual('ssh', shown['type'])
        self.assertEqual(self.testbed.user_id('member'), shown['user_id'])
        self.assertEqual(
            fixtures.SAMPLES['KEY_FINGERPRINT'], shown['fingerprint']
        )
        # Byte for byte, the newline at the end included.
        self.assertEqual(
            self.key_file.read_text(), self._show_public_key('own')
        )
        self.assertIn("Key pair 'own' already exists", self._refused(*create))
        self._run('delete', 'own')

    def test_the_private_key_goes_to_a_file(self) -> None:
        path = self.testbed.home / 'id_made'
        self._run('create', 'made', '--private-key', path)
        private = serialization.load_ssh_private_key(
            path.read_bytes(), password=None
        )
        self.assertEqual(_public_line(private), self._show_public_key('made'))

    def test_a_certificate(self) -> None:
        done = self.testbed.openstack(
            'member',
            'keypair',
            'create',
            'certificate',
            '--type',
            'x509',
            '--public-key',
            self._file('cert.pem', fixtures.CERTIFICATE),
        )
        # Version 10.5 takes the type and does not send it. The answer has
        # to say what is wrong then.
        if done.returncode:
            self.assertIn('import it with "type": "x509"', done.stderr)
        else:
            self.assertIn('x509', done.stdout)

    def test_an_administrator_and_a_user(self) -> None:
        given = ('given', '--user', 'member')
        self._run(
            'create', *given, '--public-key', self.key_file, user='admin'
        )
        for whose in ('--user', 'member'), ('--project', 'demo'):
            self.assertIn('given', self._names(*whose, user='admin'))
        self._run('delete', *given, user='admin')
        self.assertIn(
            "Policy doesn't allow os_compute_api:os-keypairs:index",
            self._refused('list', '--user', 'admin'),
        )


def _public_line(private: serialization.ssh.SSHPrivateKeyTypes) -> str:
    return (
        private.public_key()
        .public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
        .decode()
    )
