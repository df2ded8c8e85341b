# SPDX-License-Identifier: Apache-2.0

"""A small cloud: Keystone, MariaDB, memcached, and a Compute API.

The Compute API is our filter in a real Nova, a real Nova and our service
behind HAProxy, or our stand-alone service with the pipelines of the paste file
that we ship.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import fixtures

from keypair_ext.tests.functional.nova import beside, environment
from keypair_ext.tests.functional.servers import (
    ini,
    keystone as identity_service,
    mariadb,
    memcached,
    process,
    shipped,
    uwsgi,
)
from keypair_ext.tests.functional.servers.nova import Nova, NovaDatabases

_PASTE_FILE: Final = environment.ROOT / 'etc' / 'keypair_ext' / 'api-paste.ini'

# A stack with auth filters of its own, which mounts us under its own prefix.
_STACK: Final = """
[composite:main]
use = egg:Paste#urlmap
/bare/metal/v2.1 = metal

[pipeline:metal]
pipeline = authtoken keystone_context keypairs

[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory

[filter:keystone_context]
use = egg:keypair-ext#keystone_context

[app:keypairs]
use = egg:keypair-ext#main
"""


def reason_to_skip(variable: str, command: str) -> str:
    """Return why tests with a cloud cannot run here, '' if they can.

    :param variable: what has to be 1 in the environment.
    :param command: what sets it and brings what is needed.
    """
    if os.environ.get(variable) != '1':
        return (
            f'set {variable}=1, or run {command}: environments with Nova and '
            f'Keystone, some 700 MB, are made first'
        )
    for server, available in (
        ('mariadb-server', mariadb.available()),
        ('memcached', memcached.available()),
    ):
        if not available:
            return f'{server} is not installed'
    if not (Path(sys.prefix) / 'bin' / 'uwsgi').exists():
        return f'uwsgi is not installed in {sys.prefix}'
    return ''


class Service(fixtures.Fixture):
    """A paste file of ours under uWSGI, behind Keystone.

    ``url`` has no path.
    """

    url: str
    server: uwsgi.UWSGI

    def __init__(
        self,
        conf: ini.Sections,
        paste: str = '',
        uwsgi_options: Sequence[str] = (),
    ) -> None:
        """Describe the service.

        :param conf: the database, ``[keystone_authtoken]`` and the like.
        :param paste: the text of its paste file, '' for the one we ship.
        """
        super().__init__()
        self._conf = conf
        self._paste = paste or _PASTE_FILE.read_text()
        self._uwsgi_options = uwsgi_options

    def _setUp(self) -> None:
        home = self.useFixture(process.Directory('service')).path
        conf_file = home / 'keypair_ext.conf'
        own: ini.Sections = {
            'oslo_policy': {
                'policy_file': home / 'policy.yaml',
                'policy_dirs': home / 'policy.d',
            },
        }
        ini.write(conf_file, ini.merge(own, self._conf))
        (home / _PASTE_FILE.name).write_text(self._paste)
        shipped.manage(conf_file, 'db', 'sync')
        self.server = self.useFixture(
            uwsgi.service(home, *self._uwsgi_options)
        )
        self.url = self.server.url


class Cloud(fixtures.Fixture):
    """Keystone and what it needs, to which Compute APIs are added.

    Each method that adds one returns its endpoint, which ends in ``/v2.1``;
    :meth:`balanced` what has one.
    """

    keystone: identity_service.Keystone

    def __init__(
        self,
        identity: type[identity_service.Keystone] = identity_service.Keystone,
    ) -> None:
        """Describe the cloud.

        :param identity: which fixture to start Keystone by.
        """
        super().__init__()
        self._identity = identity

    def _setUp(self) -> None:
        self._database = self.useFixture(mariadb.MariaDB())
        self._memcached = self.useFixture(memcached.Memcached())
        self.keystone = self.useFixture(
            self._identity(self._database.create_database('keystone'))
        )
        self._nova_databases: NovaDatabases | None = None
        self._services = 0

    def nova(
        self, conf: ini.Sections | None = None, *, with_filter: bool = True
    ) -> str:
        """Start a Nova.

        :param conf: more options of nova.conf.
        :param with_filter: whether ours is mounted in it.
        """
        return f'{self._start_nova(conf, with_filter).url}/v2.1'

    def balanced(self) -> beside.Beside:
        """Start a Nova and our service beside it, behind HAProxy."""
        other = self._start_nova(None, with_filter=False)
        return self.useFixture(beside.Beside(other, auth_strategy='keystone'))

    def _start_nova(
        self, conf: ini.Sections | None, with_filter: bool
    ) -> Nova:
        if self._nova_databases is None:
            self._nova_databases = self.useFixture(
                NovaDatabases(self._database)
            )
        return self.useFixture(
            Nova(
                self._nova_databases,
                keystone=self.keystone,
                memcached=[self._memcached.address],
                conf=conf,
                paste_filter=environment.FILTER if with_filter else None,
                software=environment.WithKeypairExt() if with_filter else None,
            )
        )

    def service(self, conf: ini.Sections | None = None) -> str:
        """Start our stand-alone service, with a database of its own.

        :param conf: more options of keypair_ext.conf.
        """
        return f'{self._start(_PASTE_FILE.read_text(), conf)}/v2.1'

    def app(self, conf: ini.Sections | None = None) -> str:
        """Start a stack that has our application in it.

        :param conf: more options of its configuration.
        """
        return f'{self._start(_STACK, conf)}/bare/metal/v2.1'

    def _start(self, paste: str, conf: ini.Sections | None) -> str:
        self._services += 1
        account = self.keystone.account('service')
        sections: ini.Sections = {
            'database': {
                'connection': self._database.create_database(
                    f'keypair_ext_{self._services}'
                )
            },
            'keystone_authtoken': self.keystone.authtoken_options(
                account, [self._memcached.address]
            ),
        }
        server = Service(ini.merge(sections, conf or {}), paste)
        return self.useFixture(server).url
