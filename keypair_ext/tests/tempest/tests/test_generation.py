# SPDX-License-Identifier: Apache-2.0

"""Key pairs that the server makes: until 2.91, on request."""

import base64

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from tempest.lib import decorators

from keypair_ext.tests.tempest import keys
from keypair_ext.tests.tempest.services import keypairs_client
from keypair_ext.tests.tempest.tests import base


class _GenerationTestCase(base.KeypairTestCase):
    """What is true of every generated SSH key."""

    def check_ssh(self, answer: keypairs_client.Answer) -> None:
        made = answer.keypair
        private = serialization.load_pem_private_key(
            made['private_key'].encode(), password=None
        )
        assert isinstance(private, rsa.RSAPrivateKey)
        data = keys.ssh(private).split()[:2]
        self.assertEqual(data, made['public_key'].split()[:2])
        self.assertGreaterEqual(private.key_size, 2048)
        self.assertEqual(
            keys.ssh_fingerprint(made['public_key']), made['fingerprint']
        )
        self.assertEqual(self.client.user_id, made['user_id'])

    def check_not_shown_again(self, name: str) -> None:
        shown = self.client.item('GET', name, self.version)
        listed = self.client.call('GET', version=self.version)
        self.assert_status(200, shown)
        self.assertIn(name, listed.names)
        self.assertNotIn('PRIVATE', shown.text + listed.text)


class GenerationTest(_GenerationTestCase):
    """At 2.1 there is one type, and it is not told."""

    max_microversion = '2.1'

    @decorators.idempotent_id('7f88cfdc-47b0-4c34-8bbc-2c103a1f132f')
    def test_ssh(self) -> None:
        """The private key fits the public one and is shown once."""
        answer = self.create()
        self.assert_status(200, answer)
        self.assertNotIn('type', answer.keypair)
        self.check_ssh(answer)
        self.check_not_shown_again(answer.keypair['name'])

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('472eb234-7db0-4388-a3ff-aa6af1548228')
    def test_type_is_unknown(self) -> None:
        """A type cannot be asked for."""
        self.assert_fault((400, 'badRequest'), self.create(type='ssh'))

    @decorators.idempotent_id('904e0657-9269-487f-8099-0b415c2f3dda')
    def test_delete(self) -> None:
        """A deletion is 202."""
        name = self.create().keypair['name']
        self.assert_status(202, self.client.item('DELETE', name, self.version))
        self.assert_fault(
            (404, 'itemNotFound'),
            self.client.item('GET', name, self.version),
        )


class TypedGenerationTest(_GenerationTestCase):
    """Since 2.2 there are two types, until 2.91 one may generate."""

    min_microversion = '2.2'
    max_microversion = '2.91'

    @decorators.idempotent_id('21aec132-2b5b-42e7-a0a4-f73dd5a8bc9d')
    def test_ssh(self) -> None:
        """SSH is the default type."""
        answer = self.create()
        self.assert_status(201, answer)
        self.assertEqual('ssh', answer.keypair['type'])
        self.check_ssh(answer)
        self.check_not_shown_again(answer.keypair['name'])

    @decorators.idempotent_id('ecb803a3-584c-4161-b3c0-a28061006332')
    def test_every_key_is_another(self) -> None:
        """Two requests make two keys."""
        first, second = self.create(type='ssh'), self.create(type='ssh')
        self.assertNotEqual(
            first.keypair['fingerprint'], second.keypair['fingerprint']
        )

    @decorators.idempotent_id('008724d2-78b0-4c1e-9a73-d318235f37e5')
    def test_x509(self) -> None:
        """The certificate is the user's, and its private key is shown once."""
        answer = self.create(type='x509')
        self.assert_status(201, answer)
        made = answer.keypair
        certificate = x509.load_pem_x509_certificate(
            made['public_key'].encode()
        )
        private, bundled, _ = pkcs12.load_key_and_certificates(
            base64.b64decode(made['private_key']), password=b''
        )
        assert isinstance(private, rsa.RSAPrivateKey)
        self.assertEqual(certificate, bundled)
        self.assertEqual(private.public_key(), certificate.public_key())
        (name,) = certificate.subject.get_attributes_for_oid(
            NameOID.COMMON_NAME
        )
        self.assertEqual(self.client.user_id, name.value)
        self.assertEqual(
            keys.x509_fingerprint(made['public_key']), made['fingerprint']
        )
        self.assertEqual('x509', made['type'])
        self.check_not_shown_again(made['name'])

    @decorators.idempotent_id('11f147c4-2d50-4952-bc71-1944fd842f9b')
    def test_private_key_is_not_to_be_stored(self) -> None:
        """No cache on the way may keep the answer."""
        self.skip_unless_ours()
        self.assertEqual('no-store', self.create().headers['cache-control'])

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('4fb6e1bf-0bed-4fa8-985a-e80319c5c24b')
    def test_unknown_type(self) -> None:
        """Only ssh and x509 are types."""
        self.assert_fault((400, 'badRequest'), self.create(type='pgp'))

    @decorators.idempotent_id('da46d3d3-3217-40b6-9d34-b558c78a634b')
    def test_delete(self) -> None:
        """A deletion is 204."""
        name = self.create().keypair['name']
        self.assert_status(204, self.client.item('DELETE', name, self.version))


class NoGenerationTest(base.KeypairTestCase):
    """Since 2.92 one has to bring the key."""

    min_microversion = '2.92'

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('bdaeee99-cd08-487a-b7f8-89785d7e4084')
    def test_public_key_is_required(self) -> None:
        """Without a public key nothing is made."""
        for key_type in ('ssh', 'x509'):
            name = self.new_name()
            self.assert_fault(
                (400, 'badRequest'), self.create(name=name, type=key_type)
            )
            self.assert_status(
                404, self.client.item('GET', name, self.version)
            )
