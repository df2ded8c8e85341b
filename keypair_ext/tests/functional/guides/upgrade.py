# SPDX-License-Identifier: Apache-2.0

"""A release that comes out while a page is followed, and users meanwhile.

From the command that upgrades until the new release serves, somebody imports,
lists and deletes key pairs, and none of that may fail.
"""

import json
import shutil
import threading
import time
from pathlib import Path
from typing import Final

from keystoneauth1 import adapter, exceptions, session
from keystoneauth1.identity import v3

from keypair_ext.tests.functional.guides import machine, page, systemctl
from keypair_ext.tests.functional.servers import process
from keypair_ext.tests.unit.keytypes import vectors

NEWER: Final = '1.0.1'

_AUTHORITIES: Final = '/etc/ssl/certs/ca-certificates.crt'
_USER: Final = 'alice'
_SERVES: Final = f'keypair_ext {NEWER} serves os-keypairs'
# The workers of before may have requests yet.
_SECONDS_AFTER: Final = 2


class Upgrade:
    """Looks at each command of a page, before it is run."""

    def __init__(self, wheels: Path) -> None:
        """Describe the release.

        :param wheels: a directory that pip does not know, with its wheel.
        """
        self._wheels = wheels
        self._users: _Users | None = None
        self._taken_over = False

    def before(self, command: page.Command) -> str:
        """Return what went wrong up to here, '' if nothing did."""
        if 'pip install --upgrade' in command.text:
            for wheel in self._wheels.iterdir():
                shutil.copy(wheel, machine.RELEASED)
            self._users = _Users()
            self._taken_over = False
            return ''
        if self._users is None:
            return ''
        if not self._taken_over:
            self._taken_over = 'systemctl' in command.text
            return ''
        return self.end()

    def end(self) -> str:
        """Let the users go; return what they have lost, '' for nothing."""
        if self._users is None:
            return ''
        process.wait_until(_is_served, f'{NEWER} serves')
        time.sleep(_SECONDS_AFTER)
        problem, self._users = self._users.stop(), None
        return problem


def _is_served() -> bool:
    return _SERVES in systemctl.log('keypair-ext').read_text()


class _Users:
    """Asks for key pairs until it is stopped."""

    def __init__(self) -> None:
        clouds = machine.HOME / '.config' / 'openstack' / 'clouds.yaml'
        cloud = json.loads(clouds.read_text())['clouds'][_USER]
        self._compute = adapter.Adapter(
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
        self._lost: list[str] = []
        self._answered = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def stop(self) -> str:
        """Return what was lost, in a sentence; '' if nothing was."""
        self._done.set()
        self._thread.join()
        if self._lost or not self._answered:
            return f'{self._answered} answered, and lost: {self._lost}'
        return ''

    def _ask(self) -> None:
        number = 0
        while not self._done.wait(0.02):
            number += 1
            name = f'during-{number}'
            key = {'name': name, 'public_key': vectors.ED25519.line}
            try:
                self._compute.post('/os-keypairs', json={'keypair': key})
                self._compute.get('/os-keypairs')
                self._compute.delete(f'/os-keypairs/{name}')
                self._answered += 3
            except exceptions.ClientException as error:
                self._lost.append(str(error))
