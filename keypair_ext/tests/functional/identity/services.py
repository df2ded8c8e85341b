# SPDX-License-Identifier: Apache-2.0

"""The two that are asked: a real Keystone, and the test bed's Identity."""

import dataclasses
import datetime
import time
from typing import Final

import fixtures

from keypair_ext import testbed
from keypair_ext.testbed import cloud
from keypair_ext.tests.functional.servers import keystone

# Long enough for a loaded machine to use a credential that ends then.
_SOON: Final = datetime.timedelta(seconds=90)
_PAST: Final = '2020-01-01T00:00:00.000000Z'


class RealKeystone(fixtures.Fixture):
    """A Keystone with the test bed's people, and a Compute to be found."""

    def _setUp(self) -> None:
        real = self.useFixture(keystone.Keystone())
        self.url = real.url.removesuffix('/v3')
        passwords = {'admin': 'secret'}
        users = {'admin': real.request('GET', '/users')['users'][0]['id']}
        for name in cloud.USERS.keys() - users.keys():
            users[name] = real.create_user(name, f'{name}-secret')
            passwords[name] = f'{name}-secret'
        projects = {name: real.create_project(name) for name in cloud.PROJECTS}
        for name, roles in cloud.USERS.items():
            for project, role in roles.items():
                real.grant(users[name], projects[project], role)
        role = real.request('GET', '/roles?name=admin')['roles'][0]['id']
        real.request(
            'PUT', f'/domains/default/users/{users["admin"]}/roles/{role}'
        )
        real.register_compute(f'{self.url}/compute')
        self.ends = datetime.datetime.now(datetime.UTC) + _SOON
        self.facts = {
            'soon': self.ends.replace(tzinfo=None).isoformat(),
            **{f'{name}_password': word for name, word in passwords.items()},
        }

    def expire(self, token: str) -> None:
        """Wait until the one token with an end has ended."""
        left = self.ends - datetime.datetime.now(datetime.UTC)
        time.sleep(max(left.total_seconds(), 0) + 1)


class Imitation(fixtures.Fixture):
    """The test bed."""

    def _setUp(self) -> None:
        self._bed = testbed.Testbed()
        self._bed.start()
        self.addCleanup(self._bed.stop)
        self.url = self._bed.auth_url.removesuffix('/v3')
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
        self.facts = {
            'soon': end.replace(tzinfo=None).isoformat(),
            **{
                f'{name}_password': self._bed.credentials(name)['password']
                for name in cloud.USERS
            },
        }

    def expire(self, token: str) -> None:
        """End a token, and the credential that it was issued for."""
        people = self._bed._cloud
        ended = dataclasses.replace(people.tokens[token], expires_at=_PAST)
        assert ended.credential is not None
        ended.credential['expires_at'] = _PAST
        people.tokens[token] = ended
