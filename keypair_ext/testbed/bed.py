# SPDX-License-Identifier: Apache-2.0

"""The test bed: os-keypairs and an imitation of Identity, in this process."""

import contextlib
import dataclasses
import json
import os
import pathlib
import threading
import time
import warnings
from concurrent import futures
from typing import TYPE_CHECKING, Any, Final

from keypair_ext import environ, exception
from keypair_ext.testbed import (
    faults,
    home,
    identity,
    neighbours,
    records,
    refusals,
)
from keypair_ext.testbed.cloud import REGION, USERS, Cloud
from keypair_ext.testbed.server import (
    Answer,
    Request,
    Server,
    document,
)

if TYPE_CHECKING:
    from keypair_ext.testbed import service

# The newest version of Compute's API that each release has.
RELEASES: Final = {
    '2025.1': '2.100',
    '2025.2': '2.100',
    '2026.1': '2.103',
    '2026.2': '2.104',
}


class Testbed:
    """A Compute service for key pairs, and the Identity service before it.

    Not for production. It serves from :meth:`start` to :meth:`stop`, or in a
    ``with`` statement, and keeps nothing. Several may run in one process.

    :param port: 0 for any that is free.
    :param profile: a vendor's, by the name that ``keypair-ext-manage profile
        list`` has for it, or the path of a ``.toml`` file.
    :param nova: an OpenStack release whose newest API version is ours:
        ``2025.1`` to ``2026.2``.
    :param seed: for ids, passwords, keys and times that repeat.
    :param host: the address to listen on.
    :param directory: where its files are kept; None for one that is removed.
    :raises ConfigurationError: on start, in one sentence.
    """

    # Its name begins as those do that pytest looks for.
    __test__ = False

    def __init__(
        self,
        port: int = 0,
        profile: str = 'nova',
        nova: str | None = None,
        seed: int | None = None,
        host: str = '127.0.0.1',
        directory: str | os.PathLike[str] | None = None,
    ) -> None:
        if nova is not None and nova not in RELEASES:
            raise exception.ConfigurationError(
                reason=f'There is no release {nova} here: choose one of '
                f'{", ".join(RELEASES)}.'
            )
        self._port = port
        path = pathlib.Path(profile)
        self._profile = path.absolute().as_uri() if path.suffix else profile
        self._max_version = RELEASES[nova] if nova else None
        self._seed = seed
        self._host = host
        self._wanted_directory = directory
        self._lock = threading.Lock()
        self._started = contextlib.ExitStack()
        self._faults = faults.Faults()
        self._records: list[records.Record] = []

    def __enter__(self) -> 'Testbed':
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen and serve; clients may ask on return."""
        with contextlib.ExitStack() as started:
            # First of all, so that a start in vain changes nothing.
            self._server = Server(self._host, self._port)
            started.callback(self._server.server_close)
            # Where auth_token asks: a client's way may have been told to
            # fail, is written down, and ends while requests are under way.
            self._inner = Server('127.0.0.1', 0)
            started.callback(self._inner.server_close)
            self._directory = started.enter_context(
                home.directory(self._wanted_directory)
            )
            self._cloud = Cloud(self._seed)
            home.write_client_files(self._directory, self.clouds(), self._host)
            self._service: futures.Future[service.Service] = futures.Future()
            for server, respond in (
                (self._inner, self._identity),
                (self._server, self._respond),
            ):
                server.start(respond)
                started.callback(server.stop)
            # Whoever waits for it is not to wait any more.
            started.callback(self._service.cancel)
            made = self._make_service()
            started.callback(made.close)
            self._service.set_result(made)
            self._started = started.pop_all()

    def stop(self) -> None:
        """Answer what is under way, and end."""
        self._started.close()

    # What clients need to know.

    @property
    def url(self) -> str:
        """The URL of the server, without a slash at its end."""
        host = f'[{self._host}]' if ':' in self._host else self._host
        # A wildcard is no address to connect to; nothing is bound here.
        host = {'0.0.0.0': '127.0.0.1', '[::]': '[::1]'}.get(host, host)  # noqa: S104 # nosec B104
        return f'http://{host}:{self._server.port}'

    @property
    def auth_url(self) -> str:
        """The URL of Identity, ``OS_AUTH_URL``."""
        return f'{self.url}/identity/v3'

    @property
    def compute_url(self) -> str:
        """The URL of Compute, with its version."""
        return f'{self.url}/compute/v2.1'

    @property
    def host(self) -> str:
        """The address that it listens on."""
        return self._host

    @property
    def directory(self) -> pathlib.Path:
        """Where its files are."""
        return self._directory

    def credentials(self, user: str = 'member') -> dict[str, Any]:
        """Return how to log in, for keystoneauth's ``v3.Password``.

        ``openstack.connect`` takes the same keyword arguments.

        :param user: ``admin``, ``member``, ``member2`` or ``reader``.
        """
        found = self._cloud.find(self._cloud.users, user)
        return {
            'auth_url': self.auth_url,
            'username': user,
            'password': self._cloud.passwords[found['id']],
            'project_name': next(iter(USERS[user])),
            'user_domain_name': 'Default',
            'project_domain_name': 'Default',
        }

    def environ(self, user: str = 'member') -> dict[str, str]:
        """Return the variables by which clients log in, as ``OS_USERNAME``."""
        return {
            'OS_AUTH_TYPE': 'password',
            'OS_IDENTITY_API_VERSION': '3',
            'OS_REGION_NAME': REGION,
            **{
                f'OS_{name.upper()}': value
                for name, value in self.credentials(user).items()
            },
        }

    def clouds(self) -> dict[str, Any]:
        """Return the document of ``clouds.yaml``, a cloud for each user."""
        return {
            'clouds': {
                user: {
                    'auth': self.credentials(user),
                    'region_name': REGION,
                    'identity_api_version': '3',
                }
                for user in USERS
            }
        }

    # What tests of clients ask for.

    def fail(self, status: int | None = None, **how: Any) -> faults.Fault:
        """Have requests go wrong; see :class:`~.faults.Fault` for how.

        :raises ConfigurationError: there is no such fault.
        """
        return self._fail({'status': status, **how})

    def _fail(self, how: object) -> faults.Fault:
        fault = faults.from_document(how)
        self._faults.add(fault)
        return fault

    @property
    def requests(self) -> list[records.Record]:
        """The requests that were answered, in their order."""
        return list(self._records)

    def reset(self) -> None:
        """Be as in the beginning: no keys, tokens, faults and requests."""
        with self._lock:
            self._faults.clear()
            self._records.clear()
            self._cloud.reset()
            self._service.result().clear()

    # How it is made.

    def _make_service(self) -> 'service.Service':
        # All else needs no tenth of the time that these take, and answers.
        with warnings.catch_warnings():
            # What libraries are told is no mistake of the client whose tests
            # take warnings for errors.
            warnings.simplefilter('ignore')
            from keypair_ext.testbed import service

        api: dict[str, object] = {'auth_strategy': 'keystone'}
        if self._max_version:
            api['max_version'] = self._max_version
        authtoken = {
            'auth_type': 'admin_token',
            'endpoint': f'http://127.0.0.1:{self._inner.port}/identity/v3',
            'token': self._cloud.service_token,
            'www_authenticate_uri': self.auth_url,
            # A token that was revoked is bad at once: in this cache, of
            # which auth_token does not warn, it is over when it comes.
            'cache': environ.TOKEN_CACHE,
            'token_cache_time': -1,
        }
        configuration, paste = home.write_service_files(
            self._directory,
            {'api': api, 'keystone_authtoken': authtoken},
            self._profile,
        )
        return service.Service(configuration, paste, self._seed)

    # How it answers.

    def _respond(self, request: Request) -> Answer | None:
        service = request.target.partition('?')[0].split('/')[1:2]
        if service == ['testbed']:
            return self._administer(request)
        if service == ['']:
            return document(200, self._links(request))
        answer = self._answer_or_fail(request, ''.join(service))
        self._records.append(
            records.record(request, answer.status if answer else None)
        )
        return answer

    def _answer_or_fail(self, request: Request, service: str) -> Answer | None:
        fault = self._faults.meet(request, service)
        if fault is None:
            return self._answer(request, service)
        time.sleep(fault.delay)
        if fault.cut:
            return None
        answer = fault.answer(service, f'{self._base(request)}/identity/v3')
        answer = answer or self._answer(request, service)
        return dataclasses.replace(answer, is_whole=not fault.truncate)

    def _answer(self, request: Request, service: str) -> Answer:
        path = request.path.removeprefix(f'/{service}')
        base = self._base(request)
        if service == 'identity':
            return self._identity(request)
        if service in neighbours.SERVICES:
            return neighbours.answer(service, path, base)
        if service != 'compute':
            return refusals.error(404, f'There is nothing here: see {base}/.')
        address = self._host, self._server.port
        return neighbours.flavors(
            request, path, base
        ) or self._service.result().answer(request, '/compute', address)

    def _identity(self, request: Request) -> Answer:
        with self._lock:
            return identity.answer(self._cloud, request, self._base(request))

    def _base(self, request: Request) -> str:
        """Return the server's URL as the client knows it."""
        host = request.headers.get('Host')
        return f'http://{host}' if host else self.url

    def _links(self, request: Request) -> dict[str, str]:
        base = self._base(request)
        return {
            'what': 'The test bed of keypair_ext, not for production.',
            'identity': f'{base}/identity/v3',
            'compute': f'{base}/compute/v2.1',
            'image': f'{base}/image',
            'network': f'{base}/network',
            'volume': f'{base}/volume',
            'testbed': f'{base}/testbed/requests',
        }

    def _administer(self, request: Request) -> Answer:
        """Answer what is asked about faults and requests."""
        match request.method, request.path.rstrip('/'):
            case 'GET', '/testbed/faults':
                found = [vars(fault) for fault in self._faults.all()]
                return document(200, {'faults': found})
            case 'POST', '/testbed/faults':
                try:
                    fault = self._fail(json.loads(request.body))
                except ValueError:
                    return refusals.error(400, 'The body is not JSON.')
                except exception.ConfigurationError as error:
                    return refusals.error(400, str(error))
                return document(201, {'fault': vars(fault)})
            case 'DELETE', '/testbed/faults':
                self._faults.clear()
                return Answer(204)
            case 'GET', '/testbed/requests':
                seen = [record.document() for record in self.requests]
                return document(200, {'requests': seen})
            case 'POST', '/testbed/reset':
                self.reset()
                return Answer(204)
        return refusals.error(404, 'Ask for faults, requests or reset.')
