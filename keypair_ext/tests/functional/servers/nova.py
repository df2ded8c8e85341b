# SPDX-License-Identifier: Apache-2.0

"""A real Nova API under uWSGI: the reference that ours is compared with.

Run as a program it starts a MariaDB and a plain Nova beside each other, and
stays until it is interrupted::

    python -m keypair_ext.tests.functional.servers.nova --port 8774
"""

import argparse
import os
import shutil
import signal
import sys
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import fixtures

from keypair_ext.tests.functional.servers import (
    ini,
    keystone,
    mariadb,
    nova_context_filter,
    process,
    uwsgi,
    venv,
)

# What ours answers as. Another release can be asked for, to mount ours in it.
REFERENCE: Final = '34.0.0'
RELEASE: Final = os.environ.get('KEYPAIR_EXT_TEST_NOVA_RELEASE', REFERENCE)

# pip would take the newest. These are of the release's own time.
_LIBRARIES: Final = {
    '33': ('oslo.policy==5.0.0',),
    '32': ('oslo.policy==4.6.0',),
    '31': (
        'oslo.policy==4.5.1',
        'oslo.middleware==6.3.1',
        'oslo.limit==2.6.1',
    ),
    # Behind a load balancer only. Newer ones lack what it imports.
    '29': (
        'SQLAlchemy==1.4.51',
        'alembic==1.13.1',
        'cryptography==42.0.5',
        'eventlet==0.35.2',
        'keystoneauth1==5.6.0',
        'keystonemiddleware==10.6.0',
        'oslo.cache==3.7.0',
        'oslo.concurrency==6.0.0',
        'oslo.config==9.4.0',
        'oslo.context==5.5.0',
        'oslo.db==15.0.0',
        'oslo.i18n==6.3.0',
        'oslo.limit==2.4.0',
        'oslo.log==5.5.1',
        'oslo.messaging==14.7.2',
        'oslo.middleware==6.1.0',
        'oslo.policy==4.3.0',
        'oslo.privsep==3.3.0',
        'oslo.reports==3.3.0',
        'oslo.rootwrap==7.2.0',
        'oslo.serialization==5.4.0',
        'oslo.service==3.4.1',
        'oslo.upgradecheck==2.3.0',
        'oslo.utils==7.1.0',
        'oslo.versionedobjects==3.3.0',
        'oslo.vmware==4.4.0',
        'WebOb==1.8.7',
        'setuptools<81',
    ),
}

REQUIREMENTS: Final = (
    f'nova=={RELEASE}',
    *_LIBRARIES.get(RELEASE.partition('.')[0], ()),
    'PyMySQL',
    'python-memcached',
    'uwsgi',
)

# What uWSGI loads.
_APPLICATION: Final = (
    'nova.api.openstack.compute.wsgi:init_application()'
    if RELEASE.startswith('29.')
    else 'nova.wsgi.osapi_compute:application'
)

# What Nova's own api-paste.ini says in its pipelines, of which that of 31 has
# two more, for noauth2.
_IDENTITY: Final = 'authtoken keystonecontext'
_LAST: Final = 'osapi_compute_app_v21'
_PIPELINES: Final = (2, 4)

_CONTEXT_FILTER: Final = """
[filter:nova_context_filter]
paste.filter_factory = nova_context_filter:filter_factory
"""


@dataclass(frozen=True)
class PasteFilter:
    """A filter section for Nova's api-paste.ini, and what it imports."""

    name: str
    options: Mapping[str, str]

    def section(self) -> str:
        """Return the section's text."""
        return ini.render({f'filter:{self.name}': self.options})


@dataclass(frozen=True)
class Software:
    """What is in Nova's virtual environment beside Nova.

    :param requirements: packages for pip.
    :param checkouts: source trees, installed editable without dependencies.
    :param python_path: directories to import from without installing.
    """

    requirements: Sequence[str] = ()
    checkouts: Sequence[Path] = ()
    python_path: Sequence[Path] = ()

    def install(self) -> Path:
        """Return the path of the environment, made on first use."""
        return venv.ensure(
            'nova', (*REQUIREMENTS, *self.requirements), self.checkouts
        )


def headers(
    user: str, project: str | None = None, *roles: str
) -> dict[str, str]:
    """Return the headers that make a caller, where there is no Keystone.

    Real Nova takes a project id in its URLs only when it is hexadecimal.
    """
    identity = {'X-User-Id': user, 'X-Roles': ','.join(roles)}
    if project is not None:
        identity['X-Project-Id'] = project
    return identity


class NovaDatabases(fixtures.Fixture):
    """The API database and two cells' databases, at Nova's newest schema.

    Migrating takes nova-manage a quarter of a minute, so its result is kept
    in the cache and loaded from there.  Several Novas may share these.
    """

    api_url: str
    url: str

    def __init__(self, server: mariadb.MariaDB, prefix: str = 'nova'):
        """Describe the databases.

        :param prefix: of their names, for several sets in one server.
        """
        super().__init__()
        self._server = server
        self._api = f'{prefix}_api'
        self._cell0 = f'{prefix}_cell0'
        self._cell1 = prefix

    def _setUp(self) -> None:
        self._venv = Software().install()
        self.api_url = self._create(self._api, 'api_database', 'api_db')
        cell0_url = self._create(self._cell0, 'database', 'db')
        self.url = self._create(self._cell1, 'database', 'db')
        self._map_cell('cell0', 0, 'none:///', cell0_url)
        self._map_cell('cell1', 1, 'fake://', self.url)

    def _create(self, name: str, section: str, command: str) -> str:
        url = self._server.create_database(name)
        self.addCleanup(self._drop, name)
        self._server.execute(self._schema(section, command), name)
        return url

    def _drop(self, name: str) -> None:
        """Drop a database, unless a test has left the server stopped."""
        if self._server.daemon.is_running():
            self._server.drop_database(name)

    def _schema(self, section: str, command: str) -> str:
        """Return the statements for an empty Nova database."""
        cached = self._venv / f'{section}.sql'
        with venv.locked(self._venv / 'schema.lock'):
            if not cached.exists():
                new = cached.with_suffix('.new')
                new.write_text(self._migrate(section, command))
                new.replace(cached)
        return cached.read_text()

    def _migrate(self, section: str, command: str) -> str:
        """Let nova-manage build a database, and take it down as SQL."""
        home = self.useFixture(process.Directory('nova-manage')).path
        scratch = f'{self._cell1}_scratch'
        url = self._server.create_database(scratch)
        ini.write(home / 'nova.conf', {section: {'connection': url}})
        local_cell = ['--local_cell'] if command == 'db' else []
        process.run(
            [
                self._venv / 'bin' / 'nova-manage',
                '--config-file',
                home / 'nova.conf',
                '--config-dir',
                home,
                command,
                'sync',
                *local_cell,
            ],
            env=process.clean_environment(home),
        )
        text = self._server.dump(scratch)
        self._server.drop_database(scratch)
        return text

    def _map_cell(
        self, name: str, number: int, transport_url: str, database_url: str
    ) -> None:
        """Do what ``nova-manage cell_v2`` takes four seconds for."""
        self._server.execute(
            'INSERT INTO cell_mappings (created_at, uuid, name,'  # noqa: S608
            ' transport_url, database_connection, disabled)'
            f" VALUES (NOW(), '00000000-0000-0000-0000-{number:012}',"
            f" '{name}', '{transport_url}', '{database_url}', 0)",
            self._api,
        )


class Nova(fixtures.Fixture):
    """nova-api on a free port; ``url`` has no path.

    Given a Keystone it authenticates against that, else it believes
    ``headers()``: X-User-Id, X-Project-Id and X-Roles, or an X-Auth-Token
    of the form ``user[:project[:role,...]]``.
    """

    server: uwsgi.UWSGI

    def __init__(
        self,
        databases: NovaDatabases,
        *,
        keystone: keystone.Keystone | None = None,
        memcached: Sequence[str] = (),
        conf: ini.Sections | None = None,
        policy: str = '',
        max_limit: int | None = None,
        key_pairs: int | None = None,
        paste_filter: PasteFilter | None = None,
        software: Software | None = None,
        processes: int = 1,
        port: int | None = None,
        uwsgi_options: Sequence[str] = (),
    ):
        """Describe the server.

        :param memcached: ``host:port`` of keystonemiddleware's token cache.
        :param conf: more options for nova.conf, which win.
        :param policy: text of policy.yaml.
        :param max_limit: ``[api] max_limit``.
        :param key_pairs: ``[quota] key_pairs``.
        :param paste_filter: goes last before Nova's application.
        :param software: what the filter needs in Nova's environment.
        """
        super().__init__()
        self._databases = databases
        self._keystone = keystone
        self._memcached = memcached
        self._conf = conf or {}
        self._policy = policy
        self._max_limit = max_limit
        self._key_pairs = key_pairs
        self._paste_filter = paste_filter
        self._software = software or Software()
        self._processes = processes
        self._uwsgi_options = uwsgi_options
        self.port = port or process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'

    def _setUp(self) -> None:
        self._venv = self._software.install()
        self._home = self.useFixture(process.Directory('nova')).path
        self._python = self._home / 'python'
        self._python.mkdir()
        shutil.copy(nova_context_filter.__file__, self._python)
        ini.write(self._home / 'nova.conf', self._sections())
        self.set_paste_filter(self._paste_filter)
        self.set_policy(self._policy)
        self._serve()

    @property
    def home(self) -> Path:
        """Where nova.conf, api-paste.ini and policy.yaml are."""
        return self._home

    def set_paste_filter(self, paste_filter: PasteFilter | None) -> None:
        """Replace api-paste.ini; Nova reads it when it starts again."""
        self._paste_filter = paste_filter
        (self._home / 'api-paste.ini').write_text(self._paste())

    def set_policy(self, text: str) -> None:
        """Replace policy.yaml; Nova reads it again at the next request."""
        path = self._home / 'policy.yaml'
        path.with_suffix('.new').write_text(text)
        path.with_suffix('.new').replace(path)

    def _sections(self) -> ini.Sections:
        sections: dict[str, dict[str, object]] = {
            'DEFAULT': {
                'transport_url': 'fake://',
                'state_path': self._home,
            },
            'api_database': {'connection': self._databases.api_url},
            'database': {'connection': self._databases.url},
            'oslo_concurrency': {'lock_path': self._home / 'locks'},
            'oslo_policy': {
                'policy_file': self._home / 'policy.yaml',
                'policy_dirs': self._home / 'policy.d',
            },
        }
        if self._max_limit is not None:
            sections['api'] = {'max_limit': self._max_limit}
        if self._key_pairs is not None:
            sections['quota'] = {'key_pairs': self._key_pairs}
        return ini.merge(sections, self._authtoken(), self._conf)

    def _authtoken(self) -> ini.Sections:
        if self._keystone is None:
            return {}
        service = self._keystone.account('admin', 'service')
        options = self._keystone.authtoken_options(service, self._memcached)
        return {'keystone_authtoken': options}

    def _paste(self) -> str:
        """Return Nova's own api-paste.ini with our changes."""
        text = (self._venv / 'etc' / 'nova' / 'api-paste.ini').read_text()
        if self._keystone is None:
            text = _in_pipelines(text, _IDENTITY, 'nova_context_filter')
            text += _CONTEXT_FILTER
        if self._paste_filter is not None:
            last = f' {self._paste_filter.name} {_LAST}\n'
            text = _in_pipelines(text, f' {_LAST}\n', last)
            text += '\n' + self._paste_filter.section()
        return text

    def _serve(self) -> None:
        path = [self._python, *self._software.python_path]
        self.server = self.useFixture(
            uwsgi.UWSGI(
                self._venv,
                _APPLICATION,
                directory=self._home,
                env={
                    'OS_NOVA_CONFIG_DIR': str(self._home),
                    'PYTHONPATH': ':'.join(map(str, path)),
                },
                port=self.port,
                processes=self._processes,
                lazy=True,
                options=self._uwsgi_options,
            )
        )


def _in_pipelines(text: str, old: str, new: str) -> str:
    """Replace in all pipelines; refuse a file that has changed."""
    if text.count(old) not in _PIPELINES:
        raise process.ServerError(f'api-paste.ini lacks {old!r} in a pipeline')
    return text.replace(old, new)


def _terminate(number: int, frame: types.FrameType | None) -> NoReturn:
    raise SystemExit(0)


def main() -> None:
    """Run a plain Nova until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog='nova', description=f'A plain Nova {RELEASE}, without Keystone.'
    )
    parser.add_argument('--port', type=int, help='default: a free one')
    parser.add_argument('--processes', type=int, default=1)
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _terminate)
    with (
        mariadb.MariaDB() as database,
        NovaDatabases(database) as databases,
        Nova(
            databases, port=arguments.port, processes=arguments.processes
        ) as nova,
    ):
        sys.stdout.write(_greeting(nova, databases))
        sys.stdout.flush()
        signal.pause()


def _greeting(nova: Nova, databases: NovaDatabases) -> str:
    url = f'{nova.url}/v2.1/os-keypairs'
    return (
        f'Nova:     {nova.url} (pid {nova.server.daemon.pid})\n'
        f'Database: {databases.api_url}\n'
        f"Member:   curl -i -H 'X-Auth-Token: bob:aaaa:member' {url}\n"
        f"Admin:    curl -i -H 'X-Auth-Token: root:ffff:admin' {url}\n"
    )


if __name__ == '__main__':
    main()
