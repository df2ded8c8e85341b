# SPDX-License-Identifier: Apache-2.0

"""Tempest's own key pair tests and our plugin's, against every mount."""

import unittest
from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.keystone import cloud
from keypair_ext.tests.functional.nova import beside
from keypair_ext.tests.functional.servers import ini, process
from keypair_ext.tests.functional.tempest import runner

_REASON = cloud.reason_to_skip('KEYPAIR_EXT_TEST_TEMPEST', 'tox -e tempest')

_THEIRS = r'^tempest\.api\.compute\.(keypairs|admin\.test_keypairs)'
# Of the release that the runner installs.
_THEIR_NUMBER = 19
# Their schema of a list allows no further field. One of these is there twice,
# since a class inherits it.
_LISTING = (
    'test_keypairs_create_list_delete',
    'test_keypairsv22_create_list_show',
    'test_keypairsv22_create_list_show_with_type',
    'test_admin_manage_keypairs_for_other_users',
)
# The one of them that is in the list of SCS-0128.
_SCS_0128 = (
    'tempest.api.compute.keypairs.test_keypairs_v22.KeyPairsV22TestJSON.'
    'test_keypairsv22_create_list_show_with_type'
)

_OURS = r'^keypair_ext\.'


class _TempestTestCase(base.TestCase):
    """The tests of a class share a cloud."""

    tempest: ClassVar[runner.Tempest]
    conf: ClassVar[ini.Sections] = {}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        small = cls.use(cloud.Cloud())
        small.keystone.register_compute(cls.compute(small))
        cls.tempest = cls.use(runner.Tempest(small.keystone, cls.conf))

    @classmethod
    def compute(cls, small: cloud.Cloud) -> str:
        """Return the endpoint under test, started."""
        raise NotImplementedError

    def run_theirs(self, ssh_key_type: str) -> None:
        """Run Tempest's own tests; all have to pass."""
        outcome = self.tempest.run(
            _THEIRS, {'validation': {'ssh_key_type': ssh_key_type}}
        )
        self.assertEqual((_THEIR_NUMBER, 0), (outcome.passed, outcome.skipped))
        self.assertIn(_SCS_0128, outcome.names)

    def run_ours(self, skipped: int = 0) -> None:
        """Run our plugin's tests; all but the skipped ones have to pass."""
        outcome = self.tempest.run(_OURS)
        self.assertGreater(outcome.passed, 0)
        self.assertEqual(skipped, outcome.skipped)


@unittest.skipIf(_REASON, _REASON)
class FilterTest(_TempestTestCase):
    """Our filter in a real Nova."""

    @classmethod
    def compute(cls, small: cloud.Cloud) -> str:
        return small.nova()

    def test_theirs_with_ecdsa(self) -> None:
        self.run_theirs('ecdsa')

    def test_theirs_with_rsa(self) -> None:
        self.run_theirs('rsa')

    def test_ours(self) -> None:
        self.run_ours()


@unittest.skipIf(_REASON, _REASON)
class ServiceTest(FilterTest):
    """Our stand-alone service, in whose log all their keys are too weak."""

    @classmethod
    def compute(cls, small: cloud.Cloud) -> str:
        # It has no API to change a quota, so there is a small one.
        return small.service(
            {
                'quota': {'key_pairs': 10},
                'keypairs': {
                    'strength': 'report',
                    'allowed_algorithms': 'ed25519-sk',
                },
            }
        )


@unittest.skipIf(_REASON, _REASON)
class BalancedTest(FilterTest):
    """Our service beside a real Nova, and HAProxy before both."""

    mount: ClassVar[beside.Beside]

    @classmethod
    def compute(cls, small: cloud.Cloud) -> str:
        cls.mount = small.balanced()
        return f'{cls.mount.front.url}/v2.1'

    def tearDown(self) -> None:
        super().tearDown()
        ours, novas = self.mount.answered()
        self.assertLess(novas, ours)


@unittest.skipIf(_REASON, _REASON)
class AppTest(_TempestTestCase):
    """Our application in a stack of somebody else's."""

    @classmethod
    def compute(cls, small: cloud.Cloud) -> str:
        return small.app({'quota': {'key_pairs': 10}})

    def test_theirs_with_ecdsa(self) -> None:
        self.run_theirs('ecdsa')

    def test_theirs_with_rsa(self) -> None:
        self.run_theirs('rsa')


@unittest.skipIf(_REASON, _REASON)
class AdditionsTest(_TempestTestCase):
    """The service with all that can be added to Nova's API."""

    @classmethod
    def compute(cls, small: cloud.Cloud) -> str:
        additions = {
            'idempotent_import': 'true',
            'duplicate_before_quota': 'true',
            'created_at_in_lists': 'true',
            'sha256_fingerprint': 'body',
            'generated_ssh_algorithm': 'ed25519',
        }
        return small.service(
            {'quota': {'key_pairs': 10}, 'keypairs': additions}
        )

    def test_theirs_but_for_lists(self) -> None:
        outcome = self.tempest.run(
            rf'{_THEIRS}(?!.*\b({"|".join(_LISTING)})\b)',
            {'validation': {'ssh_key_type': 'ecdsa'}},
        )
        self.assertEqual(
            (_THEIR_NUMBER - len(_LISTING) - 1, 0),
            (outcome.passed, outcome.skipped),
        )

    def test_the_page_names_those_that_fail(self) -> None:
        page = fixtures.ROOT / 'doc/source/configuration/additions.rst'
        for name in _LISTING:
            self.assertIn(f'``{name}``', page.read_text())
            with self.assertRaises(process.ServerError) as failed:
                self.tempest.run(rf'\b{name}\b')
            self.assertIn('created_at', str(failed.exception))


@unittest.skipIf(_REASON, _REASON)
class PlainNovaTest(_TempestTestCase):
    """Nova alone: what our plugin says of it has to be true as well."""

    conf = {'service_available': {'keypair_ext': False}}

    @classmethod
    def compute(cls, small: cloud.Cloud) -> str:
        return small.nova(with_filter=False)

    def test_ours(self) -> None:
        self.run_ours(skipped=3)
