# SPDX-License-Identifier: Apache-2.0

"""Which requests the shipped files of proxies send where.

HAProxy before a real Nova and the service is in ``functional.nova``.
"""

import contextlib
import re
import sqlite3
import textwrap
import time
import unittest
from concurrent import futures
from pathlib import Path
from typing import ClassVar

import httpx
import yaml

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures, front_cases, service_cases
from keypair_ext.tests.functional.servers import (
    gunicorn,
    haproxy,
    process,
    rest,
    shipped,
    web,
    wsgi_server,
)

# For the database that another one has locked, the service waits 5 s.
_LOCKED = 8.0

_BOB = {'X-Auth-Token': 'bob:aaaa:member,reader'}

_TIMEOUTS = ('connect', 'client', 'server')


def _character(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16))


@unittest.skipUnless(
    process.find_program('haproxy'), 'haproxy is not installed'
)
class HAProxyTest(front_cases.FrontCases):
    proxy: ClassVar[haproxy.Front]
    file: ClassVar[Path]

    @classmethod
    def front(cls, keypairs: int, nova: int) -> haproxy.Front:
        home = cls.use(
            process.Directory('front', process.unprivileged_user('haproxy'))
        )
        cls.file = home.path / shipped.HAPROXY_NOVA.name
        cls.file.write_text(shipped.HAPROXY_NOVA.read_text())
        return haproxy.Front(keypairs, nova, cls.file)

    def test_names_that_look_like_directories(self) -> None:
        for target in front_cases.DOTS:
            got = self.ask(target)
            self.assertEqual(
                ('keypairs', target), (got['name'], got['target'])
            )

    def test_http_2(self) -> None:
        with httpx.Client(http1=False, http2=True, trust_env=False) as client:
            for target, name in (
                ('/v2.1/os-keypairs/a%2Fb?limit=1', 'keypairs'),
                ('/v2.1/servers?limit=1', 'nova'),
            ):
                got = client.get(f'{self.proxy.url}{target}').json()
                self.assertEqual((name, target), (got['name'], got['target']))

    def test_what_has_no_path(self) -> None:
        for target in ('*', 'http://localhost'):
            got = self.ask(target, 'OPTIONS')
            self.assertEqual(('nova', target), (got['name'], got['target']))

    def test_going_back_is_one_line(self) -> None:
        (line,) = (
            line
            for line in self.file.read_text().splitlines(keepends=True)
            if line.strip().startswith('use_backend keypairs ')
        )
        for text, name in (
            (self.file.read_text().replace(line, ''), 'nova'),
            (self.file.read_text(), 'keypairs'),
        ):
            self.file.write_text(text)
            self.proxy.read_again()
            self.wait_for(name)


@unittest.skipUnless(
    process.find_program('haproxy'), 'haproxy is not installed'
)
class BusyTest(base.TestCase):
    """The service with one worker, which waits for its database."""

    front: ClassVar[haproxy.Front]
    database: ClassVar[Path]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # Tests have temporary directories that nobody else may enter.
        home = cls.use(
            process.Directory('busy', process.unprivileged_user('haproxy'))
        ).path
        cls.database = home / 'busy.sqlite'
        service_cases.prepare(
            home,
            {
                'api': {'noauth_allow_remote': True},
                'database': {'connection': f'sqlite:///{cls.database}'},
            },
        )
        server = cls.use(gunicorn.Gunicorn(home))
        nova = cls.use(wsgi_server.Server(front_cases.named('nova')))
        file = home / shipped.HAPROXY_NOVA.name
        file.write_text(shipped.HAPROXY_NOVA.read_text())
        cls.front = cls.use(haproxy.Front(server.port, nova.port, file))

    def test_who_is_busy_is_not_away(self) -> None:
        process.wait_until(lambda: self._serves() == 'ours', 'the service', 30)
        clients = futures.ThreadPoolExecutor(32)
        self.addCleanup(clients.shutdown)
        with contextlib.closing(sqlite3.connect(self.database)) as locking:
            locking.execute('BEGIN IMMEDIATE')
            written = [
                clients.submit(self._write, number) for number in range(2)
            ]
            served = []
            end = time.monotonic() + _LOCKED
            while time.monotonic() < end:
                served.append(clients.submit(self._serves))
                time.sleep(0.5)
            locking.rollback()
        self.assertEqual({'ours'}, {each.result() for each in served})
        # All of them reached the service, in time or not.
        self.assertLessEqual({each.result() for each in written}, {200, 503})

    def _serves(self) -> str:
        url = f'{self.front.url}/v2.1/os-keypairs'
        document = rest.call('GET', url, headers=_BOB).json()
        return 'ours' if 'keypairs' in document else 'nova'

    def _write(self, number: int) -> int:
        url = f'{self.front.url}/v2.1/os-keypairs'
        keypair = {'name': f'k{number}', 'public_key': fixtures.KEY}
        return rest.call('POST', url, {'keypair': keypair}, _BOB).status


@unittest.skipUnless(
    process.find_program('haproxy'), 'haproxy is not installed'
)
class ToolsTest(base.TestCase):
    """The page's lines for tools, rendered as these do, and checked."""

    def blocks(self, title: str) -> list[str]:
        """Return the code blocks of a section of the page."""
        page = fixtures.ROOT / 'doc/source/admin/load-balancer.rst'
        (text,) = re.findall(
            rf'^{title}\n-+$(.*?)^[-=]+$',
            page.read_text(),
            re.MULTILINE | re.DOTALL,
        )
        return [
            textwrap.dedent(block)
            for block in re.findall(
                r'^\.\. code-block:: .*\n\n((?:   .*\n|\n)+)', text, re.M
            )
        ]

    def check(self, *lines: str) -> None:
        """Have HAProxy check a frontend with lines, and a backend."""
        home = self.useFixture(process.Directory('haproxy')).path
        file = home / 'haproxy.cfg'
        file.write_text(
            '\n'.join(
                (
                    'defaults',
                    '    mode http',
                    *(f'    timeout {n} 9s' for n in _TIMEOUTS),
                    *lines,
                    'backend nova_api_back',
                    '    server nova 192.0.2.20:8774',
                    '',
                )
            )
        )
        process.run(
            [haproxy.program(), '-c', '-f', file],
            env=process.clean_environment(home),
        )

    def test_kolla_ansible(self) -> None:
        variables, backend = self.blocks('kolla-ansible')
        extra = yaml.safe_load(variables)['haproxy_frontend_http_extra']
        self.check(
            'frontend nova_api_front',
            *(f'    {line}' for line in extra),
            '    bind 127.0.0.1:8774',
            '    default_backend nova_api_back',
            backend,
        )

    def test_openstack_ansible(self) -> None:
        (variables,) = self.blocks('OpenStack-Ansible')
        told = yaml.safe_load(variables)
        acls = told['haproxy_nova_api_compute_service_overrides'][
            'haproxy_acls'
        ]
        (service,) = told['haproxy_extra_services']
        self.check(
            'frontend nova_api-front-1',
            '    bind 127.0.0.1:8774',
            *(
                f'    acl {name} {acl["rule"]}\n'
                f'    use_backend {acl["backend_name"]}-back if {name}'
                for name, acl in acls.items()
            ),
            '    default_backend nova_api_back',
            f'backend {service["haproxy_service_name"]}-back',
            f'    mode {service["haproxy_balance_type"]}',
            *(f'    option {o}' for o in service['haproxy_backend_options']),
            *(f'    {line}' for line in service['haproxy_backend_arguments']),
            *(
                f'    server {node["name"]} {node["ip_addr"]}:'
                f'{service["haproxy_port"]} check'
                for node in service['haproxy_backend_nodes']
            ),
        )


@unittest.skipUnless(process.find_program('nginx'), 'nginx is not installed')
class NginxTest(front_cases.FrontCases):
    closed_when_idle = 1

    @classmethod
    def front(cls, keypairs: int, nova: int) -> web.Nginx:
        return web.Nginx(keypairs, nova)

    def test_no_body_without_end_is_kept(self) -> None:
        connection = self.connection()
        connection.putrequest('POST', '/v2.1/os-keypairs')
        connection.putheader('Content-Length', str(10**12))
        connection.endheaders()
        self.assertEqual(413, connection.getresponse().status)


@unittest.skipUnless(
    process.find_program('apache2')
    and Path('/usr/lib/apache2/modules/mod_proxy_balancer.so').exists(),
    'apache2 is not installed',
)
class ApacheTest(front_cases.FrontCases):
    closed_when_idle = 1

    @classmethod
    def front(cls, keypairs: int, nova: int) -> web.Apache:
        return web.Apache(keypairs, nova)

    def passed_on(self, name: str, target: str) -> str:
        if name == 'nova':
            return target
        # It tells the simplest form of what names the same (RFC 3986, 6.2).
        path, mark, query = target.partition('?')
        path = re.sub('%(6[1f]|2[de])', _character, path, flags=re.IGNORECASE)
        return f'{re.sub("/+", "/", path)}{mark}{query}'
