# SPDX-License-Identifier: Apache-2.0

"""The servers that are compared.

One MariaDB serves them all. Each is uWSGI with one process, and does not log
requests twice: uWSGI's own log of them is off.
"""

import dataclasses
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import fixtures

from benchmarks.database import Database
from keypair_ext import environ as env
from keypair_ext.tests.functional.conformance import servers as ours
from keypair_ext.tests.functional.keystone import cloud
from keypair_ext.tests.functional.nova import beside, environment
from keypair_ext.tests.functional.servers import (
    haproxy,
    ini,
    keystone,
    mariadb,
    memcached,
    nova,
    process,
    shipped,
    uwsgi,
)

MYSQLCLIENT: Final = 'mysql+mysqldb'
PYMYSQL: Final = 'mysql+pymysql'

QUIET: Final = ('--disable-logging',)

_SOFTWARE: Final = ('mysqlclient',)

# As doc/source/install/service.rst recommends.
_TOKENS: Final = {
    'cache': env.TOKEN_CACHE,
    'include_service_catalog': False,
}

_ANSWER: Final = (
    'http-request return status 200 content-type application/json string {}'
)


@dataclass(frozen=True)
class Server:
    """A server to send requests to.

    :param name: ``nova``, ``service``, ``filter``, ``raw`` or ``haproxy``.
    :param url: without a path.
    :param daemon: its processes.
    :param database: where its key pairs are.
    :param identity: arguments for requests.lua that say who asks.
    """

    name: str
    url: str
    daemon: process.Process
    database: str
    identity: dict[str, str]

    @property
    def group(self) -> int:
        """Its process group."""
        return self.daemon.pid


class Cluster(fixtures.Fixture):
    """Starts servers by name, on one database server.

    :param with_keystone: whether Keystone says who asks, else test headers.
    :param driver: SQLAlchemy's name of the database driver.
    :param threads: of each process.
    :param conf: more options for all of them.
    :param gigabytes: of the database's pool of pages.
    """

    def __init__(
        self,
        *,
        with_keystone: bool = False,
        driver: str = MYSQLCLIENT,
        threads: int = 1,
        conf: ini.Sections | None = None,
        gigabytes: int = 2,
    ) -> None:
        super().__init__()
        self._with_keystone = with_keystone
        self._gigabytes = gigabytes
        self._driver = driver
        self._conf = conf or {}
        self._options = list(QUIET)
        if threads > 1:
            self._options.append(f'--threads={threads}')

    def _setUp(self) -> None:
        self.database = self.useFixture(Database(self._gigabytes))
        self.keystone: keystone.Keystone | None = None
        self._memcached = ''
        if self._with_keystone:
            self._memcached = self.useFixture(memcached.Memcached()).address
            url = self.database.server.create_database('keystone')
            self.keystone = self.useFixture(keystone.Keystone(url))

    def start_nova(self) -> Server:
        """Start a plain Nova."""
        return self._server_of('nova', self._plain_nova())

    def start_filter(self) -> Server:
        """Start a Nova with our filter."""
        name = 'filter'
        api = self._nova(
            name, environment.FILTER, environment.WithKeypairExt(_SOFTWARE)
        )
        return self._server_of(name, api)

    def start_balanced(self) -> list[Server]:
        """Start a Nova and the service beside it, each behind HAProxy.

        Between them is an HAProxy that answers itself. All have one database
        and one caller; the processes are those behind the proxy.
        """
        api = self._plain_nova()
        mount = self.useFixture(
            beside.Beside(
                api,
                auth_strategy='keystone',
                conf={'keystone_authtoken': _TOKENS},
                uwsgi_options=self._options,
            )
        )
        without, alone = (
            self._front(api, instead) for instead in ('#', _ANSWER)
        )
        plain = self._server_of('nova', api)
        return [
            dataclasses.replace(plain, url=without.url),
            dataclasses.replace(
                plain, name='haproxy', url=alone.url, daemon=alone.daemon
            ),
            dataclasses.replace(
                plain,
                name='service',
                url=mount.front.url,
                daemon=mount.server.daemon,
            ),
        ]

    def _front(self, api: nova.Nova, instead: str) -> haproxy.Front:
        """Start HAProxy with another rule for key pairs than ours."""
        text, rules = re.subn(
            r'use_backend keypairs(?= if)',
            instead,
            shipped.HAPROXY_NOVA.read_text(),
        )
        if rules != 1:
            raise process.ServerError(f'{shipped.HAPROXY_NOVA} has changed')
        home = self.useFixture(process.Directory('front')).path
        home.chmod(0o755)
        file = home / shipped.HAPROXY_NOVA.name
        file.write_text(text)
        return self.useFixture(haproxy.Front(api.port, api.port, file))

    def _plain_nova(self) -> nova.Nova:
        return self._nova('nova', None, nova.Software(_SOFTWARE))

    def _nova(
        self,
        name: str,
        paste_filter: nova.PasteFilter | None,
        software: nova.Software,
    ) -> nova.Nova:
        databases = self.useFixture(
            nova.NovaDatabases(self.database.server, name)
        )
        connections = {
            section: {'connection': self._with_driver(url)}
            for section, url in (
                ('api_database', databases.api_url),
                ('database', databases.url),
            )
        }
        return self.useFixture(
            nova.Nova(
                databases,
                keystone=self.keystone,
                memcached=[self._memcached] if self._memcached else (),
                conf=ini.merge(connections, self._conf),
                paste_filter=paste_filter,
                software=software,
                uwsgi_options=self._options,
            )
        )

    def database_for(self, name: str) -> str:
        """Create an empty database; return its URL."""
        return self._with_driver(self.database.server.create_database(name))

    def start_service(self) -> Server:
        """Start our stand-alone service."""
        name = 'service'
        connection = self.database_for(name)
        if self.keystone is None:
            service = ours.Service(
                connection, self._conf, uwsgi_options=self._options
            )
            server = self.useFixture(service).server
        else:
            server = self._service_with(connection, self.keystone)
        return self._server(name, server.url, server.daemon, name)

    def _service_with(
        self, connection: str, identity: keystone.Keystone
    ) -> uwsgi.UWSGI:
        authtoken = {
            **identity.authtoken_options(identity.account('service')),
            **_TOKENS,
        }
        service = cloud.Service(
            ini.merge(
                {
                    'database': {'connection': connection},
                    'keystone_authtoken': authtoken,
                },
                self._conf,
            ),
            uwsgi_options=self._options,
        )
        return self.useFixture(service).server

    def start_raw(self, database: str) -> Server:
        """Start the ceiling on a database that another server has filled."""
        home = self.useFixture(process.Directory('raw')).path
        server = self.useFixture(
            uwsgi.UWSGI(
                Path(sys.prefix),
                'benchmarks.raw:make()',
                directory=home,
                env=self._raw_environment(database),
                options=self._options,
            )
        )
        return self._server('raw', server.url, server.daemon, database)

    def _raw_environment(self, database: str) -> dict[str, str]:
        return {
            'PYTHONPATH': str(environment.ROOT),
            'RAW_PORT': str(self.database.server.port),
            'RAW_USER': mariadb.USER,
            'RAW_PASSWORD': mariadb.PASSWORD,
            'RAW_DATABASE': database,
        }

    def _with_driver(self, url: str) -> str:
        return url.replace(PYMYSQL, self._driver, 1)

    def _server_of(self, name: str, api: nova.Nova) -> Server:
        return self._server(name, api.url, api.server.daemon, f'{name}_api')

    def _server(
        self, name: str, url: str, daemon: process.Process, database: str
    ) -> Server:
        return Server(name, url, daemon, database, self._identity())

    def _identity(self) -> dict[str, str]:
        """Return who asks: a member, or, with Keystone, an administrator.

        An administrator, because a token has one user, and what is created
        is divided among many.
        """
        if self.keystone is None:
            return {'user': 'reader'}
        account = self.keystone.account('admin', 'member', 'reader')
        return {
            'user': account.user_id,
            'token': self.keystone.token(account),
        }
