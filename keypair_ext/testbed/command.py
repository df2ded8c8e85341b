# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-testbed``: serve until told to stop."""

import argparse
import logging
import pathlib
import shlex
import signal
import sys
from collections.abc import Sequence
from typing import Final

import keypair_ext
from keypair_ext import cmd
from keypair_ext.testbed import bed, home
from keypair_ext.testbed.cloud import USERS

_PROGRAM: Final = 'keypair-ext-testbed'
# Of a start that is in vain.
_MISTAKE: Final = 3
_LOOPBACK: Final = ('127.0.0.1', '::1', 'localhost')
_STOPS: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; return 0 when stopped, 3 and a sentence for a mistake."""
    return cmd.run(_PROGRAM, lambda: _serve(argv), _MISTAKE)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description='A cloud for key pairs, for trying out and for tests of '
        'clients. Not for production.',
    )
    parser.add_argument(
        '--version',
        action='version',
        version=f'%(prog)s {keypair_ext.release()}',
        help='print the release of keypair_ext that is installed',
    )
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    about = 'Serve os-keypairs and an imitation of Identity.'
    serve = commands.add_parser(
        'serve', help='serve until told to stop', description=about
    )
    for name, default, what in (
        ('directory', '.testbed', 'where its files are kept'),
        ('host', '127.0.0.1', 'the address to listen on'),
        ('profile', 'nova', "a vendor's profile, or a .toml file"),
    ):
        serve.add_argument(
            f'--{name}', default=default, help=f'{what} (default: {default})'
        )
    serve.add_argument(
        '--port',
        default=8774,
        type=_port,
        help='the port to serve on, 0 for any (default: %(default)s)',
    )
    serve.add_argument(
        '--nova',
        choices=bed.RELEASES,
        help='the release whose newest API version is the newest here',
    )
    serve.add_argument(
        '--seed',
        type=int,
        metavar='N',
        help='have ids, passwords, keys and times repeat; such keys are not '
        'secret',
    )
    serve.add_argument(
        '--print-env',
        nargs='?',
        const='member',
        choices=USERS,
        metavar='USER',
        help="print a user's variables as NAME=VALUE, and all else to "
        'standard error (default: member)',
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not a port number, 0 to 65535'
        )
    return int(text)


def _serve(argv: Sequence[str] | None) -> None:
    arguments = vars(build_parser().parse_args(argv))
    user = arguments.pop('print_env')
    testbed = bed.Testbed(**arguments)
    # Of a token that is not good it would warn.
    logging.getLogger('keystonemiddleware').setLevel(logging.ERROR)
    # The threads of the server inherit that, so this one is told.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    with testbed:
        if user:
            print(_greeting(testbed), file=sys.stderr, flush=True)
            for name, value in testbed.environ(user).items():
                print(f'{name}={value}')
            print(end='', flush=True)
        else:
            print(_greeting(testbed), flush=True)
        signal.sigwait(_STOPS)
        # Who does not want to wait for its end asks again.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


def _greeting(testbed: bed.Testbed) -> str:
    command = command_line(testbed.directory, 'member')
    reach = (
        ''
        if testbed.host in _LOOPBACK
        else f'\nWhoever can reach {testbed.host} can do with it as they like.'
    )
    return (
        f'The test bed serves {testbed.url} until Ctrl-C. It is not for '
        f'production.{reach}\n'
        f'{", ".join(USERS)} are in {testbed.directory / home.CLOUDS}. '
        f'Nothing is kept. Paste into another terminal:\n\n'
        f'{command} create demo-key\n'
        f'{command} list\n'
    )


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
