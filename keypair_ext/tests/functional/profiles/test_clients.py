# SPDX-License-Identifier: Apache-2.0

"""The clients that vendors' customers have, against a real server."""

import json
import pathlib
import shlex
import shutil
import subprocess
from typing import Any, ClassVar

import fixtures
import openstack
import webob
from keystoneauth1 import noauth, session as ks_session
from novaclient import (
    api_versions,
    client as nova_client,
    exceptions as nova_exc,
)
from openstack import exceptions as sdk_exc

from keypair_ext.tests import base
from keypair_ext.tests.functional.profiles import mounts, samples, tables
from keypair_ext.tests.functional.servers import process
from keypair_ext.tests.unit.keytypes import vectors

KEY = f'{vectors.ED25519.line} amelia@laptop'


class TestClients(base.TestCase):
    """curl, openstacksdk and novaclient; one server for all.

    curl gets the documents' own commands, or their requests as commands.
    openstacksdk is for APIs with versions to negotiate; to novaclient the
    unversioned dialect is its version 2.
    """

    server: ClassVar[mounts.Server]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = cls.use(mounts.Server())

    def setUp(self) -> None:
        super().setUp()
        # What the clients' libraries warn of is not ours to mend.
        self.useFixture(fixtures.WarningsFilter([{'action': 'ignore'}]))

    def shell(self, command: str) -> webob.Response:
        """Paste a curl command into a shell; return what it printed."""
        if shutil.which('curl') is None:
            self.skipTest('curl is not installed')
        printed = subprocess.run(
            ['sh', '-c', f"{command.rstrip()} --include --noproxy '*'"],
            env=process.clean_environment(pathlib.Path('/nonexistent')),
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        head, _, body = printed.partition(b'\r\n\r\n')
        status, *lines = head.decode().split('\r\n')
        pairs = (line.partition(': ') for line in lines)
        headers = [(name, value) for name, _, value in pairs]
        return webob.Response(
            status=status.partition(' ')[2], headerlist=headers, body=body
        )

    def vietnix(self, command: str) -> webob.Response:
        """Run a command of Vietnix's, its placeholders filled in."""
        for placeholder, value in (
            ('https://api.vietnix.cloud:8774', f'{self.server.url}/vietnix'),
            ('{project_id}', mounts.PROJECT),
            (
                'gAAAAA<...>',
                f'{samples.VIETNIX_USER}:{mounts.PROJECT}:member',
            ),
            ('ssh-rsa AAAA<...>', vectors.RSA_2048.line),
        ):
            command = command.replace(placeholder, value)
        return self.shell(command)

    def post(
        self,
        path: str,
        user: str,
        keypair: dict[str, str],
        headers: dict[str, str] | None = None,
    ) -> webob.Response:
        """Send what a document shows as headers and a body."""
        sent = {**(headers or {}), **tables.identity(user)}
        lines = [
            argument
            for name, value in sent.items()
            for argument in ('-H', f'{name}: {value}')
        ]
        body = json.dumps({'keypair': keypair})
        return self.shell(
            shlex.join(
                ['curl', '-s', *lines, '-d', body, self.server.url + path]
            )
        )

    def test_curl_vietnix_generate(self) -> None:
        answer = self.vietnix(samples.VIETNIX_GENERATE)
        self.assertEqual(201, answer.status_int)
        self.assertEqual(
            ['2.72'], answer.headers.getall('X-OpenStack-Nova-API-Version')
        )
        keypair = answer.json['keypair']
        self.assertEqual('apikey1', keypair['name'])
        self.assertEqual(samples.VIETNIX_USER, keypair['user_id'])
        self.assertTrue(tables.PRIVATE_KEY.fullmatch(keypair['private_key']))
        self.assertIn('created_at', keypair)

    def test_curl_vietnix_import(self) -> None:
        answer = self.vietnix(samples.VIETNIX_IMPORT)
        self.assertEqual(201, answer.status_int)
        keypair = answer.json['keypair']
        self.assertEqual(samples.VIETNIX_KEY, keypair['public_key'])
        self.assertEqual(samples.VIETNIX_FINGERPRINT, keypair['fingerprint'])
        self.assertEqual(409, self.vietnix(samples.VIETNIX_IMPORT).status_int)

    def test_curl_deletes(self) -> None:
        # libcloud, fog and gophercloud take no other status for a success.
        for mount, status in (
            ('/rackspace', 202),
            ('/otc/v2.1', 204),
            ('/vietnix/v2.1', 202),
        ):
            keypair = {'name': 'gone', 'public_key': samples.OPENSTACK_KEY}
            json_type = {'Content-Type': 'application/json'}
            path = f'{mount}/os-keypairs'
            self.post(path, 'deleting', keypair, json_type)
            headers = [
                argument
                for name, value in tables.identity('deleting').items()
                for argument in ('-H', f'{name}: {value}')
            ]
            url = f'{self.server.url}{path}/gone'
            answer = self.shell(
                shlex.join(['curl', '-s', '-X', 'DELETE', *headers, url])
            )
            self.assertEqual((status, b''), (answer.status_int, answer.body))

    def sdk(self, mount: str) -> Any:
        connection = openstack.connect(
            load_yaml_config=False,
            load_envvars=False,
            auth_type='none',
            endpoint=f'{self.server.url}{mount}',
            compute_endpoint_override=f'{self.server.url}{mount}',
        )
        self.addCleanup(connection.close)
        return connection.compute

    def exercise(self, mount: str) -> Any:
        """Import, find, list and delete; return what was imported."""
        compute = self.sdk(mount)
        name = f'sdk{mount.replace("/", "-").replace(".", "-")}'
        made = compute.create_keypair(name=name, public_key=KEY)
        self.assertEqual(vectors.ED25519.fingerprint, made.fingerprint)
        self.assertRaises(
            sdk_exc.ConflictException,
            compute.create_keypair,
            name=name,
            public_key=KEY,
        )
        self.assertEqual(KEY, compute.get_keypair(name).public_key)
        self.assertIn(name, [found.name for found in compute.keypairs()])
        compute.delete_keypair(name, ignore_missing=False)
        self.assertIsNone(compute.find_keypair(name))
        return made

    def test_sdk_vietnix(self) -> None:
        made = self.exercise('/vietnix/v2.1')
        self.assertEqual('ssh', made.type)
        self.assertIsNotNone(made.created_at)

    def test_sdk_otc(self) -> None:
        made = self.exercise('/otc/v2.1')
        self.assertIsNone(made.created_at)

    def nova_client(self, version: str, mount: str) -> Any:
        session = ks_session.Session(
            auth=noauth.NoAuth(endpoint=f'{self.server.url}{mount}')
        )
        return nova_client.Client(
            version,
            session=session,
            endpoint_override=f'{self.server.url}{mount}',
        )

    def nova(self, version: str, mount: str) -> Any:
        return self.nova_client(version, mount).keypairs

    def test_nova_vietnix_latest(self) -> None:
        newest = api_versions.discover_version(
            self.nova_client('2.1', '/vietnix/v2.1'),
            api_versions.APIVersion('2.latest'),
        ).get_string()
        self.assertEqual('2.72', newest)
        keypairs = self.nova(newest, '/vietnix/v2.1')
        made = keypairs.create('nova-latest')
        self.assertTrue(tables.PRIVATE_KEY.fullmatch(made.private_key))
        keypairs.delete(made)

    def test_nova_otc(self) -> None:
        keypairs = self.nova('2.1', '/otc/v2.1')
        made = keypairs.create('nova-otc')
        self.assertTrue(made.public_key.endswith(' Generated by Nova\n'))
        keypairs.delete(made)
        self.assertRaises(nova_exc.NotFound, keypairs.get, 'nova-otc')

    def test_nova_rackspace(self) -> None:
        keypairs = self.nova('2.0', '/rackspace')
        names = [f'nova-rackspace-{n}' for n in range(mounts.QUOTA)]
        for name in names:
            made = keypairs.create(name, public_key=samples.RACKSPACE_KEY)
            self.assertEqual(samples.RACKSPACE_ANSWERED_KEY, made.public_key)
        self.assertEqual(names, [found.name for found in keypairs.list()])
        error = self.assertRaises(
            nova_exc.OverLimit, keypairs.create, 'one-too-many'
        )
        self.assertEqual(0, error.retry_after)
        for name in names:
            keypairs.delete(name)
        self.assertEqual([], keypairs.list())
