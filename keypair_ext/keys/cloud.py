# SPDX-License-Identifier: Apache-2.0

"""What other services know: Identity of users, Compute of servers.

A service that cannot be asked, or refuses, is an error; nothing is concluded
from it. Least of all that a user has gone.
"""

import contextlib
import enum
import itertools
import re
from collections.abc import Iterable, Iterator
from concurrent import futures
from typing import Any, NamedTuple
from urllib import parse as urlparse

from keystoneauth1 import (
    adapter,
    discover,
    exceptions as auth_exceptions,
    loading,
    session as auth_session,
)
from oslo_config import cfg

from keypair_ext import exception

_GROUP = 'keystone_authtoken'

# So many questions are under way at once, and so many users are looked at
# before the next ones are read.
_AT_ONCE = 8
_READ_AHEAD = 1000

_PAGE = 500

# What no database takes for more than itself, or almost.
_PLAIN = re.compile(r'[A-Za-z0-9 _.@-]+')


class User(enum.Enum):
    """What the Identity service says of a user."""

    KNOWN = 'known'
    DISABLED = 'disabled'
    UNKNOWN = 'unknown'


class Server(NamedTuple):
    """A server, as far as it matters whose key is in it."""

    id: str
    name: str
    project_id: str
    user_id: str
    key_name: str
    status: str


# What Nova calls the fields of a Server.
_OF_A_SERVER = ('id', 'name', 'tenant_id', 'user_id', 'key_name', 'status')


class Cloud:
    """Asks Identity and Compute.

    :param session: is authenticated as somebody who may ask for any user
        and the servers of all projects.
    :raises ServiceUnavailable: from each method: it cannot be asked, or it
        refuses.
    """

    def __init__(self, session: auth_session.Session) -> None:
        self._session = session
        self._identity = adapter.Adapter(
            session,
            service_type='identity',
            interface=['internal', 'public'],
            min_version='3',
            max_version='3.latest',
        )
        self._compute = adapter.Adapter(
            session, service_type='compute', interface=['internal', 'public']
        )

    def users(
        self, counted: Iterable[tuple[str, int]]
    ) -> Iterator[tuple[str, int, User]]:
        """Yield each user with the number beside it and what is known.

        :param counted: users and how many keys they have.
        """
        self._check_that_it_knows()
        with futures.ThreadPoolExecutor(_AT_ONCE) as pool:
            users = iter(counted)
            while batch := list(itertools.islice(users, _READ_AHEAD)):
                ids = [user_id for user_id, _ in batch]
                for (user_id, number), state in zip(
                    batch, pool.map(self._state, ids), strict=True
                ):
                    yield user_id, number, state

    def servers(
        self, user_id: str | None, key_name: str | None
    ) -> Iterator[Server]:
        """Yield the servers that were built with keys of a user."""
        query = {'all_tenants': '1', 'limit': str(_PAGE)}
        if user_id is not None:
            query['user_id'] = user_id
        if key_name is not None and _PLAIN.fullmatch(key_name):
            query['key_name'] = key_name
        while True:
            url = f'/servers/detail?{urlparse.urlencode(query)}'
            found = self._get(self._compute, url, 'Compute', 'servers')
            if found is None:
                raise _unavailable('Compute', 'it knows no servers')
            page = found['servers']
            for server in page:
                # Nova takes the name for a regular expression.
                if key_name in (None, server['key_name']) and (
                    user_id in (None, server['user_id']) and server['key_name']
                ):
                    yield Server(*(server[name] for name in _OF_A_SERVER))
            if not any(
                link['rel'] == 'next'
                for link in found.get('servers_links', ())
            ):
                return
            query['marker'] = page[-1]['id']

    def _check_that_it_knows(self) -> None:
        """Return if the Identity service knows who is asking.

        A wrong address could answer 404 to everything.
        """
        with _told('Identity'):
            own = self._session.get_user_id()
        if own is None or self._state(own) is User.UNKNOWN:
            raise _unavailable('Identity', 'it does not know who is asking')

    def _state(self, user_id: str) -> User:
        path = f'/users/{urlparse.quote(user_id, safe="")}'
        found = self._get(self._identity, path, 'Identity', 'user')
        if found is None:
            return User.UNKNOWN
        enabled = found['user'].get('enabled', True)
        return User.KNOWN if enabled else User.DISABLED

    def _get(
        self, service: adapter.Adapter, path: str, name: str, key: str
    ) -> dict[str, Any] | None:
        """Return a document, None where the service says there is none.

        :param key: what the document must have.
        """
        with _told(name):
            response = service.get(path, raise_exc=False)
            document = response.json()
        if response.status_code == 200:
            if isinstance(document, dict) and key in document:
                return document
            raise _unavailable(name, f'its answer has no {key}')
        said = document.get('error') if isinstance(document, dict) else None
        if response.status_code == 404 and said and said.get('code') == 404:
            return None
        raise _unavailable(name, f'it answers {response.status_code}')


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what asking raises into an error with a sentence."""
    try:
        yield
    except (auth_exceptions.ClientException, ValueError) as error:
        raise _unavailable(name, ' '.join(str(error).split())) from error


def newest_version(url: str) -> str:
    """Return the newest microversion of the Compute service at a URL.

    :param url: of its root or of ``/v2.1``, where no token is needed.
    :raises ServiceUnavailable: it cannot be asked, or is something else.
    """
    with _told('Compute'):
        documents = discover.get_version_data(
            auth_session.Session(), url, authenticated=False
        )
    for document in documents:
        if document.get('id') == 'v2.1':
            return str(document.get('version') or '2.1')
    raise _unavailable('Compute', f'{url} has no versions of Compute')


def _unavailable(name: str, reason: str) -> exception.ServiceUnavailable:
    return exception.ServiceUnavailable(
        reason=f'the {name} service cannot be asked: {reason}. Nothing was '
        f'concluded from it.'
    )


def connect(conf: cfg.ConfigOpts, cloud: str | None) -> Cloud:
    """Return a way to the other services.

    :param conf: where ``[keystone_authtoken]`` has the credentials.
    :param cloud: a cloud of ``clouds.yaml`` to be used instead.
    :raises ConfigurationError: there are no credentials.
    """
    if cloud is not None:
        return Cloud(_session_of_cloud(cloud))
    loading.register_auth_conf_options(conf, _GROUP)
    loading.register_session_conf_options(conf, _GROUP)
    try:
        auth = loading.load_auth_from_conf_options(conf, _GROUP)
        session = loading.load_session_from_conf_options(
            conf, _GROUP, auth=auth
        )
    except (auth_exceptions.ClientException, cfg.Error) as error:
        raise exception.ConfigurationError(
            reason=f'[{_GROUP}]: {error}'
        ) from error
    if auth is None:
        raise exception.ConfigurationError(
            reason=f'There are no credentials to ask other services with: '
            f'set auth_type and its options in [{_GROUP}], or name a cloud '
            f'of clouds.yaml with --os-cloud.'
        )
    return Cloud(session)


def _session_of_cloud(cloud: str) -> auth_session.Session:
    try:
        from openstack import config, exceptions
    except ImportError as error:
        raise exception.ConfigurationError(
            reason='--os-cloud needs openstacksdk: pip install openstacksdk'
        ) from error
    try:
        region = config.OpenStackConfig().get_one(cloud)
        return region.get_session()
    except exceptions.SDKException as error:
        raise exception.ConfigurationError(
            reason=f'The cloud {cloud} cannot be used: {error}'
        ) from error
