# SPDX-License-Identifier: Apache-2.0

"""What holds for the service under every server; test_servers runs it."""

import http.client
import json
import socket
from collections import Counter
from collections.abc import Mapping
from concurrent import futures
from pathlib import Path
from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.servers import (
    apache,
    gunicorn,
    haproxy,
    process,
    rest,
    uwsgi,
)

Server = apache.Apache | gunicorn.Gunicorn | haproxy.Front | uwsgi.UWSGI

QUOTA = 10


def import_body(name: str) -> bytes:
    """Return a body that imports the sample key under a name."""
    document = {'keypair': {'name': name, 'public_key': fixtures.KEY}}
    return json.dumps(document).encode()


def prepare(directory: Path, options: fixtures.Options) -> str:
    """Make all that a service of its own process needs.

    :returns: the path of its configuration file.
    """
    config_file = fixtures.write_config(str(directory), options)
    fixtures.make_database(config_file).dispose()
    paste_file = directory / 'api-paste.ini'
    paste_file.write_text(fixtures.PASTE_FILE.read_text())
    return config_file


def begin_import(
    connection: http.client.HTTPConnection,
    headers: Mapping[str, str],
    length: int,
) -> None:
    """Send all of a request but its body, which is to have a length."""
    connection.putrequest('POST', '/v2.1/os-keypairs')
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader('Content-Length', str(length))
    connection.endheaders()


class ServiceCases(base.TestCase):
    """What holds under every server.

    The service has two workers of one thread and one SQLite database. Each
    test is a user of its own.
    """

    server: ClassVar[Server]
    options: ClassVar[fixtures.Options] = {}
    # How much of a body a proxy in front waits for.
    buffer: ClassVar[int] = 0
    # Methods and targets that it does not ask the application for.
    answered_by_server: ClassVar[set[tuple[str, str]]] = set()

    @classmethod
    def describe_server(cls, directory: Path) -> Server:
        """Return the server that the tests of the class ask."""
        raise NotImplementedError

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        home = cls.use(process.Directory('service'))
        prepare(home.path, {'quota': {'key_pairs': QUOTA}, **cls.options})
        cls.server = cls.use(cls.describe_server(home.path))

    def setUp(self) -> None:
        super().setUp()
        self.user = self.id().rpartition('.')[2]
        self.headers = {
            'X-Auth-Token': f'{self.user}:aaaa:member,reader',
            'Content-Type': 'application/json',
        }

    @property
    def daemon(self) -> process.Process:
        """The process that runs the application."""
        return self.server.daemon

    def call(
        self,
        method: str,
        path: str,
        document: object = None,
        version: str = '2.1',
    ) -> rest.Answer:
        return rest.call(
            method,
            f'{self.server.url}{path}',
            document,
            {**self.headers, 'X-OpenStack-Nova-API-Version': version},
        )

    def import_key(
        self, name: str, root: str = '/v2.1', version: str = '2.1'
    ) -> rest.Answer:
        """Import the sample key under a name."""
        document = json.loads(import_body(name))
        return self.call('POST', f'{root}/os-keypairs', document, version)

    def names(self) -> list[str]:
        """Return the names of the test's key pairs."""
        answer = self.call('GET', '/v2.1/os-keypairs').expect(200)
        return [row['keypair']['name'] for row in answer.json()['keypairs']]

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection for what :meth:`call` cannot send."""
        connection = http.client.HTTPConnection(
            process.LOOPBACK, self.server.port, timeout=60
        )
        self.addCleanup(connection.close)
        return connection

    def begin_import(self, length: int) -> http.client.HTTPConnection:
        """Send all of a request but its body, which is to have a length."""
        connection = self.connection()
        begin_import(connection, self.headers, length)
        return connection

    def test_what_needs_no_token(self) -> None:
        for path in ('/', '/v2/', '/v2.1', '/v2.1/'):
            answer = rest.call('GET', f'{self.server.url}{path}').expect(200)
            # Its links lead back here.
            self.assertIn(self.server.url.encode(), answer.body)
        rest.call('GET', f'{self.server.url}/healthcheck').expect(200)

    def test_the_log(self) -> None:
        self.names()
        rest.call('GET', f'{self.server.url}/v2.1/os-keypairs').expect(401)
        log = self.daemon.log
        request = r'"GET /v2.1/os-keypairs" status: {} len'
        self.assertRegex(log, rf' {self.user} aaaa .*{request.format(200)}')
        self.assertRegex(log, rf'\[None req-\S+ - - .*{request.format(401)}')
        self.assertIn('serves os-keypairs', log)

    def test_a_slash_in_a_name(self) -> None:
        for name, segment in (
            ('a/b', 'a%2Fb'),
            ('/', '%2f'),
            ('50%2F', '50%252F'),
            ('ключ/1', '%D0%BA%D0%BB%D1%8E%D1%87%2F1'),
        ):
            self.import_key(name, '/v2').expect(200)
            path = f'/v2/os-keypairs/{segment}'
            shown = self.call('GET', path).expect(200).json()
            self.assertEqual(name, shown['keypair']['name'])
            self.call('DELETE', path).expect(202)
            self.call('GET', path).expect(404)

    def test_names_that_look_like_directories(self) -> None:
        for name in ('.', '..'):
            self.import_key(name, version='2.92').expect(201)
            path = f'/v2.1/os-keypairs/{name}'
            shown = self.call('GET', path, version='2.92').expect(200).json()
            self.assertEqual(name, shown['keypair']['name'])
            self.call('DELETE', path, version='2.92').expect(204)

    def _send_target(self, method: str, target: str) -> tuple[int, bytes]:
        """Send a request line as no client library would."""
        head = f'{method} {target} HTTP/1.1\r\nHost: h\r\n' + ''.join(
            f'{name}: {value}\r\n' for name, value in self.headers.items()
        )
        with socket.create_connection(
            (process.LOOPBACK, self.server.port), timeout=60
        ) as client:
            client.sendall(f'{head}Connection: close\r\n\r\n'.encode())
            answer = http.client.HTTPResponse(client, method=method)
            answer.begin()
            return answer.status, answer.read()

    def test_targets_that_are_no_path(self) -> None:
        for method, target in (
            ('OPTIONS', '*'),
            ('GET', '*'),
            ('CONNECT', 'h:443'),
            ('DELETE', 'os-keypairs'),
        ):
            with self.subTest(method=method, target=target):
                status, body = self._send_target(method, target)
                if (method, target) in self.answered_by_server:
                    continue
                self.assertEqual(400, status)
                # Some of them are refused by some servers.
                if body.startswith(b'{'):
                    self.assertIn('badRequest', json.loads(body))
        self.assertNotIn('Traceback', self.daemon.log)

    def test_targets_that_are_a_whole_url(self) -> None:
        self.import_key('..', version='2.92').expect(201)
        for path, name in (
            ('/v2.1/os-keypairs?limit=1', b'keypairs'),
            ('/v2.1/os-keypairs/..', b'keypair'),
            ('', b'versions'),
        ):
            with self.subTest(path=path):
                status, body = self._send_target('GET', f'http://h{path}')
                self.assertEqual(200, status, body.decode())
                self.assertIn(name, body)

    def test_a_body_that_is_too_large(self) -> None:
        # It is told at once, without waiting for the body.
        connection = self.begin_import(length=2**40)
        connection.send(b' ' * self.buffer)
        self.assertEqual(413, connection.getresponse().status)

    def _race(self, documents: list[Mapping[str, str]]) -> Counter[int]:
        """Create all of these at once; count the statuses."""
        bodies = [{'keypair': document} for document in documents]
        with futures.ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(
                    lambda body: self.call('POST', '/v2.1/os-keypairs', body),
                    bodies,
                )
            )
        return Counter(answer.status for answer in answers)

    def test_the_quota_holds_for_imports_and_generation_at_once(self) -> None:
        for number in range(QUOTA - 2):
            self.import_key(f'before-{number}').expect(200)
        documents: list[Mapping[str, str]] = [
            {
                'name': f'made-{n}',
                **({'public_key': fixtures.KEY} if n % 2 else {}),
            }
            for n in range(16)
        ]
        self.assertEqual({200: 2, 403: 14}, self._race(documents))
        self.assertEqual(QUOTA, len(self.names()))

    def test_a_name_and_the_last_place_are_given_once(self) -> None:
        for number in range(QUOTA - 1):
            self.import_key(f'before-{number}').expect(200)
        same = {'name': 'the same', 'public_key': fixtures.KEY}
        statuses = self._race([same] * 16)
        # Who has lost learns either of the two reasons.
        self.assertEqual(1, statuses.pop(200))
        self.assertEqual(15, statuses[403] + statuses[409])
        self.assertEqual(QUOTA, len(self.names()))

    def test_stopping(self) -> None:
        self.import_key('before').expect(200)
        daemon = self.daemon
        body = b' ' * self.buffer + import_body('while')
        connection = self.begin_import(len(body))
        connection.send(body[: self.buffer + 10])
        # Answered by the other worker, or when this one has begun.
        self.names()
        daemon.send_signal(daemon.stop_signal)
        connection.send(body[self.buffer + 10 :])
        self.assertEqual(200, connection.getresponse().status)
        daemon.stop()
        self.assertNotIn('Traceback', daemon.log)
        daemon.start()
        self.assertEqual(['before', 'while'], self.names())
