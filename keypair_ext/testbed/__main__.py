# SPDX-License-Identifier: Apache-2.0

"""Start the test bed."""

import argparse
import pathlib
import shlex
import socket
import sys
from collections.abc import Sequence

from keypair_ext import cmd, deploy, exception
from keypair_ext.testbed import home, server


def main(argv: Sequence[str] | None = None) -> int:
    """Make what is missing and serve until told to stop.

    A mistake of whoever starts it is one sentence on standard error and 1.
    """
    made: list[server.Server] = []
    status = cmd.run('keypair_ext', lambda: made.append(_make(argv)))
    if not status:
        made[0].run()
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


def _make(argv: Sequence[str] | None) -> server.Server:
    """Return a server on a socket that listens, and say so."""
    arguments = _parser().parse_args(argv)
    directory = arguments.directory.absolute()
    with socket.socket() as listener:
        # First of all, so that a start in vain changes nothing.
        url = server.listen(listener, arguments.port)
        try:
            passwords = home.prepare(directory, url)
        except OSError as error:
            raise exception.ConfigurationError(
                reason=f'{error.filename or directory} cannot be used: '
                f'{error.strerror}. The test bed keeps its files in '
                f'{directory}, which has to be a directory that you can write '
                f'to.'
            ) from error
        except exception.DatabaseUnavailable as error:
            raise exception.ConfigurationError(
                reason=f'The database in {directory} cannot be used. Remove '
                f'that directory to start afresh.'
            ) from error
        application = deploy.service(str(directory))
        print(_greeting(directory, url, passwords))
        return server.Server(application, listener.detach())


def _greeting(
    directory: pathlib.Path, url: str, passwords: dict[str, str]
) -> str:
    lines = [
        f'keypair_ext serves {url}/v2.1; stop it with Ctrl-C.',
        'It is for trying out, not for production.',
        '',
        *(
            f'The password of {user} is {password}'
            for user, password in passwords.items()
        ),
        f'{directory} has a clouds.yaml with both users and their passwords,',
        'and an openrc for the shell.',
        '',
        'Paste this into another terminal:',
        '',
        # A name can be given to one key pair only.
        command_line(directory, 'member')
        + (' create demo-key' if passwords else ' list'),
        '',
    ]
    return '\n'.join(lines)


def command_line(directory: pathlib.Path, user: str) -> str:
    """Return a shell's ``openstack keypair``, ready but for what to do.

    The environment is empty: another cloud that it names would come before
    the file, and a proxy does not know this machine by its address.
    """
    openstack = pathlib.Path(sys.executable).with_name('openstack')
    clouds = shlex.quote(f'{directory}/{home.CLOUDS}')
    if openstack.exists():
        client = shlex.quote(str(openstack))
    else:
        client = 'PATH="$PATH" openstack'
    return (
        f'env -i OS_CLIENT_CONFIG_FILE={clouds} {client} --os-cloud {user} '
        f'keypair'
    )


if __name__ == '__main__':
    sys.exit(main())
