# SPDX-License-Identifier: Apache-2.0

"""nginx and Apache before a Nova and the service, with the shipped files."""

import re
import signal
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext.tests.functional.servers import process, shipped

_NGINX: Final = """\
daemon off;
pid {home}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    include {home}/compute.conf;
}}
"""

_APACHE_MODULES: Final = Path('/usr/lib/apache2/modules')
_APACHE: Final = """\
ServerRoot {home}
ServerName localhost
PidFile {home}/pid
ErrorLog /dev/stderr
DefaultRuntimeDir {home}
{modules}
Define KEYPAIR_EXT_FRONTEND {loopback}:{port}
Define KEYPAIR_EXT_LISTEN {loopback}:{keypairs}
Define KEYPAIR_EXT_NOVA {loopback}:{nova}
Include {shipped}
"""
_NAMES: Final = (
    'mpm_event',
    'authz_core',
    'headers',
    'proxy',
    'proxy_http',
    'proxy_balancer',
    'lbmethod_byrequests',
    'slotmem_shm',
)


def _user(user: str | None) -> str:
    """Return who Apache's processes are to be, where root starts them."""
    return f'User {user}\nGroup #{process.group_of(user)}\n' if user else ''


class _Front(fixtures.Fixture):
    daemon: process.Process
    reload_signal: signal.Signals

    def __init__(self, keypairs: int, nova: int) -> None:
        """Describe the proxy.

        :param keypairs: the service's port on the loopback address.
        :param nova: that of the Nova beside it.
        """
        super().__init__()
        self.keypairs = keypairs
        self.nova = nova
        self.port = process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'

    def read_again(self) -> None:
        """Have it read its file again; new processes serve from then on."""
        before = set(process.children(self.daemon.pid))
        self.daemon.send_signal(self.reload_signal)
        process.wait_until(
            lambda: not before & set(process.children(self.daemon.pid)),
            'new processes',
        )

    def _start(self, *argv: str | Path, user: str | None, home: Path) -> None:
        self.daemon = process.Process(
            argv,
            log=home / 'log',
            port=self.port,
            env=process.clean_environment(home),
            user=user,
            stop_signal=signal.SIGTERM,
        )
        self.useFixture(self.daemon)


class Nginx(_Front):
    """nginx, told of its ports in the file, which has no variables."""

    reload_signal = signal.SIGHUP

    def _setUp(self) -> None:
        program = process.need_program('nginx', 'nginx-light')
        user = process.unprivileged_user('www-data')
        home = self.useFixture(process.Directory('nginx', user)).path
        text = shipped.NGINX_NOVA.read_text()
        for before, port in (
            (8780, self.port),
            (8775, self.keypairs),
            (8774, self.nova),
        ):
            text = re.sub(rf':{before}\b', f':{port}', text)
        (home / 'compute.conf').write_text(text)
        main = home / 'nginx.conf'
        main.write_text(_NGINX.format(home=home))
        self._start(program, '-e', 'stderr', '-c', main, user=user, home=home)


class Apache(_Front):
    """Apache, told of its ports by variables."""

    reload_signal = signal.SIGUSR1

    def _setUp(self) -> None:
        program = process.need_program('apache2', 'apache2')
        user = process.unprivileged_user('www-data')
        home = self.useFixture(process.Directory('apache', user)).path
        main = home / 'apache.conf'
        main.write_text(
            _APACHE.format(
                home=home,
                modules='\n'.join(
                    f'LoadModule {name}_module {_APACHE_MODULES}/mod_{name}.so'
                    for name in _NAMES
                ),
                loopback=process.LOOPBACK,
                port=self.port,
                keypairs=self.keypairs,
                nova=self.nova,
                shipped=shipped.APACHE_NOVA,
            )
            + _user(user)
        )
        self._start(program, '-DFOREGROUND', '-f', main, user=None, home=home)
