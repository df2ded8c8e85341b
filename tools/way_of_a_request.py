# SPDX-License-Identifier: Apache-2.0

"""Print the way of a request: our functions that it passes through, in order.

``way_of_a_request.py`` prints how many calls, files and rooms each request
takes, by the service and by the filter in front of Nova; with ``--way import``
and the like, each call of that request. What is watched is the second request
of its kind, on SQLite, without a Keystone. Functions of the package count, not
what the libraries below do; a generator counts each time that it goes on.
"""

import argparse
import io
import itertools
import json
import logging
import os
import pathlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from wsgiref import util

import keypair_ext
from keypair_ext import cmd

PACKAGE = pathlib.Path(keypair_ext.__file__).parent
PASTE_FILE = PACKAGE.parent / 'etc' / 'keypair_ext' / 'api-paste.ini'

MOUNTS = ('service', 'filter')
REQUESTS = ('show', 'page', 'import', 'generation')
_KEY = (
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC6Zjky9fW5jTFUZOLHFrlaKSbW'
    'dxHVk4gqOnmwYYeL3'
)
_CONFIGURATION = """\
[DEFAULT]
log_file = /dev/null
[api]
auth_strategy = noauth
[database]
connection = sqlite:///{directory}/keypair_ext.sqlite
[api_database]
connection = sqlite:///{directory}/keypair_ext.sqlite
[oslo_policy]
policy_file = {directory}/policy.yaml
policy_dirs = {directory}/policy.d
"""

Application = Callable[..., Any]


class Call(NamedTuple):
    """One call of a function of ours."""

    depth: int
    path: str
    function: str


class Way(list[Call]):
    """All calls of one request, in order."""

    def __str__(self) -> str:
        files = {call.path for call in self}
        rooms = {path.split('/')[0] for path in files}
        return f'{len(self)} calls, {len(files)} files, {len(rooms)} rooms'


def watched(act: Callable[[], object]) -> Way:
    """Return the way of what is done by ``act``."""
    way = Way()
    depth = 0

    def note(frame: Any, event: str, argument: object) -> None:
        nonlocal depth
        code = frame.f_code
        if not code.co_filename.startswith(f'{PACKAGE}{os.sep}'):
            return
        if event == 'return':
            depth -= 1
        elif event == 'call':
            path = pathlib.Path(code.co_filename).relative_to(PACKAGE)
            way.append(Call(depth, path.as_posix(), code.co_qualname))
            depth += 1

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return way


def service(directory: str) -> Application:
    """Return the stand-alone service, as a server would load it."""
    from keypair_ext import deploy

    return deploy.service(directory)


def nova_filter(directory: str) -> Application:
    """Return the filter, in front of what is not there."""
    from oslo_context import context

    from keypair_ext import wsgi

    def nova(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise AssertionError('This request is for Nova.')

    mounted = wsgi.filter_factory(
        {}, oslo_config_file=f'{directory}/keypair_ext.conf'
    )(nova)

    def identified(environ: dict[str, Any], start_response: Any) -> Any:
        environ['nova.context'] = context.RequestContext(
            user_id='amelia', project_id='aaaa', roles=['member', 'reader']
        )
        environ['SCRIPT_NAME'] = '/v2.1'
        environ['PATH_INFO'] = environ['PATH_INFO'].removeprefix('/v2.1')
        return mounted(environ, start_response)

    return identified


class Client:
    """Asks an application as a server does."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._numbers = itertools.count()

    def ask(self, method: str, path: str, keypair: object = None) -> None:
        """Send a request; :raises AssertionError: it was refused."""
        path, _, query = path.partition('?')
        body = b''
        if keypair is not None:
            body = json.dumps({'keypair': keypair}).encode()
        environ: dict[str, Any] = {
            'REQUEST_METHOD': method,
            'SCRIPT_NAME': '',
            'PATH_INFO': path,
            'QUERY_STRING': query,
            'REQUEST_URI': path,
            'REMOTE_ADDR': '127.0.0.1',
            'CONTENT_TYPE': 'application/json' if body else '',
            'CONTENT_LENGTH': str(len(body)) if body else '',
            'HTTP_X_AUTH_TOKEN': 'amelia:aaaa:member,reader',
            'HTTP_OPENSTACK_API_VERSION': 'compute 2.90',
            'wsgi.input': io.BytesIO(body),
        }
        util.setup_testing_defaults(environ)
        statuses: list[str] = []
        answer = self._application(
            environ, lambda status, *rest: statuses.append(status)
        )
        b''.join(answer)
        getattr(answer, 'close', lambda: None)()
        if not statuses[0].startswith('2'):
            raise AssertionError(f'{method} {path}: {statuses[0]}')

    def request(self, kind: str) -> None:
        """Send one of the requests that are watched."""
        collection = '/v2.1/os-keypairs'
        number = next(self._numbers)
        if kind == 'import':
            keypair = {'name': f'imported {number}', 'public_key': _KEY}
            self.ask('POST', collection, keypair)
        elif kind == 'generation':
            self.ask('POST', collection, {'name': f'generated {number}'})
        elif kind == 'show':
            self.ask('GET', f'{collection}/first')
        else:
            self.ask('GET', f'{collection}?limit=10')


def ways(mount: str) -> Iterator[tuple[str, Way]]:
    """Yield each request by its name, and its way in one of the mounts."""
    from keypair_ext import conf as keypair_conf, config_files
    from keypair_ext.db import engine, migration

    with tempfile.TemporaryDirectory() as directory:
        conf_file = pathlib.Path(directory, 'keypair_ext.conf')
        conf_file.write_text(_CONFIGURATION.format(directory=directory))
        paste_file = pathlib.Path(directory, 'api-paste.ini')
        paste_file.write_text(PASTE_FILE.read_text())
        conf = config_files.parse([str(conf_file)])
        keypair_conf.register_opts(conf, 'database')
        migration.sync(engine.create_engine(conf, 'database'))
        logging.captureWarnings(False)
        load = service if mount == 'service' else nova_filter
        client = Client(load(directory))
        client.ask('POST', '/v2.1/os-keypairs', {'name': 'first'})
        for kind in REQUESTS:
            client.request(kind)
            yield kind, watched(lambda kind=kind: client.request(kind))


def main() -> int:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--mount', choices=MOUNTS)
    parser.add_argument('--way', choices=REQUESTS)
    arguments = parser.parse_args()
    mounts = [arguments.mount] if arguments.mount else MOUNTS
    for mount in mounts[:1] if arguments.way else mounts:
        for kind, way in ways(mount):
            if arguments.way is None:
                print(f'{mount:8} {kind:11} {way}')
            elif arguments.way == kind:
                print_way(f'{kind} by the {mount}', way)
    return 0


def print_way(title: str, way: Way) -> None:
    """Print a request's calls, each below the one that makes it."""
    print(f'{title}: {way}\n')
    width = max(len(call.path) for call in way)
    same = itertools.groupby(way)
    for call, calls in same:
        count = len(list(calls))
        times = f' ({count} times)' if count > 1 else ''
        indent = '. ' * call.depth
        print(f'{call.path:{width}}  {indent}{call.function}{times}')


if __name__ == '__main__':
    sys.exit(cmd.run('tools/way_of_a_request.py', main))
