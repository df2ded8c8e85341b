# SPDX-License-Identifier: Apache-2.0

"""What is there before a reader begins: a database, an Identity, a Nova."""

import contextlib
import datetime
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from keypair_ext.db import models
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.guides import machine, systemctl
from keypair_ext.tests.functional.servers import (
    ini,
    keystone,
    mariadb,
    nova,
    process,
    shipped,
    venv,
)
from keypair_ext.tests.unit.keytypes import vectors

_KEYSTONE: Final = 'http://keystone.example.org:5000/v3'
# Of Nova itself, whatever stands in front of it.
_COMPUTE: Final = 'http://compute.example.org:8774/v2.1'
_SOCKET: Final = Path('/run/mysqld/mysqld.sock')

Variables = dict[str, str]
Stage = Callable[[contextlib.ExitStack, Variables], None]


def database(stack: contextlib.ExitStack) -> mariadb.MariaDB:
    """Start MariaDB as Debian's is: root needs no password there."""
    server = stack.enter_context(mariadb.MariaDB(port=3306))
    _SOCKET.parent.mkdir()
    _SOCKET.symlink_to(server.socket)
    return server


def identity(stack: contextlib.ExitStack) -> keystone.Keystone:
    """Start Keystone, and let the reader be its administrator."""
    server = stack.enter_context(keystone.Keystone(port=5000))
    server.create_project('service')
    alice = server.create_user('alice', 'ALICE_PASSWORD')
    server.grant(alice, server.create_project('demo'), 'member')
    cloud('admin', 'admin', 'admin', 'secret')
    cloud('alice', 'demo', 'alice', 'ALICE_PASSWORD')
    return server


def cloud(name: str, project: str, user: str, password: str) -> None:
    """Add a cloud to the reader's ``clouds.yaml``."""
    path = machine.HOME / '.config' / 'openstack' / 'clouds.yaml'
    path.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(path.read_text()) if path.exists() else {'clouds': {}}
    known['clouds'][name] = {
        'auth': {
            'auth_url': _KEYSTONE,
            'project_name': project,
            'project_domain_name': 'Default',
            'username': user,
            'user_domain_name': 'Default',
            'password': password,
        },
        'region_name': keystone.REGION,
    }
    # Which is YAML, too.
    path.write_text(json.dumps(known))


def _have(*names: str) -> None:
    """Have these programs of the tests' own environment."""
    for name in names:
        program = Path(sys.executable).with_name(name)
        # No link: python3 finds its environment by where it is.
        path = machine.LAYERS / 'bin' / name
        path.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
        path.chmod(0o755)


def bare(stack: contextlib.ExitStack, env: Variables) -> None:
    """A machine for the service, beside a Keystone."""
    database(stack)
    identity(stack)
    _have('openstack')


# As a package of a distribution has one.
_UNIT: Final = """\
[Service]
Type=notify
{variables}
ExecStart={command}
"""


def start(name: str, command: Sequence[object], **variables: str) -> None:
    """Write a unit, and start it."""
    text = _UNIT.format(
        command=' '.join(map(str, command)),
        variables='\n'.join(
            f'Environment={key}={value}' for key, value in variables.items()
        ),
    )
    Path(f'/etc/systemd/system/{name}.service').write_text(text)
    systemctl.Unit(name).start()


def uwsgi(virtualenv: Path, module: str, program: Path) -> list[object]:
    """Return the command that serves a module with the shipped file."""
    words = ['--virtualenv', virtualenv, '--module', module]
    return [program, '--ini', shipped.UWSGI, *words]


class Nova(nova.Nova):
    """A Nova in /etc/nova, with an environment that may be written to."""

    def _setUp(self) -> None:
        self._venv = self._software.install()
        machine.overlay(self._venv)
        self._home = Path('/etc/nova')
        self._home.mkdir()
        ini.write(self._home / 'nova.conf', self._sections())
        self.set_paste_filter(None)
        self.set_policy('')
        (self._home / 'policy.d').mkdir()
        subprocess.run(['groupadd', '--system', 'nova'], check=True)
        for path in (self._home, *self._home.iterdir()):
            shutil.chown(path, group='nova')
            path.chmod(0o750 if path.is_dir() else 0o640)
        module = 'nova.wsgi.osapi_compute:application'
        start(
            'nova-api',
            [
                *uwsgi(self._venv, module, self.programs / 'uwsgi'),
                '--lazy-apps',
            ],
            OS_NOVA_CONFIG_DIR='/etc/nova',
            KEYPAIR_EXT_LISTEN=f'{process.LOOPBACK}:{self.port}',
        )

    @property
    def programs(self) -> Path:
        """Where its ``pip`` is."""
        return self._venv / 'bin'


def compute(stack: contextlib.ExitStack) -> Nova:
    """A cloud with a Nova, of which the reader is administrator."""
    databases = stack.enter_context(nova.NovaDatabases(database(stack)))
    who = identity(stack)
    server = stack.enter_context(Nova(databases, keystone=who, port=8774))
    who.register_compute(_COMPUTE)
    _have('openstack')
    return server


def in_nova(stack: contextlib.ExitStack, env: Variables) -> None:
    """The reader works in Nova's environment."""
    server = compute(stack)
    ours, *others = env['PATH'].split(':')
    env['PATH'] = ':'.join([ours, str(server.programs), *others])


def beside_nova(stack: contextlib.ExitStack, env: Variables) -> None:
    """The reader works on a machine that may read Nova's configuration."""
    compute(stack)


# A stack's application, and its paste file.
_METAL: Final = """\
def app_factory(global_conf, **local_conf):
    def application(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [b'metal']
    return application
"""
_METAL_PASTE: Final = """\
[composite:main]
use = egg:Paste#urlmap
/v1 = metal

[pipeline:metal]
pipeline = authtoken metal-app

[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
oslo_config_project = metal

[app:metal-app]
paste.app_factory = metal:app_factory
"""


def another(stack: contextlib.ExitStack, env: Variables) -> None:
    """A stack with a paste file, an environment and a unit."""
    database(stack)
    who = identity(stack)
    _have('openstack')
    home = Path('/opt/metal')
    subprocess.run(['python3', '-m', 'venv', home], check=True, env=env)
    needs = ('uwsgi', 'Paste', 'PasteDeploy', 'keystonemiddleware')
    subprocess.run(
        [home / 'bin' / 'pip', 'install', *needs], check=True, env=env
    )
    (packages,) = home.glob('lib/python*/site-packages')
    (packages / 'metal.py').write_text(_METAL)
    directory = Path('/etc/metal')
    directory.mkdir()
    (directory / 'api-paste.ini').write_text(_METAL_PASTE)
    options = who.authtoken_options(who.account('admin', 'service'))
    ini.write(directory / 'metal.conf', {'keystone_authtoken': options})
    subprocess.run(['groupadd', '--system', 'metal'], check=True)
    start(
        'metal-api',
        [
            home / 'bin' / 'uwsgi',
            *('--virtualenv', home, '--master', '--die-on-term'),
            *('--http-socket', f'{process.LOOPBACK}:6385'),
            *('--ini-paste', directory / 'api-paste.ini'),
        ],
    )


def served(stack: contextlib.ExitStack, env: Variables) -> keystone.Keystone:
    """The service and its users."""
    who = identity(stack)
    _have('openstack', 'keypair-ext-manage', 'keypair-ext-status')
    who.register_compute(_COMPUTE)
    directory = Path('/etc/keypair_ext')
    directory.mkdir()
    shutil.copy(shipped.DIRECTORY / 'api-paste.ini', directory)
    account = who.account('admin', 'service')
    conf = directory / 'keypair_ext.conf'
    ini.write(
        conf,
        {
            'api': {'auth_strategy': 'keystone'},
            'database': {
                'connection': 'sqlite:////var/lib/keypair_ext.sqlite'
            },
            'keystone_authtoken': who.authtoken_options(account),
        },
    )
    subprocess.run(['keypair-ext-manage', 'db', 'sync'], check=True, env=env)
    program = venv.ensure('uwsgi', ['uwsgi']) / 'bin' / 'uwsgi'
    module = 'keypair_ext.wsgi.api:application'
    start('keypair-ext', uwsgi(Path(sys.prefix), module, program))
    return who


def using(stack: contextlib.ExitStack, env: Variables) -> None:
    """The reader is a user, with openstacksdk."""
    served(stack, env)
    _have('python3')


def auditing(stack: contextlib.ExitStack, env: Variables) -> None:
    """The reader looks at keys of all kinds, one of somebody who has left."""
    who = served(stack, env)
    alice = who.request('GET', '/users?name=alice')['users'][0]['id']
    engine = sa.create_engine('sqlite:////var/lib/keypair_ext.sqlite')
    keys = (
        (alice, 'laptop', vectors.RSA_2048),
        (alice, 'desktop', vectors.ED25519),
        (who.create_user('bob'), 'ci', vectors.ED25519),
        # Whom Keystone does not know.
        ('0' * 32, 'old', vectors.ED25519),
    )
    with engine.begin() as connection:
        connection.execute(
            sa.insert(models.key_pairs),
            [
                {
                    'user_id': user_id,
                    'name': name,
                    'type': 'ssh',
                    'public_key': key.line,
                    'fingerprint': key.fingerprint,
                    'created_at': datetime.datetime(2024, 1, 31),
                }
                for user_id, name, key in keys
            ],
        )
    engine.dispose()
    (machine.HOME / 'leaked.pub').write_text(vectors.ED25519.line)


@dataclass(frozen=True)
class Guide:
    """A page, and what is there before it.

    :param is_outlived: whether a newer release comes out meanwhile.
    :param elsewhere: where else the key pairs are that the page's user has.
    """

    page: str
    stage: Stage
    is_outlived: bool = False
    elsewhere: str = ''

    @property
    def path(self) -> Path:
        return fixtures.ROOT / 'doc' / 'source' / self.page


def prepare() -> None:
    """Make the environments that are used inside, where no network is."""
    venv.ensure('keystone', keystone.REQUIREMENTS)
    venv.ensure('uwsgi', ['uwsgi'])
    nova.Software().install()


GUIDES: Final = {
    'service': Guide('install/bare-machine.rst', bare, is_outlived=True),
    'in-nova': Guide('admin/nova-mount.rst', in_nova),
    'load-balancer': Guide(
        'admin/load-balancer.rst',
        beside_nova,
        is_outlived=True,
        elsewhere=_COMPUTE,
    ),
    'another-stack': Guide('install/another-stack.rst', another),
    'users': Guide('user/index.rst', using),
    'auditors': Guide('admin/auditing.rst', auditing),
}
