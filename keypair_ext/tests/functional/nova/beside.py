# SPDX-License-Identifier: Apache-2.0

"""The service beside a Nova, behind one HAProxy, on Nova's configuration."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import fixtures

from keypair_ext.keys import cloud
from keypair_ext.tests.functional.nova import environment
from keypair_ext.tests.functional.servers import (
    haproxy,
    ini,
    nova,
    process,
    shipped,
    uwsgi,
)

_ANSWERED = re.compile(r'"[A-Z]+ \S*os-keypairs\S*" status: ')

# The two lines of api-paste.ini that are there for this mount.
_GROUP = '#[DEFAULT]\n#database_group = api_database\n'


class Beside(fixtures.Fixture):
    """``port`` is HAProxy's; ``server`` is the service under uWSGI.

    It reads the ``nova.conf`` that is Nova's, and a file of its own.
    """

    server: uwsgi.UWSGI
    front: haproxy.Front

    def __init__(
        self,
        other: nova.Nova,
        processes: int = 1,
        auth_strategy: str = 'noauth',
        conf: ini.Sections | None = None,
        uwsgi_options: Sequence[str] = (),
    ) -> None:
        """Describe the mount.

        :param auth_strategy: ``keystone`` takes that of ``other``.
        :param conf: more options of its own file.
        """
        super().__init__()
        self._nova = other
        self._processes = processes
        self._auth_strategy = auth_strategy
        self._conf = conf or {}
        self._uwsgi_options = uwsgi_options

    @property
    def port(self) -> int:
        return self.front.port

    def answered(self) -> tuple[int, int]:
        """Count the requests for key pairs that the service and Nova had.

        Nova has some paths that are none, and all of them while HAProxy takes
        the service for away: on a busy machine now and then.
        """
        ours, novas = (
            len(_ANSWERED.findall(server.daemon.log))
            for server in (self.server, self._nova.server)
        )
        return ours, novas

    @property
    def file(self) -> Path:
        """HAProxy's own copy of the shipped file."""
        return self._home / shipped.HAPROXY_NOVA.name

    def _setUp(self) -> None:
        self._home = self.useFixture(process.Directory('beside')).path
        self._home.chmod(0o755)
        paste = environment.ROOT / 'etc/keypair_ext/api-paste.ini'
        text = paste.read_text()
        if _GROUP not in text:
            raise process.ServerError(f'{paste} lacks {_GROUP!r}')
        lines = _GROUP.replace('#', '')
        (self._home / paste.name).write_text(text.replace(_GROUP, lines))
        own: ini.Sections = {
            'api': {
                'auth_strategy': self._auth_strategy,
                # It would else refuse what has the headers of a proxy.
                'noauth_allow_remote': True,
                'max_version': cloud.newest_version(self._nova.url),
            }
        }
        ini.write(self._home / 'beside.conf', ini.merge(own, self._conf))
        self.env = {
            'OS_KEYPAIR_EXT_CONFIG_DIR': str(self._home),
            'OS_KEYPAIR_EXT_CONFIG_FILES': (
                f'{self._nova.home}/nova.conf;beside.conf'
            ),
        }
        self.server = self.useFixture(
            uwsgi.service(
                self._home,
                *self._uwsgi_options,
                processes=self._processes,
                env=self.env,
            )
        )
        self.file.write_text(shipped.HAPROXY_NOVA.read_text())
        self.front = self.useFixture(
            haproxy.Front(self.server.port, self._nova.port, self.file)
        )
        self.wait_until_used()

    def wait_until_used(self) -> None:
        """Wait until the service answers for key pairs."""
        url = f'{self.front.url}/v2.1/os-keypairs'

        def is_used() -> bool:
            before = self.server.daemon.log
            process.answers_http(url)
            said = self.server.daemon.log.removeprefix(before)
            return 'os-keypairs" status' in said

        process.wait_until(is_used, 'HAProxy has found the service')

    def status(self, *arguments: str) -> str:
        """Run keypair-ext-status as the service is run; print what it says.

        :raises ServerError: it found something.
        """
        return process.run(
            [
                sys.executable,
                '-m',
                'keypair_ext.cmd.status',
                *('--database-group', 'api_database'),
                *('upgrade', 'check', *arguments),
            ],
            env=process.clean_environment(self._home, **self.env),
        )
