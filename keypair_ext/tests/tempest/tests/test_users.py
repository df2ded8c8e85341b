# SPDX-License-Identifier: Apache-2.0

"""Whose key pairs one may see and change."""

from tempest.lib import decorators

from keypair_ext.tests.tempest import keys
from keypair_ext.tests.tempest.services import keypairs_client
from keypair_ext.tests.tempest.tests import base


class OtherUsersTest(base.KeypairTestCase):
    """An ordinary user and somebody else's, since 2.10."""

    credentials = ['primary', 'alt']
    min_microversion = '2.10'
    alt: keypairs_client.KeypairsClient

    @classmethod
    def setup_clients(cls) -> None:
        super().setup_clients()
        cls.alt = cls.client_of(cls.os_alt)

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('0b7824b8-f243-4f6f-9f37-279f40c23a76')
    def test_by_name(self) -> None:
        """Without a user's id one looks among one's own."""
        (name,) = self.create_some(1)
        for method in ('GET', 'DELETE'):
            answer = self.alt.item(method, name, self.version)
            self.assert_fault((404, 'itemNotFound'), answer)
        self.assertNotIn(
            name, self.alt.call('GET', version=self.version).names
        )

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('8aea58ec-1e63-4fff-8c3c-20dbb762f7c5')
    def test_by_user_id(self) -> None:
        """Somebody else's are forbidden, whether there are any or not."""
        (name,) = self.create_some(1)
        theirs = {
            'version': self.version,
            'user_id': self.client.user_id,
        }
        for answer in (
            self.alt.call('GET', **theirs),
            self.alt.item('GET', name, **theirs),
            self.alt.item('GET', self.new_name(), **theirs),
            self.alt.item('DELETE', name, **theirs),
            self.alt.create(
                name=self.new_name(), public_key=keys.one_ssh(), **theirs
            ),
        ):
            self.assert_fault((403, 'forbidden'), answer)
        self.assert_status(200, self.client.item('GET', name, self.version))

    @decorators.idempotent_id('bac4d334-6c3d-4b5c-9473-a8b633ccf42c')
    def test_own_user_id(self) -> None:
        """One may give one's own id."""
        own = self.client.user_id
        answer = self.create(public_key=keys.one_ssh(), user_id=own)
        self.assert_status(201, answer)
        listed = self.client.call('GET', version=self.version, user_id=own)
        self.assertIn(answer.keypair['name'], listed.names)


class AdminTest(base.KeypairTestCase):
    """An administrator and an ordinary user's, since 2.10."""

    credentials = ['primary', 'admin']
    min_microversion = '2.10'

    @decorators.idempotent_id('0782d620-d7a7-4aa0-a366-556f25217622')
    def test_for_another_user(self) -> None:
        """Made, listed, shown and deleted for the user."""
        admin = self.client_of(self.os_admin)
        user_id, name = self.client.user_id, self.new_name()
        theirs = {'version': self.version, 'user_id': user_id}
        made = self.create(
            admin, name=name, public_key=keys.one_ssh(), **theirs
        )
        self.assertEqual(user_id, made.keypair['user_id'])
        self.assertIn(name, admin.call('GET', **theirs).names)
        self.assertNotIn(name, admin.call('GET', version=self.version).names)
        shown = admin.item('GET', name, **theirs)
        self.assertEqual(user_id, shown.keypair['user_id'])
        own = self.client.item('GET', name, self.version)
        self.assertEqual(own.keypair, shown.keypair)
        self.assert_status(204, admin.item('DELETE', name, **theirs))
        self.assert_status(404, self.client.item('GET', name, self.version))


class BeforeUserIdTest(base.KeypairTestCase):
    """Everybody for themselves, until 2.9."""

    credentials = ['primary', 'admin']
    min_microversion = '2.2'
    max_microversion = '2.9'

    @decorators.idempotent_id('7fc4fcf1-004d-4f50-9913-108ee32fb9d6')
    def test_query(self) -> None:
        """A user's id in the query is ignored."""
        (name,) = self.create_some(1)
        admin = self.client_of(self.os_admin)
        listed = admin.call(
            'GET', version=self.version, user_id=self.client.user_id
        )
        self.assert_status(200, listed)
        self.assertNotIn(name, listed.names)

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('ea4178de-bc9f-46c1-b6aa-63bf9e6e6125')
    def test_body(self) -> None:
        """A user's id in the body is refused."""
        admin = self.client_of(self.os_admin)
        answer = self.create(
            admin, public_key=keys.one_ssh(), user_id=self.client.user_id
        )
        self.assert_fault((400, 'badRequest'), answer)


class ReaderTest(base.KeypairTestCase):
    """A user with the role reader and no other."""

    credentials = ['primary', ['keypair_reader', 'reader']]
    min_microversion = '2.10'
    reader: keypairs_client.KeypairsClient

    @classmethod
    def setup_clients(cls) -> None:
        super().setup_clients()
        cls.reader = cls.client_of(cls.os_roles_keypair_reader)

    @decorators.idempotent_id('1032eb08-5ad4-4ffd-aa16-bd18fe978d36')
    def test_own(self) -> None:
        """Key pairs are the user's, not the project's: a reader may write."""
        answer = self.create(self.reader, public_key=keys.one_ssh())
        self.assert_status(201, answer)
        name = answer.keypair['name']
        self.assert_status(200, self.reader.item('GET', name, self.version))
        self.assertIn(
            name, self.reader.call('GET', version=self.version).names
        )
        self.assert_status(204, self.reader.item('DELETE', name, self.version))

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('8fc88ecc-2404-4b28-b4d0-296a9d4c81b8')
    def test_somebody_elses(self) -> None:
        """A reader does not read other users' key pairs."""
        (name,) = self.create_some(1)
        theirs = {'version': self.version, 'user_id': self.client.user_id}
        for answer in (
            self.reader.call('GET', **theirs),
            self.reader.item('GET', name, **theirs),
            self.reader.item('DELETE', name, **theirs),
        ):
            self.assert_fault((403, 'forbidden'), answer)
