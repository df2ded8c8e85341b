# SPDX-License-Identifier: Apache-2.0

"""Who there is in the made-up cloud, for a while and for good."""

from keypair_ext.testbed.cloud import Cloud
from keypair_ext.tests import base


class CloudTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cloud = Cloud()
        self.user = self.cloud.add_user('made', 'secret')['id']
        self.project = self.cloud.add_project('made')['id']
        role = self.cloud.find(self.cloud.roles, 'member')['id']
        self.grant = (self.user, 'project', self.project, role)
        self.cloud.grants.append(self.grant)

    def issue(self) -> str:
        scope = {'project': self.project}
        made = self.cloud.issue(self.user, ('password',), scope, ('member',))
        return made.id

    def test_what_was_made_is_forgotten(self) -> None:
        passwords = dict(self.cloud.passwords)
        token = self.issue()
        self.cloud.reset()
        self.assertIsNone(self.cloud.token(token))
        self.assertNotIn(self.user, self.cloud.users)
        self.assertNotIn(self.project, self.cloud.projects)
        self.assertNotIn(self.grant, self.cloud.grants)
        # The credentials that were handed out stay good.
        del passwords[self.user]
        self.assertEqual(passwords, self.cloud.passwords)

    def test_who_is_removed_takes_all_along(self) -> None:
        for kind, removed in (('user', self.user), ('project', self.project)):
            token = self.issue()
            self.cloud.remove(kind, removed)
            self.assertIsNone(self.cloud.token(token))
            self.assertNotIn(self.grant, self.cloud.grants)
