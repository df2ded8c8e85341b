# SPDX-License-Identifier: Apache-2.0

"""The test bed in this process, and how clients ask it."""

import threading
import time
from typing import Any

import requests
import yaml
from fixtures import TempDir
from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v3

from keypair_ext import exception
from keypair_ext.testbed import Testbed
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.servers import rest

_COMPUTE = {'service_type': 'compute'}
_KEYPAIRS = '/os-keypairs'


class TestbedTestCase(base.TestCase):
    def start(self, **how: Any) -> Testbed:
        bed = Testbed(**how)
        bed.start()
        self.addCleanup(bed.stop)
        return bed

    def log_in(self, bed: Testbed, user: str = 'member') -> session.Session:
        opened = session.Session(v3.Password(**bed.credentials(user)))
        self.addCleanup(opened.session.close)
        return opened

    def create(
        self, client: session.Session, name: str = 'web', **more: Any
    ) -> Any:
        keypair = {'name': name, 'public_key': fixtures.KEY}
        return client.post(
            _KEYPAIRS,
            json={'keypair': keypair},
            endpoint_filter=_COMPUTE,
            **more,
        )

    def names(self, client: session.Session) -> list[str]:
        listed = client.get(_KEYPAIRS, endpoint_filter=_COMPUTE).json()
        return [each['keypair']['name'] for each in listed['keypairs']]


class TestbedTest(TestbedTestCase):
    def test_each_user_has_keys(self) -> None:
        bed = self.start()
        for user in 'admin', 'member', 'member2', 'reader':
            client = self.log_in(bed, user)
            self.create(client, user)
            self.assertEqual([user], self.names(client))

    def test_a_token_that_was_revoked(self) -> None:
        bed = self.start()
        client = self.log_in(bed)
        self.names(client)
        token = str(client.get_token())
        headers = {'X-Auth-Token': token, 'X-Subject-Token': token}
        url = f'{bed.auth_url}/auth/tokens'
        rest.call('DELETE', url, headers=headers).expect(204)
        url = f'{bed.compute_url}/os-keypairs'
        answer = rest.call('GET', url, headers=headers).expect(401)
        self.assertEqual(
            f'Keystone uri="{bed.auth_url}"',
            answer.headers['WWW-Authenticate'],
        )

    def test_what_it_was_in_the_beginning(self) -> None:
        bed = self.start()
        client = self.log_in(bed)
        self.create(client)
        bed.fail(503, times=None)
        self.assertRaises(exceptions.ServiceUnavailable, self.names, client)
        bed.reset()
        self.assertEqual([], bed.requests)
        # It logs in again, with what it has known before.
        self.assertEqual([], self.names(client))

    def test_releases(self) -> None:
        for nova, newest in ('2025.1', '2.100'), (None, '2.104'):
            bed = self.start(nova=nova)
            version = rest.call('GET', bed.compute_url).json()['version']
            self.assertEqual(newest, version['version'])
        self.assertRaises(exception.ConfigurationError, Testbed, nova='2012.1')

    def test_profiles(self) -> None:
        bed = self.start(profile='rackspace')
        client = self.log_in(bed)
        answer = self.create(client)
        self.assertNotIn('OpenStack-API-Version', answer.headers)
        own = self.directory / 'acme.toml'
        own.write_text(
            'schema = 1\nname = "acme"\nsummary = "Another one."\n'
            '[statuses]\nimported = 202\n'
        )
        bed = self.start(profile=str(own))
        self.assertEqual(202, self.create(self.log_in(bed)).status_code)

    def test_seed(self) -> None:
        seen = []
        bed = self.start(seed=5)
        for again in bed, self.start(seed=5), bed:
            again.reset()
            client = self.log_in(again)
            self.create(client)
            shown = client.get(f'{_KEYPAIRS}/web', endpoint_filter=_COMPUTE)
            seen.append((client.get_token(), shown.json()))
        self.assertEqual([seen[0]] * 3, seen)

    def test_clients_files(self) -> None:
        directory = self.useFixture(TempDir()).path
        bed = self.start(directory=directory)
        text = (bed.directory / 'clouds.yaml').read_text()
        self.assertEqual(bed.clouds(), yaml.safe_load(text))
        password = bed.clouds()['clouds']['reader']['auth']['password']
        self.assertEqual(password, bed.environ('reader')['OS_PASSWORD'])
        self.assertIn(
            'Another test bed runs in',
            self.mistake(self.start, directory=directory),
        )

    def test_neighbours(self) -> None:
        bed = self.start()
        client = self.log_in(bed)
        for kind, path, key, number in (
            ('compute', '/flavors', 'flavors', 1),
            ('compute', '/flavors/detail', 'flavors', 1),
            ('image', '/v2/images', 'images', 1),
            ('network', '/v2.0/networks', 'networks', 1),
            ('block-storage', '/v3/volumes', 'volumes', 0),
        ):
            found = client.get(path, endpoint_filter={'service_type': kind})
            self.assertEqual(number, len(found.json()[key]), path)
        for path, status in ('/image/', 300), ('/nosuch', 404), ('/', 200):
            self.assertEqual(status, rest.call('GET', bed.url + path).status)

    def test_many_at_once(self) -> None:
        # Each waits for its token to be looked at, by the same server.
        bed = self.start()
        names = [f'key-{number}' for number in range(16)]
        clients = [self.log_in(bed) for _ in names]
        threads = [
            threading.Thread(target=self.create, args=pair)
            for pair in zip(clients, names, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        self.assertEqual(sorted(names), self.names(clients[0]))

    def test_stopped_before_it_started(self) -> None:
        bed = Testbed(profile='nosuch.toml')
        self.assertRaises(exception.ConfigurationError, bed.start)
        bed.stop()

    def test_nothing_is_left(self) -> None:
        before = set(threading.enumerate())
        with Testbed() as bed:
            self.names(self.log_in(bed))
            directory = bed.directory
        self.assertFalse(directory.exists())
        self.assertEqual(set(), set(threading.enumerate()) - before)


class FaultsTest(TestbedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bed = self.start()
        self.client = self.log_in(self.bed)
        self.names(self.client)

    def test_the_second_create(self) -> None:
        self.bed.fail(
            status=503,
            method='POST',
            path='/os-keypairs',
            nth=2,
            retry_after=1,
        )
        self.create(self.client, 'a')
        error = self.assertRaises(
            exceptions.ServiceUnavailable, self.create, self.client, 'b'
        )
        assert error.response is not None
        self.assertEqual('1', error.response.headers['Retry-After'])
        self.create(self.client, 'c')
        self.assertEqual(['a', 'c'], self.names(self.client))
        self.assertEqual(
            [200, 503, 200],
            [r.status for r in self.bed.requests if r.method == 'POST'][1:],
        )

    def test_a_token_that_has_ended(self) -> None:
        self.bed.fail(status=401, service='compute')
        self.create(self.client)
        logins = [r for r in self.bed.requests if 'tokens' in r.path]
        self.assertEqual(2, len(logins))

    def test_cut_before_and_lost_after(self) -> None:
        once = {'connect_retries': 0, 'status_code_retries': 0}
        self.bed.fail(cut=True, method='POST')
        self.assertRaises(
            exceptions.ConnectFailure, self.create, self.client, 'a', **once
        )
        self.bed.fail(truncate=True, method='POST')
        self.assertRaises(
            (
                exceptions.ClientException,
                requests.exceptions.RequestException,
            ),
            self.create,
            self.client,
            'b',
            **once,
        )
        self.assertEqual(['b'], self.names(self.client))
        self.assertEqual(
            [None, 200],
            [r.status for r in self.bed.requests if r.method == 'POST'][1:],
        )

    def test_late(self) -> None:
        self.bed.fail(delay=0.2)
        begun = time.monotonic()
        self.names(self.client)
        self.assertGreaterEqual(time.monotonic() - begun, 0.2)

    def test_over_http(self) -> None:
        url = f'{self.bed.url}/testbed'
        how = {'status': 429, 'retry_after': 3, 'path': '/os-keypairs'}
        made = rest.call('POST', f'{url}/faults', how).expect(201).json()
        self.assertEqual(how, how | {k: made['fault'][k] for k in how})
        listed = rest.call('GET', f'{url}/faults').expect(200).json()
        self.assertEqual(1, len(listed['faults']))
        self.assertRaises(exceptions.HttpError, self.names, self.client)
        seen = rest.call('GET', f'{url}/requests').expect(200).json()
        self.assertEqual(429, seen['requests'][-1]['status'])
        rest.call('DELETE', f'{url}/faults').expect(204)
        rest.call('POST', f'{url}/reset').expect(204)
        self.assertEqual([], self.bed.requests)
        for method, path, body, status in (
            ('POST', '/faults', {'status': 200}, 400),
            ('GET', '/nosuch', None, 404),
        ):
            answer = rest.call(method, url + path, body)
            self.assertEqual(status, answer.status)
            self.assertIn('error', answer.json())
