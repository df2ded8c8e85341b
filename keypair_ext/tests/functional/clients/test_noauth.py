# SPDX-License-Identifier: Apache-2.0

"""Clients without Keystone against a service that believes them."""

import subprocess
from typing import Any, ClassVar

from keystoneauth1 import noauth, session, token_endpoint
from novaclient import client

from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.clients import testbed
from keypair_ext.tests.functional.servers import gunicorn, process

# python-openstackclient asks for the version of an Identity service, too.
_WITH_IDENTITY = """\
/identity/v3 = identity

[app:identity]
paste.app_factory = keypair_ext.tests.functional.clients.versions:app_factory

[composite:v21]
"""


class NoAuthTest(testbed.ClientTestCase):
    """The user ``notused``, and whoever a token names."""

    home: ClassVar[process.Directory]
    server: ClassVar[gunicorn.Gunicorn]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.home = cls.use(process.Directory('noauth'))
        fixtures.make_database(fixtures.write_config(str(cls.home.path)))
        shipped = fixtures.PASTE_FILE.read_text()
        (cls.home.path / 'api-paste.ini').write_text(
            shipped.replace('[composite:v21]\n', _WITH_IDENTITY)
        )
        cls.server = cls.use(gunicorn.Gunicorn(cls.home.path))

    def _openstack(
        self, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return completed(
            [testbed.BIN / 'openstack', 'keypair', *arguments],
            env=process.clean_environment(
                self.home.path,
                OS_ENDPOINT=f'{self.server.url}/v2.1',
                OS_IDENTITY_ENDPOINT_OVERRIDE=f'{self.server.url}/identity/v3',
                **environment,
            ),
            cwd=self.home.path,
        )

    def _keypairs(self, auth: Any) -> Any:
        opened = session.Session(auth)
        self.addCleanup(opened.session.close)
        return client.Client('2.10', session=opened).keypairs

    def test_no_authentication(self) -> None:
        auth = noauth.NoAuth(endpoint=f'{self.server.url}/v2.1')
        keypairs = self._keypairs(auth)
        keypairs.create('mine', public_key=fixtures.KEY)
        self.assertEqual('notused', keypairs.get('mine').user_id)
        done = self._openstack('list', '-f', 'value', OS_AUTH_TYPE='none')
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(done.stdout.startswith('mine '), done.stdout)

    def test_a_token_that_names_somebody(self) -> None:
        admin = 'root:ffff:admin'
        auth = token_endpoint.Token(f'{self.server.url}/v2.1', admin)
        keypairs = self._keypairs(auth)
        keypairs.create('given', public_key=fixtures.KEY, user_id='amelia')
        done = self._openstack(
            'list',
            '--user',
            'amelia',
            '-f',
            'value',
            OS_AUTH_TYPE='admin_token',
            OS_TOKEN=admin,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(done.stdout.startswith('given '), done.stdout)
