# SPDX-License-Identifier: Apache-2.0

"""The servers that are compared: plain Nova, and ours in both mounts."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext.tests.functional.conformance import people, wire
from keypair_ext.tests.functional.nova import beside, environment
from keypair_ext.tests.functional.servers import (
    haproxy,
    ini,
    keystone,
    mariadb,
    nova,
    process,
    shipped,
    uwsgi,
)

# Small, so that an area reaches them with a few requests.
KEY_PAIRS: Final = 12
MAX_LIMIT: Final = 5
LIMITS: Final[ini.Sections] = {
    'api': {'max_limit': MAX_LIMIT},
    'quota': {'key_pairs': KEY_PAIRS},
}


def reason_to_skip() -> str:
    """Return why the suite cannot run here, '' if it can."""
    reason = environment.reason_to_skip()
    if not reason and not (Path(sys.prefix) / 'bin' / 'uwsgi').exists():
        reason = f'uwsgi is not installed in {sys.prefix}'
    return reason


class Service(fixtures.Fixture):
    """Our stand-alone service under uWSGI, which believes its clients.

    ``port`` is where it listens.
    """

    server: uwsgi.UWSGI

    def __init__(
        self,
        database_url: str,
        conf: ini.Sections | None = None,
        uwsgi_options: Sequence[str] = (),
    ) -> None:
        """Describe the service.

        :param database_url: of a database, empty or of Nova's API.
        :param conf: more options.
        """
        super().__init__()
        self._database_url = database_url
        self._conf = conf or {}
        self._uwsgi_options = uwsgi_options

    @property
    def port(self) -> int:
        return self.server.port

    def _setUp(self) -> None:
        self.home = self.useFixture(process.Directory('service')).path
        self._configure()
        # A file that is there is looked at each time; for one that is not
        # there, once a second.
        self.set_policy('')
        self.manage('db', 'sync')
        self.server = self.useFixture(
            uwsgi.service(self.home, *self._uwsgi_options)
        )

    def set_policy(self, text: str) -> None:
        """Replace policy.yaml, which is read again when it has changed."""
        path = self.home / 'policy.yaml'
        path.with_suffix('.new').write_text(text)
        path.with_suffix('.new').replace(path)

    def manage(self, *arguments: str) -> str:
        """Run keypair-ext-manage and return what it printed."""
        return shipped.manage(self.home / 'keypair_ext.conf', *arguments)

    def _configure(self) -> None:
        sections: ini.Sections = {
            'api': {'auth_strategy': 'noauth'},
            'database': {'connection': self._database_url},
            'oslo_policy': {
                'policy_file': self.home / 'policy.yaml',
                'policy_dirs': self.home / 'policy.d',
            },
        }
        ini.write(
            self.home / 'keypair_ext.conf', ini.merge(sections, self._conf)
        )
        paste = environment.ROOT / 'etc' / 'keypair_ext' / 'api-paste.ini'
        (self.home / 'api-paste.ini').write_text(paste.read_text())


class Compared(fixtures.Fixture):
    """Plain Nova and ours, with a database each in one MariaDB.

    ``plain`` is the port of plain Nova, and ``mounts`` has those of ours.
    """

    plain: int
    mounts: dict[str, int]
    database: mariadb.MariaDB

    def __init__(self, conf: ini.Sections | None = None) -> None:
        """Describe the servers.

        :param conf: options for all of them, beside the limits above.
        """
        super().__init__()
        self._conf = ini.merge(LIMITS, conf or {})

    def signed(self, request: wire.Request) -> wire.Request:
        """Return a request as it is sent: these believe their clients."""
        return request


class Balanced(Compared):
    """Plain Nova, and another one with ours beside it, each behind HAProxy.

    A proxy has a say in headers.
    """

    mount: beside.Beside

    def _setUp(self) -> None:
        self._start(None)

    def _start(self, identity: keystone.Keystone | None) -> None:
        self.database = self.useFixture(mariadb.MariaDB())
        plain, other = (
            self.useFixture(
                nova.Nova(
                    self.useFixture(nova.NovaDatabases(self.database, name)),
                    keystone=identity,
                    conf=self._conf,
                )
            )
            for name in ('plain', 'other')
        )
        alone = haproxy.Front(plain.port, plain.port, shipped.HAPROXY_NOVA)
        self.plain = self.useFixture(alone).port
        auth_strategy = 'keystone' if identity else 'noauth'
        self.mount = self.useFixture(beside.Beside(other, 1, auth_strategy))
        self.mounts = {'balanced': self.mount.port}


class BalancedWithKeystone(Balanced):
    """The same, and one real Keystone, whose tokens their callers have."""

    def _setUp(self) -> None:
        self._people = self.useFixture(people.People())
        self._start(self._people.keystone)

    def signed(self, request: wire.Request) -> wire.Request:
        """Return a request with a token in it."""
        return self._people.signed(request)


class Servers(Compared):
    """Plain Nova, and ours in both mounts.

    ``daemons`` has the processes of them all.
    """

    daemons: dict[str, process.Process]

    def _setUp(self) -> None:
        self.database = self.useFixture(mariadb.MariaDB())
        plain = self._nova('plain')
        mounted = self._nova(
            'mounted', environment.FILTER, environment.WithKeypairExt()
        )
        self.plain = plain.port
        self.mounts = {'filter': mounted.port}
        self.daemons = {
            'nova': plain.server.daemon,
            'filter': mounted.server.daemon,
        }
        # It answers as one release of Nova does, wherever it stands.
        if nova.RELEASE == nova.REFERENCE:
            self._add_service()

    def _add_service(self) -> None:
        service = self.useFixture(
            Service(
                self.database.create_database('service') + 'mb4',
                # Some requests have the headers of a proxy.
                ini.merge(self._conf, {'api': {'noauth_allow_remote': True}}),
            )
        )
        self.mounts['standalone'] = service.port
        self.daemons['standalone'] = service.server.daemon

    def _nova(
        self,
        name: str,
        paste_filter: nova.PasteFilter | None = None,
        software: nova.Software | None = None,
    ) -> nova.Nova:
        databases = nova.NovaDatabases(self.database, name)
        return self.useFixture(
            nova.Nova(
                self.useFixture(databases),
                conf=self._conf,
                paste_filter=paste_filter,
                software=software,
            )
        )
