# SPDX-License-Identifier: Apache-2.0

"""A release that comes out while a page is followed, and users meanwhile.

From the command that installs another release until that one serves, users
import, list and delete key pairs. None of that may fail, and in the end there
is what they were told.
"""

import json
import re
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from keystoneauth1 import adapter, exceptions, session
from keystoneauth1.identity import v3

from keypair_ext.tests.functional.guides import (
    machine,
    page,
    shell,
    systemctl,
)
from keypair_ext.tests.functional.load import client, ledger, users
from keypair_ext.tests.functional.load.ledger import State
from keypair_ext.tests.functional.servers import process

NEWER: Final = '1.0.1'

_AUTHORITIES: Final = '/etc/ssl/certs/ca-certificates.crt'
_USER: Final = 'alice'
_USERS: Final = 'abcd'
_PAUSE: Final = 0.02
# How many key pairs one has when it begins to delete as many as it imports.
_PLENTY: Final = 5
_INSTALLS: Final = re.compile(r'pip install (--upgrade|\S+==([\d.]+))')
_SERVES: Final = re.compile(r'keypair_ext (\S+) serves os-keypairs')
# The workers of before may have requests yet.
_SECONDS_AFTER: Final = 2


def installed(command: str) -> str:
    """Return the release that a command changes to, '' if it does not."""
    found = _INSTALLS.search(command)
    return (found[2] or NEWER) if found else ''


class Upgrade:
    """Looks at each command of a page, before it is run."""

    def __init__(self, wheels: Path, elsewhere: str = '') -> None:
        """Describe the release.

        :param wheels: a directory that pip does not know, with its wheel.
        :param elsewhere: the address at which another server has the same
            key pairs, if one does.
        """
        self._wheels = wheels
        self._elsewhere = elsewhere
        self._users: Meanwhile | None = None
        self._awaited = ''
        self._taken_over = False

    def before(self, command: page.Command) -> str:
        """Return what went wrong up to here, '' if nothing did."""
        if release := installed(command.text):
            problem = self.end()
            for wheel in self._wheels.iterdir():
                shutil.copy(wheel, machine.RELEASED)
            self._awaited, self._taken_over = release, False
            # In 2.1 a name has no dot.
            number = release.replace('.', '-')
            self._users = Meanwhile(
                [f'during-{letter}-{number}' for letter in _USERS],
                _compute,
                self._elsewhere,
            )
            self._users.setUp()
            return problem
        if not self._taken_over:
            self._taken_over = 'systemctl' in command.text
            return ''
        return self.end()

    def end(self) -> str:
        """Let the users go; return what was wrong for them, '' for nothing."""
        if not self._users:
            return ''
        process.wait_until(self._is_served, f'{self._awaited} serves')
        time.sleep(_SECONDS_AFTER)
        known = self._users.end()
        self._users = None
        shell.say(
            f'(meanwhile {len(_USERS)} users had {known.acknowledged} writes '
            f'acknowledged, and waited at most {known.longest:.1f} s; '
            f'{len(known.faults)} things were wrong)'
        )
        return '; '.join(str(fault) for fault in known.faults[:9])

    def _is_served(self) -> bool:
        log = systemctl.log('keypair-ext').read_text()
        return _SERVES.findall(log)[-1:] == [self._awaited]


class Client(client.Client):
    """Asks as one who has logged in, whatever the id of its user.

    :param elsewhere: the address of another server.
    """

    def __init__(self, compute: adapter.Adapter, elsewhere: str = '') -> None:
        self._compute = compute
        self._endpoint = {'endpoint_override': elsewhere} if elsewhere else {}

    def ask(
        self, method: str, path: str, document: object = None
    ) -> client.Answer:
        try:
            answer = self._compute.request(
                path, method, json=document, raise_exc=False, **self._endpoint
            )
        except exceptions.ClientException as error:
            return client.no_answer(error)
        return client.told(answer)


class Meanwhile(users.Load):
    """Users who import, list and delete; none of that may fail.

    :param names: of the users.
    :param connect: logs in.
    """

    def __init__(
        self,
        names: Sequence[str],
        connect: Callable[[], adapter.Adapter],
        elsewhere: str = '',
    ) -> None:
        def connected() -> Callable[[str], Client]:
            asking = Client(connect())
            return lambda user_id: asking

        self.users = [
            users.User(name, connected(), plenty=_PLENTY) for name in names
        ]
        self._elsewhere = Client(connect(), elsewhere)
        super().__init__(self.users, _PAUSE)

    def end(self) -> ledger.Ledger:
        """Compare once more, leave nothing, and return what they know."""
        self.stop()
        for user in self.users:
            user.list(user.name)
            user.list(user.name, self._elsewhere)
            for name in user.ledger.names(user.name, State.PRESENT):
                user.delete(user.name, name)
            user.list(user.name)
        known = ledger.compare([user.ledger for user in self.users], {})
        for what, count in (
            ('refused', known.refused),
            ('no answer', known.unanswered),
            ('a user without a write', [u.done for u in self.users].count(0)),
        ):
            if count:
                known.fault(ledger.UNEXPECTED, f'{what}: {count}')
        return known


def _compute() -> adapter.Adapter:
    """Return a client that knows whom the page's user is."""
    clouds = machine.HOME / '.config' / 'openstack' / 'clouds.yaml'
    cloud = json.loads(clouds.read_text())['clouds'][_USER]
    return adapter.Adapter(
        session.Session(
            v3.Password(
                auth_url=cloud['auth']['auth_url'],
                username=cloud['auth']['username'],
                password=cloud['auth']['password'],
                user_domain_name='Default',
                project_name=cloud['auth']['project_name'],
                project_domain_name='Default',
            ),
            verify=_AUTHORITIES,
        ),
        service_type='compute',
    )
