# SPDX-License-Identifier: Apache-2.0

"""The mounts that are attacked: in this process, and over HTTP.

Each is asked as :class:`fixtures.Service` is, whose callers say who they are
in their token.
"""

import json
import pathlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import webob

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.conformance import servers, wire
from keypair_ext.tests.functional.nova import environment
from keypair_ext.tests.functional.servers import mariadb, nova

_COMPOSITE = """\
[composite:main]
use = egg:Paste#urlmap
/v2.1 = v21
/v2 = v2

[pipeline:v21]
pipeline = request_log noauth {last}

[pipeline:v2]
pipeline = request_log noauth legacy_v2_compatible {last}

[filter:request_log]
use = egg:keypair-ext#request_log

[filter:noauth]
use = egg:keypair-ext#noauth
oslo_config_file = {config_file}

[filter:legacy_v2_compatible]
use = egg:keypair-ext#legacy_v2_compatible

[{kind}:keypairs]
use = egg:keypair-ext#main
database_group = database
oslo_config_file = {config_file}

[app:wrapped]
paste.app_factory = {module}:wrapped_factory
"""

_NOT_THERE = b'{"itemNotFound": {"code": 404, "message": "Not ours."}}'


# What stands for no answer at all: the server did not take it for HTTP.
_CLOSED = 400


class Mount(fixtures.Service):
    """A mount in this process."""

    port = 0

    def logged(self) -> str:
        """Return what another process has logged."""
        return ''


class Service(Mount):
    """The stand-alone service."""


class App(Mount):
    """An application behind the filters of somebody's stack."""

    def _paste_file(self) -> str:
        return self._write_paste_file('app', 'keypairs')

    def _write_paste_file(self, kind: str, last: str) -> str:
        path = pathlib.Path(self.directory, 'api-paste.ini')
        path.write_text(
            _COMPOSITE.format(
                kind=kind,
                last=last,
                config_file=self.config_file,
                module=__name__,
            )
        )
        return str(path)


class Filter(App):
    """A filter in front of an application that knows nothing of keys."""

    def _paste_file(self) -> str:
        return self._write_paste_file('filter', 'keypairs wrapped')


def wrapped_factory(
    global_conf: dict[str, str], **local_conf: str
) -> Callable[..., Iterable[bytes]]:
    """Make the application that a filter is in front of."""

    def wrapped(
        environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        start_response(
            '404 Not Found',
            [
                ('Content-Type', 'application/json; charset=UTF-8'),
                ('Content-Length', str(len(_NOT_THERE))),
            ],
        )
        return [_NOT_THERE]

    return wrapped


class Remote(Mount):
    """A mount in a process of its own, on a MariaDB, asked over HTTP."""

    def _setUp(self) -> None:
        self.mariadb = self.useFixture(mariadb.MariaDB())

    def clear(self) -> None:
        """Remove all key pairs."""
        self.mariadb.execute('DELETE FROM key_pairs', self.database)

    @property
    def database(self) -> str:
        """The name of the database."""
        return 'nova_api'

    def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = fixtures.TOKEN,
        version: str | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        environ: Mapping[str, Any] | None = None,
    ) -> webob.Response:
        """Send a request, and return the answer as WebOb has it."""
        sent: dict[str, str] = {'Host': 'localhost'}
        if token is not None:
            sent['X-Auth-Token'] = token
        if version is not None:
            sent['OpenStack-API-Version'] = f'compute {version}'
        data = b''
        if body is not None:
            data = (
                body if isinstance(body, bytes) else json.dumps(body).encode()
            )
            sent['Content-Type'] = 'application/json'
            sent['Content-Length'] = str(len(data))
        sent.update(headers or {})
        answer = wire.send(
            self.port,
            wire.Request('', method, path, tuple(sent.items()), data),
        )
        return webob.Response(
            status=answer.status or _CLOSED,
            body=answer.body,
            headerlist=list(answer.headers),
        )


class RemoteService(Remote):
    """The stand-alone service under uWSGI."""

    def _setUp(self) -> None:
        super()._setUp()
        self._service = self.useFixture(
            servers.Service(
                self.mariadb.create_database(self.database) + 'mb4',
                {'DEFAULT': {'debug': True}},
            )
        )
        self.port = self._service.port

    @property
    def database(self) -> str:
        return 'service'

    def logged(self) -> str:
        return self._service.server.daemon.recent_log


class RemoteFilter(Remote):
    """The filter inside a real Nova 34 under uWSGI."""

    def _setUp(self) -> None:
        super()._setUp()
        databases = self.useFixture(nova.NovaDatabases(self.mariadb))
        self._nova = self.useFixture(
            nova.Nova(
                databases,
                conf=self._options or {'DEFAULT': {'debug': True}},
                paste_filter=environment.FILTER,
                software=environment.WithKeypairExt(),
            )
        )
        self.port = self._nova.port

    def logged(self) -> str:
        text = self._nova.server.daemon.recent_log
        # Nova's own log of requests has their paths as they are.
        return re.sub(
            r' nova\.api\.openstack\.requestlog .*?time: ',
            '',
            text,
            flags=re.DOTALL,
        )

    def directories(self) -> tuple[pathlib.Path, ...]:
        """Return where Nova and the database write all that they write."""
        return self._nova.home, self.mariadb.socket.parent
