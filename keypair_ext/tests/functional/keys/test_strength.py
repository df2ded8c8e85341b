# SPDX-License-Identifier: Apache-2.0

"""``[keypairs] strength = report``: weak keys are taken, and logged."""

import fixtures as fixtures_library

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures


class ReportTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures_library.FakeLogger())
        self.service = self.useFixture(
            fixtures.Service(
                {
                    'keypairs': {
                        'strength': 'report',
                        'allowed_algorithms': 'ed25519',
                        'min_rsa_bits': 3072,
                    }
                }
            )
        )

    def warnings(self, name: str, key: str, status: int) -> list[str]:
        """Import a key; return what is said of its strength."""
        answer = self.service.ask(
            'POST',
            '/v2.1/os-keypairs',
            version='2.10',
            body={'keypair': {'name': name, 'public_key': key}},
        )
        self.assertEqual(status, answer.status_int)
        return [
            line for line in self.log.output.splitlines() if ' breaks ' in line
        ]

    def test_a_weak_key_is_stored_and_logged(self) -> None:
        self.assertEqual([], self.warnings('strong', fixtures.KEY, 201))
        self.assertEqual(
            [
                "Key pair 'weak' of user amelia breaks allowed_algorithms, "
                'min_rsa_bits.'
            ],
            self.warnings('weak', fixtures.OTHER_KEY, 201),
        )

    def test_a_key_that_is_not_stored_is_not_logged(self) -> None:
        self.warnings('taken', fixtures.KEY, 201)
        self.assertEqual([], self.warnings('taken', fixtures.OTHER_KEY, 409))
