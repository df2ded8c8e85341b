# SPDX-License-Identifier: Apache-2.0

"""``make serve``: the service with made-up users, for trying it out.

Makes a database, a password file and a configuration in one directory, once,
and serves them on this machine only. Not for production: the installation
guide says how the service is deployed.
"""

import argparse
import contextlib
import fcntl
import json
import os
import pathlib
import secrets
import shlex
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from wsgiref import util as wsgi_util

import bcrypt
from gunicorn import arbiter
from gunicorn.app import base

import keypair_ext
from keypair_ext import cmd, conf as keypair_conf, deploy, exception
from keypair_ext.db import engine, migration
from keypair_ext.middleware.context import identity

_HOST = '127.0.0.1'
_USERS = ('admin', 'member')

_CONFIGURATION = """\
# Written by "make serve" whenever it starts: changes are lost.
[api]
auth_strategy = http_basic
http_basic_user_file = {directory}/htpasswd
http_basic_project_id = 0123456789abcdef0123456789abcdef
http_basic_admins = admin

[database]
connection = sqlite:///{directory}/keypair_ext.sqlite
"""

_PASTE = """\
# Written by "make serve" whenever it starts: changes are lost.
[composite:main]
use = egg:Paste#urlmap
/ = config:{paste_file}#main
/identity/v3 = identity

[app:identity]
paste.app_factory = keypair_ext.cmd.demo:identity_factory
"""

_Application = Callable[..., Iterable[bytes]]


def main(argv: Sequence[str] | None = None) -> int:
    """Make what is missing and serve until told to stop.

    A mistake of whoever starts it is one sentence on standard error and 1.
    """
    made: list[_Server] = []
    status = cmd.run('keypair_ext', lambda: made.append(_make(argv)))
    for server in made:
        if not status:
            server.run()
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='make serve')
    parser.add_argument(
        '--directory',
        default='.demo',
        type=pathlib.Path,
        help='where everything is kept (default: %(default)s)',
    )
    parser.add_argument(
        '--port',
        default=8774,
        type=_port,
        help='the port to serve on, 0 for any (default: %(default)s)',
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not a port number, 0 to 65535'
        )
    return int(text)


def _make(argv: Sequence[str] | None) -> '_Server':
    """Return a server on a socket that listens, and say so."""
    arguments = _parser().parse_args(argv)
    directory = arguments.directory.absolute()
    with socket.socket() as listener:
        # First of all, so that a start in vain changes nothing.
        _listen(listener, arguments.port)
        try:
            passwords = _prepare(directory)
        except OSError as error:
            raise exception.ConfigurationError(
                reason=f'{error.filename or directory} cannot be used: '
                f'{error.strerror}. The demo keeps its files in {directory}, '
                f'which has to be a directory that you can write to.'
            ) from error
        except exception.DatabaseUnavailable as error:
            raise exception.ConfigurationError(
                reason=f'The database in {directory} cannot be used. Remove '
                f'that directory to start afresh.'
            ) from error
        application = deploy.service(str(directory))
        url = f'http://{_HOST}:{listener.getsockname()[1]}'
        print(_greeting(directory, url, passwords))
        return _Server(application, listener.detach())


def _listen(listener: socket.socket, port: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(128)
    except OSError as error:
        raise exception.ConfigurationError(
            reason=f'Port {port} of {_HOST} cannot be used: '
            f'{error.strerror}. Stop what listens there, or choose another '
            f'port, as in "make serve PORT=8775".'
        ) from error


def _prepare(directory: pathlib.Path) -> dict[str, str]:
    """Make what the directory lacks; return the passwords just made."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone_in(directory):
        _write_configuration(directory)
        conf = keypair_conf.parse([str(directory / 'keypair_ext.conf')])
        keypair_conf.register_opts(conf, 'database')
        migration.sync(engine.create_engine(conf, 'database'))
        return _make_users(directory)


@contextlib.contextmanager
def _alone_in(directory: pathlib.Path) -> Iterator[None]:
    # Two that start at once would both make users, and mix them up.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write_configuration(directory: pathlib.Path) -> None:
    (directory / 'keypair_ext.conf').write_text(
        _CONFIGURATION.format(directory=directory)
    )
    (directory / 'api-paste.ini').write_text(
        _PASTE.format(paste_file=_shipped_paste_file())
    )


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


def _make_users(directory: pathlib.Path) -> dict[str, str]:
    """Make users, unless they are complete; return their passwords."""
    password_file = directory / 'htpasswd'
    kept = {user: directory / f'{user}.password' for user in _USERS}
    if all(path.exists() for path in (password_file, *kept.values())):
        return {}
    # Removed first and made last: whoever is killed between starts over.
    password_file.unlink(missing_ok=True)
    passwords = {user: secrets.token_urlsafe(12) for user in _USERS}
    for user, path in kept.items():
        _write_secret(path, passwords[user] + '\n')
    lines = [
        f'{user}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()}'
        for user, password in passwords.items()
    ]
    _write_secret(password_file, '\n'.join(lines) + '\n')
    return passwords


def _write_secret(path: pathlib.Path, text: str) -> None:
    """Write a file that is for its owner only, whole or not at all."""
    fresh = path.with_name(f'{path.name}.new')
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, 'w', encoding='utf-8') as stream:
        stream.write(text)
    fresh.replace(path)


def _greeting(
    directory: pathlib.Path, url: str, passwords: dict[str, str]
) -> str:
    lines = [
        f'keypair_ext serves {url}/v2.1; stop it with Ctrl-C.',
        '',
        *(
            f'The password of {user} is {password}'
            for user, password in passwords.items()
        ),
        f'Passwords are kept in {directory}/admin.password and '
        f'member.password.',
        '',
        'Paste this into another terminal:',
        '',
        # A name can be given to one key pair only.
        command_line(directory, url, 'member')
        + (' create demo-key' if passwords else ' list'),
        '',
    ]
    return '\n'.join(lines)


def command_line(directory: pathlib.Path, url: str, user: str) -> str:
    """Return a shell's ``openstack keypair``, ready but for what to do."""
    openstack = pathlib.Path(sys.executable).parent / 'openstack'
    client = str(openstack) if openstack.exists() else 'openstack'
    password_file = shlex.quote(f'{directory}/{user}.password')
    return ' '.join(
        (
            # A cloud that the shell names would come first.
            'OS_CLOUD=',
            'OS_AUTH_TYPE=http_basic',
            f'OS_USERNAME={user}',
            f'OS_PASSWORD="$(cat {password_file})"',
            f'OS_ENDPOINT={url}/v2.1',
            # The client asks for this document whatever the auth type.
            f'OS_IDENTITY_ENDPOINT_OVERRIDE={url}/identity/v3',
            f'{shlex.quote(client)} keypair',
        )
    )


class _Server(base.BaseApplication):  # type: ignore[misc]
    """gunicorn, told by us instead of by its command line.

    :param listener: the descriptor of a socket that listens already.
    """

    def __init__(self, application: _Application, listener: int) -> None:
        self._application = application
        self._listener = listener
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set('bind', f'fd://{self._listener}')
        self.cfg.set('workers', 2)
        self.cfg.set('loglevel', 'warning')
        self.cfg.set('post_worker_init', _leave_to_master)
        if 'control_socket_disable' in self.cfg.settings:
            # It would be made in the home directory.
            self.cfg.set('control_socket_disable', True)

    def load(self) -> _Application:
        return self._application

    def run(self) -> None:
        """Serve; the process ends with it, with status 0."""
        _Master(self).run()


class _Master(arbiter.Arbiter):  # type: ignore[misc]
    """Lets requests end when Ctrl-C or a closing terminal stops it.

    gunicorn would cut them off at the one, and start anew at the other.
    """

    handle_int = handle_hup = arbiter.Arbiter.handle_term


def _leave_to_master(worker: Any) -> None:
    # A terminal sends these to the whole group, the workers included.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def identity_factory(
    global_conf: dict[str, str], **local_conf: str
) -> _Application:
    """Build the one document of Identity that the client asks for.

    python-openstackclient looks for the version of an Identity service even
    where it needs no token. All else is forbidden, upon which it takes a
    user's name for the id, as ours are.
    """
    return _identity


def _identity(
    environ: dict[str, Any], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    if environ['PATH_INFO'].strip('/'):
        return identity.refuse_forbidden(
            environ, start_response, 'There is no Identity service here.'
        )
    url = wsgi_util.application_uri(environ)
    document = {
        'version': {
            'id': 'v3.14',
            'status': 'stable',
            'updated': '2020-04-07T00:00:00Z',
            'links': [{'rel': 'self', 'href': f'{url}/'}],
            'media-types': [],
        }
    }
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps(document).encode()]


if __name__ == '__main__':
    sys.exit(main())
