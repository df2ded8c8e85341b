# SPDX-License-Identifier: Apache-2.0

"""Which requests the shipped files of proxies send where.

HAProxy before a real Nova and the service is in ``functional.nova``.
"""

import re
import unittest
from pathlib import Path
from typing import ClassVar

from keypair_ext.tests.functional import front_cases
from keypair_ext.tests.functional.servers import (
    haproxy,
    process,
    shipped,
    web,
)


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


@unittest.skipUnless(process.find_program('nginx'), 'nginx is not installed')
class NginxTest(front_cases.FrontCases):
    closed_when_idle = 1

    @classmethod
    def front(cls, keypairs: int, nova: int) -> web.Nginx:
        return web.Nginx(keypairs, nova)


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
