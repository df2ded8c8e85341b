# SPDX-License-Identifier: Apache-2.0

"""Limits that were set through Nova decide in ours, too."""

from typing import ClassVar

from keypair_ext.tests.functional.conformance.caller import Caller
from keypair_ext.tests.functional.conformance.servers import Service
from keypair_ext.tests.functional.nova import base
from keypair_ext.tests.functional.servers import nova

_CONFIGURED = 6
_CLASS = 5

_PROJECTS = {
    # name: (project id, its limit, the limit of _USER in it)
    'nothing set': ('a0', None, None),
    'project': ('a1', 3, None),
    'user in project': ('a2', 4, 2),
    'user, above the project': ('a3', 2, 4),
    'user only': ('a4', None, 1),
    'project, none at all': ('a5', 0, None),
    'user, none at all': ('a6', 3, 0),
    'project without limit': ('a7', -1, None),
    'user without limit': ('a8', 3, -1),
    'both without limit': ('a9', -1, -1),
}

_USER = 'quota-user'

# More than any limit here; who gets this far has none.
_MANY = 9


class QuotaTestCase(base.NovaTestCase):
    """Plain Nova, and ours in both mounts, on one database."""

    plain: ClassVar[nova.Nova]
    mounted: ClassVar[nova.Nova]
    service: ClassVar[Service]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.plain = cls.stage.plain(key_pairs=_CONFIGURED)
        cls.mounted = cls.stage.mounted(key_pairs=_CONFIGURED)
        cls.service = cls.stage.useFixture(
            Service(
                cls.stage.databases.api_url,
                {'quota': {'key_pairs': _CONFIGURED}},
            )
        )

    def test_limits_set_through_nova(self) -> None:
        """Count what each lets through, before and after a default class."""
        self._set_limits()
        without_class = self._counted()
        self.assertEqual(_CONFIGURED, without_class['nothing set, other'])
        self.stage.ask_nova(self.plain, ['class limit', 'default', _CLASS])
        with_class = self._counted()
        self.assertEqual(_CLASS, with_class['nothing set, other'])
        self.assertEqual(2, with_class['user in project, user'])
        self.assertEqual(4, with_class['user in project, other'])

    def _set_limits(self) -> None:
        calls: list[list[object]] = []
        for project_id, in_project, of_user in _PROJECTS.values():
            if in_project is not None:
                calls.append(['limit', project_id, in_project])
            if of_user is not None:
                calls.append(['limit', project_id, of_user, _USER])
        self.assertEqual(
            [None] * len(calls), self.stage.ask_nova(self.plain, *calls)
        )

    def _counted(self) -> dict[str, int]:
        """Return how many each may make; the same on all three servers."""
        plain, mounted, service = (
            {
                f'{title}, {who}': self._count(
                    server, Caller(user, project_id)
                )
                for title, (project_id, _, _) in _PROJECTS.items()
                for who, user in (('user', _USER), ('other', 'quota-other'))
            }
            for server in (self.plain, self.mounted, self.service)
        )
        self.assertEqual(plain, mounted)
        self.assertEqual(plain, service)
        return plain

    def _count(self, server: base.Server, caller: Caller) -> int:
        """Make key pairs until that is forbidden, and remove them."""
        made = []
        for number in range(_MANY):
            name = f'k{number}'
            answer = self.send(
                server, caller.create('', name=name, public_key=base.KEY)
            )
            if answer.status != 200:
                self.assertEqual(403, answer.status, str(answer.body))
                break
            made.append(name)
        for name in made:
            deleted = self.send(server, caller.delete('', name))
            self.assertEqual(202, deleted.status)
        return len(made)
