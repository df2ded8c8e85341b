# SPDX-License-Identifier: Apache-2.0

"""A release that comes out while a page is followed, and users meanwhile.

From the command that installs another release until that one serves, users
import, list and delete key pairs. None of that may fail, and in the end there
is what they were told.
"""

import json
import re
import shutil
import threading
import time
from pathlib import Path
from typing import Any, Final

from keystoneauth1 import adapter, exceptions, session
from keystoneauth1.identity import v3

from keypair_ext.tests.functional.faults.load import Ledger
from keypair_ext.tests.functional.guides import (
    machine,
    page,
    shell,
    systemctl,
)
from keypair_ext.tests.functional.servers import process
from keypair_ext.tests.unit.keytypes import vectors

NEWER: Final = '1.0.1'

_AUTHORITIES: Final = '/etc/ssl/certs/ca-certificates.crt'
_USER: Final = 'alice'
_USERS: Final = 'abcd'
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
        self._users: list[User] = []
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
            self._users = [
                User(f'{letter}-{number}', _compute(), self._elsewhere)
                for letter in _USERS
            ]
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
        ledgers = [user.end() for user in self._users]
        self._users = []
        wrong = [words for ledger in ledgers for words in ledger.wrong]
        written = [ledger.acknowledged for ledger in ledgers]
        longest = max(ledger.longest for ledger in ledgers)
        shell.say(
            f'(meanwhile {len(ledgers)} users had {sum(written)} writes '
            f'acknowledged, and waited at most {longest:.1f} s; '
            f'{len(wrong)} things were wrong)'
        )
        if wrong or not all(written):
            return f'writes acknowledged: {written}; wrong: {wrong[:9]}'
        return ''

    def _is_served(self) -> bool:
        log = systemctl.log('keypair-ext').read_text()
        return _SERVES.findall(log)[-1:] == [self._awaited]


class User:
    """Asks for key pairs until it is stopped.

    :param name: with which the names of its key pairs begin.
    :param elsewhere: as of the upgrade.
    """

    def __init__(
        self, name: str, compute: adapter.Adapter, elsewhere: str = ''
    ) -> None:
        self._name = f'during-{name}-'
        self._compute = compute
        self._elsewhere = elsewhere
        self._ledger = Ledger()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def end(self) -> Ledger:
        """Compare once more, leave nothing, and return what it knows."""
        self._done.set()
        self._thread.join()
        self._try(self._compare)
        if self._elsewhere:
            self._try(self._compare, endpoint_override=self._elsewhere)
        for name in sorted(self._ledger.stored):
            self._try(self._delete, name)
        self._try(self._compare)
        return self._ledger

    def _work(self) -> None:
        number = 0
        while not self._done.wait(0.02):
            number += 1
            self._try(self._import, f'{self._name}{number}')
            self._try(self._compare)
            if len(self._ledger.stored) > _PLENTY:
                self._try(self._delete, min(self._ledger.stored))

    def _try(self, act: Any, *arguments: str, **options: str) -> None:
        began = time.monotonic()
        try:
            act(*arguments, **options)
        except exceptions.ClientException as error:
            self._ledger.wrong.append(f'{act.__name__}{arguments}: {error}')
        took = time.monotonic() - began
        self._ledger.longest = max(self._ledger.longest, took)

    def _import(self, name: str) -> None:
        key = {'name': name, 'public_key': vectors.ED25519.line}
        self._compute.post('/os-keypairs', json={'keypair': key})
        self._ledger.stored.add(name)
        self._ledger.acknowledged += 1

    def _delete(self, name: str) -> None:
        self._compute.delete(f'/os-keypairs/{name}')
        self._ledger.stored.remove(name)
        self._ledger.acknowledged += 1

    def _compare(self, **options: str) -> None:
        rows = self._compute.get('/os-keypairs', **options).json()['keypairs']
        names = [row['keypair']['name'] for row in rows]
        self._ledger.check(
            [name for name in names if name.startswith(self._name)]
        )


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
