# SPDX-License-Identifier: Apache-2.0

"""Which names a key pair may have: since 2.92 also with @ and a dot."""

from tempest.lib import decorators

from keypair_ext.tests.tempest import keys
from keypair_ext.tests.tempest.tests import base

_SINCE_2_92 = ('amelia@laptop', 'amelia.laptop', '@.@')


class NameTest(base.KeypairTestCase):
    """Names at 2.92."""

    min_microversion = '2.92'

    @decorators.idempotent_id('4536c11b-7440-43f5-b4a1-ab8add4a97d7')
    def test_at_and_dot(self) -> None:
        """A name with @ or a dot is stored, shown, listed and deleted."""
        for part in _SINCE_2_92:
            name = f'{self.new_name()}{part}'
            answer = self.create(name=name, public_key=keys.one_ssh())
            self.assert_status(201, answer)
            shown = self.client.item('GET', name, self.version)
            self.assertEqual(name, shown.keypair['name'])
            listed = self.client.call('GET', version=self.version)
            self.assertIn(name, listed.names)
            self.assert_status(
                204, self.client.item('DELETE', name, self.version)
            )

    @decorators.idempotent_id('0bb0c1b8-da4c-4d23-a3cd-4d005fcae796')
    def test_older_versions_know_newer_names(self) -> None:
        """What was made at 2.92 can be shown at 2.1."""
        name = f'{self.new_name()}@laptop.example.org'
        self.create(name=name, public_key=keys.one_ssh())
        shown = self.client.item('GET', name, '2.1')
        self.assertEqual(name, shown.keypair['name'])

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('c66a841b-fa9b-4c14-9e0c-e5187d5f03c4')
    def test_refused(self) -> None:
        """Other characters, blanks at the ends and no name are refused."""
        for name in ('a/b', 'a:b', ' a', 'a ', '', 'caf\xe9', 'a' * 256, 7):
            answer = self.create(name=name, public_key=keys.one_ssh())
            self.assert_fault((400, 'badRequest'), answer)


class NameBefore292Test(base.KeypairTestCase):
    """Names at 2.91."""

    min_microversion = '2.91'
    max_microversion = '2.91'

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('3410f281-f9c4-4e67-be0b-903dcecaf7f0')
    def test_at_and_dot_are_refused(self) -> None:
        """A name with @ or a dot is refused."""
        for part in _SINCE_2_92:
            name = f'{self.new_name()}{part}'
            answer = self.create(name=name, public_key=keys.one_ssh())
            self.assert_fault((400, 'badRequest'), answer)

    @decorators.idempotent_id('cb749973-c85c-4ef1-9ede-113e0fba9699')
    def test_blanks_inside(self) -> None:
        """Blanks, dashes and underscores are allowed."""
        name = f'{self.new_name()} my-old_key'
        answer = self.create(name=name, public_key=keys.one_ssh())
        self.assert_status(201, answer)
        shown = self.client.item('GET', name, self.version)
        self.assertEqual(name, shown.keypair['name'])
