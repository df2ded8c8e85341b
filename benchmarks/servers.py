# SPDX-License-Identifier: Apache-2.0

"""The servers that are compared, and the key pairs in their databases.

One MariaDB serves them all. Each is uWSGI with one process, and does not log
requests twice: uWSGI's own log of them is off.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext import environ as env
from keypair_ext.tests.functional.conformance import servers as ours
from keypair_ext.tests.functional.keystone import cloud
from keypair_ext.tests.functional.nova import environment
from keypair_ext.tests.functional.servers import (
    ini,
    keystone,
    mariadb,
    memcached,
    nova,
    process,
    uwsgi,
)

MYSQLCLIENT: Final = 'mysql+mysqldb'
PYMYSQL: Final = 'mysql+pymysql'

QUIET: Final = ('--disable-logging',)

_SOFTWARE: Final = ('mysqlclient',)

# A key of the kind that most clouds hold most of, RSA with 2048 bits.
KEY: Final = (
    'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCQGrvBYYST9puq8imqksiYttA+fuUw'
    'bOVRfjFIVKcJvyJtRuWFKdG7K7CO+v4HbaXWF4RcO0k2qLAh3T4OVMRBBmxrQM7AU72r'
    'dyDJq76JOJlFDfXlC29jeTZWYwoChcTsv0VvwOgt/6ensZayBGdEe25+W3Xse5JrAh2n'
    'styBCPsIzCnHjLH2tncXt9XS91pIMEszic4jEiKlMY+Y9Jj1ESMqVujZ2VCQ34F+FgiP'
    '1rSA8Knid6CT51ytnE9HRsWd9y+0n0TNsAXSo8dzUj2gtXamNkK+LkeyMoA5Wjb93iJd'
    '/FgHL2JxobVrWevT/912IDHmnM+eOTWY32fP1AYr bench'
)
_FINGERPRINT: Final = ':'.join(['0f'] * 16)


@dataclass(frozen=True)
class Server:
    """A server to send requests to.

    :param name: ``nova``, ``service``, ``filter`` or ``raw``.
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


class Database(fixtures.Fixture):
    """MariaDB, with a pool of pages that its keys fit into.

    :param gigabytes: of the pool.
    """

    server: mariadb.MariaDB

    def __init__(self, gigabytes: int = 2) -> None:
        super().__init__()
        self._gigabytes = gigabytes

    def _setUp(self) -> None:
        self.server = self.useFixture(
            mariadb.MariaDB([f'--innodb-buffer-pool-size={self._gigabytes}G'])
        )

    def add_users(
        self, database: str, first: int, users: int, keys: int
    ) -> None:
        """Add users, u-FIRST and so on, with some key pairs each."""
        last = first + users - 1
        self._insert(
            database,
            "CONCAT('u-', u.seq)",
            'k.seq',
            f'seq_{first}_to_{last} AS u, seq_0_to_{keys - 1} AS k',
        )

    def add_keys_of(self, database: str, user: str, keys: int) -> None:
        """Add key pairs, key-0 and so on, to one user."""
        self._insert(
            database, f"'{user}'", 's.seq', f'seq_0_to_{keys - 1} AS s'
        )

    def add_keys_in_turn(
        self, database: str, tag: str, keys: int, of_each: int
    ) -> None:
        """Add key pairs of users TAG-0 and so on, numbered through."""
        self._insert(
            database,
            f"CONCAT('{tag}-', s.seq DIV {of_each})",
            's.seq',
            f'seq_0_to_{keys - 1} AS s',
        )

    def _insert(
        self, database: str, user: str, number: str, source: str
    ) -> None:
        self.server.execute(
            'INSERT INTO key_pairs (created_at, user_id, name, type,'  # noqa: S608
            ' fingerprint, public_key)'
            f" SELECT NOW(), {user}, CONCAT('key-', {number}), 'ssh',"
            f" '{_FINGERPRINT}', '{KEY}' FROM {source};",
            database,
        )


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
        return self._nova('nova', None, nova.Software(_SOFTWARE))

    def start_filter(self) -> Server:
        """Start a Nova with our filter."""
        return self._nova(
            'filter',
            environment.FILTER,
            environment.WithKeypairExt(_SOFTWARE),
        )

    def _nova(
        self,
        name: str,
        paste_filter: nova.PasteFilter | None,
        software: nova.Software,
    ) -> Server:
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
        api = self.useFixture(
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
        return self._server(name, api.url, api.server.daemon, f'{name}_api')

    def start_service(self) -> Server:
        """Start our stand-alone service."""
        name = 'service'
        url = self.database.server.create_database(name)
        connection = self._with_driver(url)
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
            # As doc/source/install/service.rst recommends.
            'cache': env.TOKEN_CACHE,
            'include_service_catalog': False,
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
