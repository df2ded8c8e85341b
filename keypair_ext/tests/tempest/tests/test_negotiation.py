# SPDX-License-Identifier: Apache-2.0

"""How a version is asked for, told and refused."""

from tempest.lib import decorators

from keypair_ext.tests.tempest.services import keypairs_client
from keypair_ext.tests.tempest.tests import base

_NEW = 'OpenStack-API-Version'
_OLD = 'X-OpenStack-Nova-API-Version'


class NegotiationTest(base.KeypairTestCase):
    """Of the versions the cloud tells."""

    @classmethod
    def resource_setup(cls) -> None:
        super().resource_setup()
        client = cls.os_primary.compute.VersionsClient()
        (told,) = (
            version
            for version in client.list_versions()['versions']
            if version['id'] == 'v2.1'
        )
        if not told['version']:
            raise cls.skipException('this cloud has no microversions')
        cls.lowest, cls.highest = told['min_version'], told['version']

    def ask(self, **headers: str) -> keypairs_client.Answer:
        """List, with ``new`` and ``old`` as the two headers."""
        names = {'new': _NEW, 'old': _OLD}
        return self.client.call(
            'GET',
            headers={names[key]: value for key, value in headers.items()},
        )

    def assert_version(
        self, version: str, answer: keypairs_client.Answer
    ) -> None:
        """Check what both headers tell, and that caches are told."""
        self.assertEqual(f'compute {version}', answer.headers[_NEW.lower()])
        self.assertEqual(version, answer.headers[_OLD.lower()])
        # Of several headers Tempest keeps the last.
        self.assertIn(answer.headers['vary'], (_NEW, _OLD))

    @decorators.idempotent_id('4a7b7027-9121-47ce-8649-4d4e09e973f1')
    def test_told(self) -> None:
        """The version is told where it was asked for and where not."""
        for version, answer in (
            (self.lowest, self.ask()),
            (self.lowest, self.ask(new=f'compute {self.lowest}')),
            (self.highest, self.ask(new=f'compute {self.highest}')),
            (self.highest, self.ask(new='compute latest')),
            (self.highest, self.ask(old='latest')),
            (self.highest, self.ask(old=self.highest)),
        ):
            self.assert_status(200, answer)
            self.assert_version(version, answer)

    @decorators.idempotent_id('2283713c-7c03-4aa6-a2b3-43d8dd8a5f65')
    def test_new_header_wins(self) -> None:
        """Of both headers the newer counts, for other services neither."""
        both = self.ask(new=f'compute {self.highest}', old=self.lowest)
        self.assert_version(self.highest, both)
        other = self.ask(new='volume 3.1')
        self.assert_status(200, other)
        self.assert_version(self.lowest, other)

    @decorators.idempotent_id('72aefd35-f9fb-48cb-b1c4-ee5a5a0d776a')
    def test_told_on_refusals(self) -> None:
        """The version is told where there is no such key pair, too."""
        answer = self.client.item('GET', self.new_name(), self.highest)
        self.assert_fault((404, 'itemNotFound'), answer)
        self.assert_version(self.highest, answer)

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('17b20a7d-7cd6-4015-b86f-b92b3a861c3e')
    def test_out_of_range(self) -> None:
        """Versions below and above the range are 406, told as asked for."""
        major, minor = self.highest.split('.')
        for version in (f'{major}.{int(minor) + 1}', '1.0', '3.0'):
            for answer in (
                self.ask(new=f'compute {version}'),
                self.ask(old=version),
            ):
                self.assert_fault((406, 'computeFault'), answer)
                self.assert_version(version, answer)

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('c6045cd5-6c53-4179-81f2-16e039119c82')
    def test_malformed(self) -> None:
        """What is no version is 400."""
        for text in ('2', '2.', '2.01', 'two', '2.1.1', 'LATEST'):
            for answer in (
                self.ask(new=f'compute {text}'),
                self.ask(old=text),
            ):
                self.assert_fault((400, 'badRequest'), answer)
                self.assertNotIn(_NEW.lower(), answer.headers)

    @decorators.attr(type=['negative'])
    @decorators.idempotent_id('4b828a81-4f7e-4afb-b0d8-12a456ca738f')
    def test_content_type(self) -> None:
        """A body that is not JSON is 415, one that is no document 400."""
        refused = self.client.call(
            'POST',
            document={'keypair': {'name': self.new_name()}},
            headers={'Content-Type': 'application/xml'},
        )
        self.assert_fault((415, 'badMediaType'), refused)
        documents: list[object] = [[], {}, {'keypair': None}, {'keypair': []}]
        for document in documents:
            self.assert_fault(
                (400, 'badRequest'),
                self.client.call('POST', document=document),
            )
