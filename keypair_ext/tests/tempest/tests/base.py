# SPDX-License-Identifier: Apache-2.0

"""What the tests have in common: who asks, which version, cleaning up."""

from collections.abc import Collection
from typing import Any, ClassVar

from tempest import config, test
from tempest.lib.common import api_version_utils
from tempest.lib.common.utils import data_utils

from keypair_ext.tests.tempest import keys
from keypair_ext.tests.tempest.services import keypairs_client

CONF = config.CONF


class KeypairTestCase(
    api_version_utils.BaseMicroversionTest, test.BaseTestCase
):
    """A class of tests for a range of versions; it asks for the lowest.

    ``client`` asks as an ordinary user.
    """

    credentials: ClassVar[list[str | list[str]]] = ['primary']
    version: str | None
    client: keypairs_client.KeypairsClient

    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        if not CONF.service_available.nova:
            raise cls.skipException('[service_available] nova is False')
        api_version_utils.check_skip_with_microversion(
            cls.min_microversion,
            cls.max_microversion,
            CONF.compute.min_microversion,
            CONF.compute.max_microversion,
        )

    @classmethod
    def setup_credentials(cls) -> None:
        # No network is made for anybody.
        cls.set_network_resources()
        super().setup_credentials()

    @classmethod
    def setup_clients(cls) -> None:
        super().setup_clients()
        cls.client = cls.client_of(cls.os_primary)

    @classmethod
    def resource_setup(cls) -> None:
        super().resource_setup()
        cls.version = api_version_utils.select_request_microversion(
            cls.min_microversion, CONF.compute.min_microversion
        )
        if cls.client.call('GET', version=cls.version).status == 404:
            raise cls.skipException('this cloud has no os-keypairs')

    @staticmethod
    def client_of(manager: Any) -> keypairs_client.KeypairsClient:
        """Return the client of one of the users."""
        client: keypairs_client.KeypairsClient = (
            manager.keypair_ext.KeypairsClient()
        )
        return client

    @staticmethod
    def new_name() -> str:
        """Return a name that nobody has."""
        return str(
            data_utils.rand_name(
                name='keypair-ext', prefix=CONF.resource_name_prefix
            )
        )

    def skip_unless_ours(self) -> None:
        """Skip what only keypair_ext does."""
        if not CONF.service_available.keypair_ext:
            raise self.skipException(
                '[service_available] keypair_ext is False'
            )

    def create(
        self,
        client: keypairs_client.KeypairsClient | None = None,
        *,
        version: str | None = None,
        **fields: Any,
    ) -> keypairs_client.Answer:
        """Ask for a key pair, and remove it after the test if there is one.

        :param client: by default the ordinary user's.
        :param version: by default the class's.
        :param fields: those of the body; the name is made up if need be.
        """
        client = client or self.client
        version = version or self.version
        fields.setdefault('name', self.new_name())
        answer = client.create(version, **fields)
        if answer.status in (200, 201):
            query = {k: v for k, v in fields.items() if k == 'user_id'}
            self.addCleanup(
                client.item,
                'DELETE',
                str(fields['name']),
                version,
                **query,
            )
        return answer

    def create_some(self, count: int) -> list[str]:
        """Import key pairs; return their names in the order of a list."""
        public_key = keys.one_ssh()
        return sorted(
            self.create(public_key=public_key).keypair['name']
            for _ in range(count)
        )

    def assert_fault(
        self, fault: tuple[int, str], answer: keypairs_client.Answer
    ) -> None:
        """Check status and name of a refusal, and that it says something."""
        self.assertEqual(fault, answer.fault, answer.text)
        self.assertTrue(answer.message)

    def assert_status(
        self,
        expected: int | Collection[int],
        answer: keypairs_client.Answer,
    ) -> None:
        """Check a status; show the body if it is another."""
        statuses = [expected] if isinstance(expected, int) else expected
        self.assertIn(answer.status, statuses, answer.text)
