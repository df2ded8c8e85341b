# SPDX-License-Identifier: Apache-2.0

"""Names are unique, for each user."""

from tempest.lib import decorators

from keypair_ext.tests.tempest import keys
from keypair_ext.tests.tempest.tests import base


class DuplicateTest(base.KeypairTestCase):
    """The same name twice."""

    credentials = ['primary', 'alt']
    min_microversion = '2.2'

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('f4a09c67-f9d8-410b-959e-ce8f6f239690')
    def test_same_user(self) -> None:
        """The second is refused, whatever its key, and the first stays."""
        name, first = self.new_name(), keys.one_ssh()
        self.assert_status(201, self.create(name=name, public_key=first))
        for fields in (
            {'public_key': first},
            {'public_key': keys.one_ssh()},
            {'public_key': keys.certificate(), 'type': 'x509'},
        ):
            answer = self.client.create(self.version, name=name, **fields)
            self.assert_fault((409, 'conflictingRequest'), answer)
        shown = self.client.item('GET', name, self.version)
        self.assertEqual(first, shown.keypair['public_key'])

    @decorators.idempotent_id('99a55442-c255-47ed-b100-3b3b2cdddce0')
    def test_free_again(self) -> None:
        """After a deletion the name can be used again."""
        name = self.new_name()
        for _ in range(2):
            answer = self.client.create(
                self.version, name=name, public_key=keys.one_ssh()
            )
            self.assert_status(201, answer)
            self.assert_status(
                204, self.client.item('DELETE', name, self.version)
            )

    @decorators.idempotent_id('7bae284d-e114-4dd1-91c0-d0337e10f0c9')
    def test_two_users(self) -> None:
        """Two users may have a key pair of the same name."""
        alt = self.client_of(self.os_alt)
        name = self.new_name()
        mine, theirs = keys.one_ssh(), keys.one_ssh()
        self.create(name=name, public_key=mine)
        self.assert_status(201, self.create(alt, name=name, public_key=theirs))
        for client, key in ((self.client, mine), (alt, theirs)):
            shown = client.item('GET', name, self.version)
            self.assertEqual(key, shown.keypair['public_key'])
        alt.item('DELETE', name, self.version)
        self.assert_status(200, self.client.item('GET', name, self.version))


class DuplicateOfGeneratedTest(base.KeypairTestCase):
    """The same name twice, generated."""

    min_microversion = '2.2'
    max_microversion = '2.91'

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('bd06dd98-7d07-484e-b325-132c1d2d5ba0')
    def test_same_user(self) -> None:
        """No private key is shown for a name that is taken."""
        name = self.create().keypair['name']
        answer = self.client.create(self.version, name=name)
        self.assert_fault((409, 'conflictingRequest'), answer)
        self.assertNotIn('PRIVATE', answer.text)
