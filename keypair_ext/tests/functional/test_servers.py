# SPDX-License-Identifier: Apache-2.0

"""The service under real servers, started by the files of ``etc``.

gunicorn is always there. uWSGI has to be compiled, Apache and HAProxy to be
installed: ``KEYPAIR_EXT_TEST_SERVERS=1`` has that done, once.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path
from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional import (
    connection_cases,
    fixtures as service_fixtures,
    service_cases,
)
from keypair_ext.tests.functional.servers import (
    apache,
    gunicorn,
    haproxy,
    process,
    rest,
    shipped,
    uwsgi,
    venv,
)

_installed = unittest.skipUnless(
    os.environ.get('KEYPAIR_EXT_TEST_SERVERS'),
    'KEYPAIR_EXT_TEST_SERVERS not set',
)

_NO_APACHE = apache.reason_to_skip()


class GunicornTest(connection_cases.ConnectionCases):
    server: ClassVar[gunicorn.Gunicorn]

    @classmethod
    def describe_server(cls, directory: Path) -> service_cases.Server:
        return gunicorn.Gunicorn(directory, workers=2)

    def test_no_socket_for_control(self) -> None:
        self.assertEqual([], list(self.server.directory.rglob('*.ctl')))


@_installed
class UWSGITest(connection_cases.ConnectionCases):
    @classmethod
    def describe_server(cls, directory: Path) -> service_cases.Server:
        return uwsgi.service(directory, processes=2)


@_installed
class LazyUWSGITest(connection_cases.ConnectionCases):
    """Each worker loads the application, as Kolla's files have it."""

    @classmethod
    def describe_server(cls, directory: Path) -> service_cases.Server:
        return uwsgi.service(directory, '--lazy-apps', processes=2)


@_installed
@unittest.skipIf(_NO_APACHE, _NO_APACHE)
class ApacheTest(connection_cases.ConnectionCases):
    server: ClassVar[apache.Apache]
    answered_by_server = {('OPTIONS', '*')}

    @classmethod
    def describe_server(cls, directory: Path) -> service_cases.Server:
        return apache.Apache(directory)

    def load_again(self) -> None:
        (self.server.directory / shipped.APACHE_SCRIPT.name).touch()

    def workers(self) -> set[int]:
        return {
            number
            for number in super().workers()
            if b'wsgi:keypair-ext'
            in Path(f'/proc/{number}/cmdline').read_bytes()
        }

    def test_bodies_that_do_not_come(self) -> None:
        length = b'Content-Length: 100\r\n'
        for _ in range(2):
            self.send(self.request('POST', length) + b'{')
        began = time.monotonic()
        self.assertEqual([], self.names())
        self.assertLess(time.monotonic() - began, 20)


@_installed
class ProxyTest(connection_cases.ConnectionCases):
    """uWSGI behind HAProxy, which keeps the connections of clients."""

    behind: ClassVar[uwsgi.UWSGI]
    # tune.bufsize.
    buffer = 65536
    options: ClassVar[service_fixtures.Options] = {
        'api': {'auth_strategy': 'noauth', 'noauth_allow_remote': True},
        'oslo_middleware': {'enable_proxy_headers_parsing': True},
    }

    @classmethod
    def describe_server(cls, directory: Path) -> service_cases.Server:
        cls.behind = cls.use(uwsgi.service(directory, processes=2))
        return haproxy.Front(cls.behind.port)

    @property
    def daemon(self) -> process.Process:
        return self.behind.daemon

    def test_no_client_tells_where_it_is(self) -> None:
        """A path begins with a prefix, and access rules look at paths."""
        for name, value in (
            ('Forwarded', 'proto=https;host=elsewhere.example.org'),
            ('X-Forwarded-Host', 'elsewhere.example.org'),
            ('X-Forwarded-Prefix', '/elsewhere'),
            # uWSGI tells it as the one before.
            ('X_Forwarded_Prefix', '/elsewhere'),
            ('X-Forwarded-Proto', 'https'),
        ):
            answer = rest.call(
                'GET', f'{self.server.url}/v2.1/', headers={name: value}
            )
            href = answer.json()['version']['links'][0]['href']
            self.assertEqual(f'{self.server.url}/v2.1/', href, name)

    def test_slow_bodies_keep_no_process(self) -> None:
        slow = []
        for number in range(4):
            body = service_cases.import_body(f'slow-{number}')
            length = b'Content-Length: %d\r\n' % len(body)
            sent = self.request('POST', length) + body[:9]
            slow.append((self.send(sent), body[9:]))
        # uWSGI waits for four seconds, and then refuses what there is.
        self.assertEqual([], self.names())
        for connection, rest_of_body in slow:
            connection.sendall(rest_of_body)
            self.assertEqual(200, self.answer(connection).status)

    def test_connections_are_kept(self) -> None:
        connection = self.send(self.request('GET'))
        for _ in range(3):
            response = self.answer(connection)
            self.assertEqual(200, response.status)
            connection.sendall(self.request('GET'))


# As the first process of a container, as nobody in particular.
_CONTAINER = ('unshare', '--user', '--pid', '--fork')


def _may_unshare() -> bool:
    with contextlib.suppress(OSError):
        done = subprocess.run(
            [*_CONTAINER, 'true'], check=False, stderr=subprocess.DEVNULL
        )
        return done.returncode == 0
    return False


@_installed
class BareTest(base.TestCase):
    """Without what units of systemd, or containers, leave out: a locale."""

    def setUp(self) -> None:
        super().setUp()
        self.home = self.useFixture(process.Directory('bare')).path
        file = Path(service_cases.prepare(self.home, {}))
        file.write_text(f'# Schlüsselpaare, für Zoë\n{file.read_text()}')
        self.port = process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'

    def start(self, *argv: str | Path, workers: str = '1') -> process.Process:
        """Start with no environment but where things are."""
        daemon = process.Process(
            argv,
            log=self.home / 'log',
            port=self.port,
            ready=lambda: process.answers_http(self.url),
            env={
                'PATH': os.environ['PATH'],
                'OS_KEYPAIR_EXT_CONFIG_DIR': str(self.home),
                **shipped.variables(self.port, 1),
                'KEYPAIR_EXT_WORKERS': workers,
            },
            cwd=Path('/'),
        )
        return self.useFixture(daemon)

    def uwsgi(self) -> list[str | Path]:
        """Return the unit's command, with our own paths."""
        program, *options = shipped.command(shipped.UNIT)
        self.assertEqual(
            ['--ini', f'/etc/keypair_ext/{shipped.UWSGI.name}'], options
        )
        return [
            venv.ensure('uwsgi', ['uwsgi']) / 'bin' / Path(program).name,
            *('--ini', shipped.UWSGI, '--virtualenv', sys.prefix),
        ]

    def test_the_unit(self) -> None:
        # That of the ini, and none at all.
        for options in ((), ('--env', 'LC_ALL=C')):
            daemon = self.start(*self.uwsgi(), *options)
            rest.call(
                'GET',
                f'{self.url}/v2.1/os-keypairs/Zo%C3%AB',
                headers={'X-Auth-Token': service_fixtures.TOKEN},
            ).expect(404)
            self.assertIn('/os-keypairs/Zo%C3%AB" status: 404', daemon.log)
            daemon.stop()

    def test_an_empty_number_of_processes(self) -> None:
        for server in (self.uwsgi(), gunicorn.command()):
            daemon = self.start(*server, workers='')
            process.wait_until(
                lambda number=daemon.pid: len(process.children(number)) == 2,  # type: ignore[misc]
                'two processes',
                20,
            )
            daemon.stop()

    @unittest.skipUnless(_may_unshare(), 'namespaces cannot be made here')
    def test_a_container(self) -> None:
        for server in (self.uwsgi(), gunicorn.command()):
            daemon = self.start(*_CONTAINER, *server)
            rest.call('GET', f'{self.url}/healthcheck').expect(200)
            (first,) = process.children(daemon.pid)
            os.kill(first, signal.SIGTERM)
            # The leader waits for it.
            process.wait_until(
                lambda number=first: not Path(f'/proc/{number}').exists(),  # type: ignore[misc]
                'ended',
                20,
            )
            daemon.stop()


class DocumentTest(base.TestCase):
    def test_each_file_is_shown(self) -> None:
        pages = service_fixtures.ROOT / 'doc/source'
        text = ''.join(page.read_text() for page in pages.rglob('*.rst'))
        shown = set(re.findall(r'/etc/keypair_ext/(\S+)', text))
        # The samples are pages of their own.
        files = {
            path.name
            for path in shipped.DIRECTORY.iterdir()
            if path.is_file() and path.suffix != '.sample'
        }
        self.assertEqual(set(), files - shown)
