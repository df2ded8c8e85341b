# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``make serve``: the service with made-up users, for trying it out.

Makes a database, a password file and a configuration in one directory, once,
and serves them on this machine only. Not for production: the administrator's
guide says how the service is deployed.
"""

import argparse
import json
import os
import pathlib
import secrets
import shlex
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import bcrypt
from gunicorn.app.base import BaseApplication

import keypair_ext
from keypair_ext import conf as keypair_conf, deploy, exception
from keypair_ext.db import engine, migration

_HOST = '127.0.0.1'
_USERS = ('admin', 'member')

_CONFIGURATION = """\
[api]
auth_strategy = http_basic
http_basic_user_file = {directory}/htpasswd
http_basic_project_id = 0123456789abcdef0123456789abcdef
http_basic_admins = admin

[database]
connection = sqlite:///{directory}/keypair_ext.sqlite
"""

_PASTE = """\
[composite:main]
use = egg:Paste#urlmap
/ = service
/identity/v3 = identity

[app:service]
use = config:{paste_file}#main

[app:identity]
paste.app_factory = keypair_ext.cmd.demo:identity_factory
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Make what is missing and serve until told to stop."""
    parser = argparse.ArgumentParser(prog='make serve')
    parser.add_argument('--directory', default='.demo', type=pathlib.Path)
    parser.add_argument('--port', default=8774, type=int)
    arguments = parser.parse_args(argv)
    directory = arguments.directory.absolute()
    try:
        passwords = _prepare(directory)
        application = deploy.service(str(directory))
        listener = _listen(arguments.port)
    except exception.KeypairExtError as error:
        sys.stderr.write(f'keypair_ext: {error}\n')
        return 1
    _Server(
        application, listener, lambda: _greet(directory, listener, passwords)
    ).run()
    return 0


def _prepare(directory: pathlib.Path) -> dict[str, str]:
    """Make what the directory lacks; return the passwords just made."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    conf_file = directory / 'keypair_ext.conf'
    conf_file.write_text(_CONFIGURATION.format(directory=directory))
    (directory / 'api-paste.ini').write_text(
        _PASTE.format(paste_file=_shipped_paste_file())
    )
    conf = keypair_conf.parse([str(conf_file)])
    keypair_conf.register_opts(conf, 'database')
    migration.sync(engine.create_engine(conf, 'database'))
    return _make_users(directory)


def _make_users(directory: pathlib.Path) -> dict[str, str]:
    password_file = directory / 'htpasswd'
    if password_file.exists():
        return {}
    passwords = {user: secrets.token_urlsafe(12) for user in _USERS}
    for user, password in passwords.items():
        _write_secret(directory / f'{user}.password', password + '\n')
    lines = [
        f'{user}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()}'
        for user, password in passwords.items()
    ]
    # Last, so that a run that was killed before is made up for.
    _write_secret(password_file, '\n'.join(lines) + '\n')
    return passwords


def _write_secret(path: pathlib.Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, 'w', encoding='utf-8') as stream:
        stream.write(text)


def _shipped_paste_file() -> pathlib.Path:
    checkout = pathlib.Path(keypair_ext.__file__).parent.parent
    for root in (checkout, pathlib.Path(sys.prefix)):
        path = root / 'etc' / 'keypair_ext' / 'api-paste.ini'
        if path.is_file():
            return path
    raise exception.ConfigurationError(
        reason='etc/keypair_ext/api-paste.ini is not where this package was '
        'installed from: run the demo from a checkout.'
    )


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        raise exception.ConfigurationError(
            reason=f'Port {port} of {_HOST} cannot be used: '
            f'{error.strerror}. Choose another one: make serve PORT=8775'
        ) from error
    listener.listen(128)
    return listener


def _greet(
    directory: pathlib.Path,
    listener: socket.socket,
    passwords: dict[str, str],
) -> None:
    url = f'http://{_HOST}:{listener.getsockname()[1]}'
    print(f'keypair_ext serves {url}/v2.1; stop it with Ctrl-C.\n')
    for user, password in passwords.items():
        print(f'Password of {user}: {password}')
    print(
        f'Passwords are kept in {directory}/admin.password and '
        f'member.password.\n\nPaste this to make your first key pair:\n'
    )
    print(f'{command_line(directory, url, "member")} demo-key', flush=True)


def command_line(directory: pathlib.Path, url: str, user: str) -> str:
    """Return the shell command that makes a key pair, but for its name."""
    openstack = pathlib.Path(sys.executable).parent / 'openstack'
    client = str(openstack) if openstack.exists() else 'openstack'
    password_file = shlex.quote(f'{directory}/{user}.password')
    return ' '.join(
        (
            'OS_AUTH_TYPE=http_basic',
            f'OS_USERNAME={user}',
            f'OS_PASSWORD="$(cat {password_file})"',
            f'OS_ENDPOINT={url}/v2.1',
            # The client asks for this document whatever the auth type.
            f'OS_IDENTITY_ENDPOINT_OVERRIDE={url}/identity/v3',
            f'{shlex.quote(client)} keypair create',
        )
    )


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, told by us instead of by its command line."""

    def __init__(
        self,
        application: Callable[..., Iterable[bytes]],
        listener: socket.socket,
        when_ready: Callable[[], None],
    ) -> None:
        self._application = application
        self._listener = listener
        self._when_ready = when_ready
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set('bind', f'fd://{self._listener.fileno()}')
        self.cfg.set('workers', 2)
        self.cfg.set('loglevel', 'warning')
        self.cfg.set('when_ready', lambda server: self._when_ready())

    def load(self) -> Callable[..., Iterable[bytes]]:
        return self._application


def identity_factory(
    global_conf: dict[str, str], **local_conf: str
) -> Callable[..., Iterable[bytes]]:
    """Build the one document of Identity that the client asks for.

    python-openstackclient looks for the version of an Identity service even
    where it needs no token.
    """
    return _identity


def _identity(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    url = f'http://{environ["HTTP_HOST"]}{environ["SCRIPT_NAME"]}/'
    document = {
        'version': {
            'id': 'v3.14',
            'status': 'stable',
            'updated': '2020-04-07T00:00:00Z',
            'links': [{'rel': 'self', 'href': url}],
            'media-types': [],
        }
    }
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps(document).encode()]


if __name__ == '__main__':
    sys.exit(main())
