# SPDX-License-Identifier: Apache-2.0

"""What holds for each proxy that sends key pairs one way and all else another.

Behind it are two small applications, which say who they are.
"""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext.tests import base
from keypair_ext.tests.functional.load import users
from keypair_ext.tests.functional.servers import (
    haproxy,
    process,
    web,
    wsgi_server,
)

PROJECT = '6f70656e737461636b'
TO_KEYPAIRS = (
    '/v2.1/os-keypairs',
    '/v2/os-keypairs',
    '/v2.1/os-keypairs/',
    '/v2.1/os-keypairs/mine',
    '/v2.1/os-keypairs?limit=1&marker=%2F',
    f'/v2.1/{PROJECT}/os-keypairs/mine?user_id=you',
    f'/v2/{PROJECT}/os-keypairs',
    '/v2.1/os-keypairs/a%2Fb',
    '/v2.1/os-keypairs/%C3%A9%20e',
    '/v2.1/%6fs-keypairs',
    '/v2.1/os%2Dkeypairs/mine',
    '/v2%2E1/os-keypairs',
    '//v2.1/os-keypairs',
    '/v2.1//os-keypairs//mine',
)
TO_NOVA = (
    '/',
    '/v2.1',
    '/v2.1/',
    '/v2/',
    '/v2.1/servers/detail?key_name=os-keypairs',
    '/v2.1/servers?next=/v2.1/os-keypairs',
    '/v2.1/servers/os-keypairs',
    '/v2.1/os-keypairs.json',
    '/v2.1/os-keypairs-x',
    '/v3/os-keypairs',
    '/v2.1/limits',
    '/healthcheck',
    '/v2.1//servers//%61%2Fb',
)
# Where a proxy lets a name be one that others take for a directory.
DOTS = ('/v2.1/os-keypairs/.', '/v2.1/os-keypairs/..', '/v2.1/os-keypairs/%2E')


def named(name: str) -> WSGIApplication:
    """Return an application that says who it is, and what it was sent.

    It does one thing at a time, as a process of one thread.
    """
    one = threading.Lock()

    def application(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        length = int(environ.get('CONTENT_LENGTH') or 0)
        with one:
            received = environ['wsgi.input'].read(length)
        document = {
            'name': name,
            'target': environ['REQUEST_URI'],
            'received': len(received),
            'host': environ.get('HTTP_HOST'),
            'for': environ.get('HTTP_X_FORWARDED_FOR'),
        }
        body = json.dumps(document).encode()
        start_response('200 OK', [('Content-Length', str(len(body)))])
        return [body]

    return application


CLIENTS = 4


class _Client:
    """Keeps its connection, and asks both.

    ``done`` counts answers, ``wrong`` has those that are not right, and
    ``closed`` counts kept connections that were closed instead of an answer.
    """

    def __init__(self, port: int) -> None:
        self.done = 0
        self.closed = 0
        self.wrong: list[str] = []
        self._connection = http.client.HTTPConnection(
            process.LOOPBACK, port, timeout=60
        )

    def work(self) -> None:
        for target, name in (
            ('/v2.1/os-keypairs', 'keypairs'),
            ('/v2.1/servers', 'nova'),
        ):
            kept = self._connection.sock is not None
            try:
                self._connection.request('POST', target, b'x' * 100)
                got = json.load(self._connection.getresponse())
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if kept and isinstance(error, _CLOSED):
                    self.closed += 1
                else:
                    self.wrong.append(repr(error))
                continue
            self.done += 1
            if (got['name'], got['received']) != (name, 100):
                self.wrong.append(str(got))

    def close(self) -> None:
        self._connection.close()


# Before any of an answer has come.
_CLOSED = (
    http.client.RemoteDisconnected,
    ConnectionResetError,
    BrokenPipeError,
)


class FrontCases(base.TestCase):
    """What holds for each proxy."""

    # How many connections each client may find closed when the file is read.
    closed_when_idle: ClassVar[int] = 0
    keypairs: ClassVar[wsgi_server.Server]
    proxy: ClassVar[haproxy.Front | web.Nginx | web.Apache]

    @classmethod
    def front(cls, keypairs: int, nova: int) -> Any:
        """Return the proxy, to be started, before these ports."""
        raise NotImplementedError

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # Tests have temporary directories that nobody else may enter.
        cls.keypairs = cls.use(wsgi_server.Server(named('keypairs')))
        nova = cls.use(wsgi_server.Server(named('nova')))
        cls.proxy = cls.use(cls.front(cls.keypairs.port, nova.port))

    def setUp(self) -> None:
        super().setUp()
        self.wait_for('keypairs')

    def connection(self) -> http.client.HTTPConnection:
        made = http.client.HTTPConnection(
            process.LOOPBACK, self.proxy.port, timeout=20
        )
        self.addCleanup(made.close)
        return made

    def ask(
        self,
        target: str,
        method: str = 'GET',
        body: bytes | None = None,
        connection: http.client.HTTPConnection | None = None,
    ) -> dict[str, Any]:
        """Return what is answered, by whom; 200 or an error."""
        connection = connection or self.connection()
        connection.request(method, target, body)
        response = connection.getresponse()
        answered = response.read()
        self.assertEqual(200, response.status, answered.decode())
        document: dict[str, Any] = json.loads(answered)
        return document

    def wait_for(self, name: str) -> None:
        """Wait until key pairs are served by one of the two."""
        process.wait_until(
            lambda: self.ask('/v2.1/os-keypairs')['name'] == name, name, 20
        )

    def passed_on(self, name: str, target: str) -> str:
        """Return what the proxy makes of a target: nothing else."""
        return target

    def test_who_answers(self) -> None:
        # As clients do, over one connection.
        connection = self.connection()
        for name, targets in (('keypairs', TO_KEYPAIRS), ('nova', TO_NOVA)):
            expected = [
                (name, self.passed_on(name, target)) for target in targets
            ]
            answers = [
                self.ask(target, connection=connection) for target in targets
            ]
            self.assertEqual(
                expected, [(got['name'], got['target']) for got in answers]
            )

    def test_what_else_is_told(self) -> None:
        for target in ('/v2.1/os-keypairs', '/v2.1/servers'):
            got = self.ask(target)
            self.assertEqual(
                (f'{process.LOOPBACK}:{self.proxy.port}', process.LOOPBACK),
                (got['host'], got['for']),
            )

    def test_a_large_body(self) -> None:
        for target in ('/v2.1/os-keypairs', '/v2.1/servers'):
            got = self.ask(target, 'POST', b'x' * 3_000_000)
            self.assertEqual(3_000_000, got['received'])

    def test_a_slow_body(self) -> None:
        slow = self.connection()
        slow.putrequest('POST', '/v2.1/os-keypairs')
        slow.putheader('Content-Length', '100')
        slow.endheaders(b'x')
        for _ in range(5):
            self.ask('/v2.1/os-keypairs')
        slow.send(b'x' * 99)
        self.assertEqual(100, json.load(slow.getresponse())['received'])

    def test_reading_its_file_again_under_load(self) -> None:
        clients = [_Client(self.proxy.port) for _ in range(CLIENTS)]
        with users.Load(clients) as load:
            for _ in range(3):
                load.wait_for_all(50, 120)
                self.proxy.read_again()
            load.wait_for_all(50, 120)
        for client in clients:
            client.close()
            self.assertEqual([], client.wrong)
            self.assertLessEqual(client.closed, self.closed_when_idle * 3)

    def test_nova_answers_meanwhile(self) -> None:
        self.keypairs.stop()
        # From the first request on: each was answered.
        try:
            for method in ('POST', 'GET', 'DELETE'):
                for _ in range(5):
                    got = self.ask('/v2.1/os-keypairs', method)
                    self.assertEqual('nova', got['name'])
        finally:
            self.keypairs.start()
        self.wait_for('keypairs')
        answered = Counter(
            self.ask('/v2.1/os-keypairs')['name'] for _ in range(20)
        )
        self.assertEqual({'keypairs': 20}, answered)
