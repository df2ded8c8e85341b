# SPDX-License-Identifier: Apache-2.0

"""One paste composite with a mount for each profile, on one database.

The same file serves this process, and a real server for real clients.
"""

import logging
import pathlib
from typing import Any

import fixtures
from paste.deploy import loadwsgi

from keypair_ext import deploy
from keypair_ext.db.store import Store
from keypair_ext.tests.functional import fixtures as service
from keypair_ext.tests.functional.servers import gunicorn

# Small, so that a test soon has used it up.
QUOTA = 4

PROJECT = 'bbf1946d374b44a0a2a95533562ba954'

_MOUNTS = {
    '/nova/v2.1': 'nova',
    '/rackspace': 'rackspace',
    '/otc/v2.1': 'otc',
    '/vietnix/v2.1': 'vietnix',
    '/vietnix-200/v2.1': 'vietnix-200',
}

_COMPOSITE = """\
[composite:main]
use = egg:Paste#urlmap
{addresses}
/rackspace-unlogged = rackspace-unlogged
/rackspace-oslo = rackspace-oslo
/rackspace-bare = rackspace-app
/rackspace-broken = rackspace-broken

[filter:request_log]
use = egg:keypair-ext#request_log

[filter:noauth]
use = egg:keypair-ext#noauth
oslo_config_file = {config_file}

[filter:oslo_request_id]
paste.filter_factory = oslo_middleware:RequestId.factory

[pipeline:rackspace-unlogged]
pipeline = noauth rackspace-app

[pipeline:rackspace-oslo]
pipeline = oslo_request_id noauth rackspace-app

[pipeline:rackspace-broken]
pipeline = request_log noauth rackspace-broken-app

[app:rackspace-broken-app]
use = egg:keypair-ext#main
profile = rackspace
oslo_config_file = {broken_config_file}
"""

_MOUNT = """
[composite:{profile}]
use = egg:keypair-ext#pipeline
oslo_config_file = {config_file}
root = {profile}-versions
noauth = request_log noauth {profile}-app

[app:{profile}-versions]
use = egg:keypair-ext#versions
profile = {profile}
oslo_config_file = {config_file}

[app:{profile}-app]
use = egg:keypair-ext#main
profile = {profile}
oslo_config_file = {config_file}
"""


class Directory(fixtures.Fixture):
    """The configuration, the paste file and the database of all mounts.

    ``lost`` is where one mount has a database of its own.
    """

    path: str

    def _setUp(self) -> None:
        self.path = self.useFixture(fixtures.TempDir()).path
        config_file = self._write_config(self.path)
        service.make_database(config_file)
        broken = pathlib.Path(self.path, 'broken')
        self.lost = broken / 'lost'
        self.lost.mkdir(parents=True)
        self.paste_file = pathlib.Path(self.path, 'api-paste.ini')
        self.paste_file.write_text(
            _COMPOSITE.format(
                addresses='\n'.join(
                    f'{address} = {profile}'
                    for address, profile in _MOUNTS.items()
                ),
                config_file=config_file,
                broken_config_file=self._write_config(
                    str(broken),
                    {
                        'database': {
                            'connection': f'sqlite:///{self.lost}/database'
                        }
                    },
                ),
            )
            + ''.join(
                _MOUNT.format(profile=profile, config_file=config_file)
                for profile in _MOUNTS.values()
            )
        )

    @staticmethod
    def _write_config(
        directory: str, options: service.Options | None = None
    ) -> str:
        return service.write_config(
            directory, {'quota': {'key_pairs': QUOTA}, **(options or {})}
        )


class ClosedStores(fixtures.Fixture):
    """Has the connections of all stores closed in the end."""

    def _setUp(self) -> None:
        def make(engine: Any) -> Store:
            store = Store(engine)
            self.addCleanup(store.close)
            return store

        self.useFixture(fixtures.MonkeyPatch(f'{deploy.__name__}.Store', make))


class Mounts(service.Application, fixtures.Fixture):
    """All mounts in this process."""

    def _setUp(self) -> None:
        self.useFixture(fixtures.FakeLogger(level=logging.INFO))
        directory = self.useFixture(Directory())
        self.useFixture(ClosedStores())
        self.app = loadwsgi.loadapp(
            f'config:{directory.paste_file}', name='main'
        )
        directory.lost.rmdir()


class Server(fixtures.Fixture):
    """All mounts under gunicorn, on a port of the loopback address."""

    url: str

    def _setUp(self) -> None:
        directory = self.useFixture(Directory()).path
        server = self.useFixture(gunicorn.Gunicorn(pathlib.Path(directory)))
        self.url = server.url
