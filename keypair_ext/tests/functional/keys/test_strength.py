# SPDX-License-Identifier: Apache-2.0

"""``[keypairs] strength``: weak keys are logged, or refused."""

import configparser
import textwrap

import fixtures as fixtures_library

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.unit.keytypes import vectors


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


class GuidelineTest(base.TestCase):
    """The settings of the documentation that meet BSI TR-02102-4."""

    def test_who_comes_in(self) -> None:
        page = fixtures.ROOT / 'doc' / 'source' / 'admin' / 'keys.rst'
        settings = page.read_text().partition('[keypairs]\n')[2]
        parser = configparser.RawConfigParser()
        parser.read_string(
            '[keypairs]\n' + textwrap.dedent(settings.partition('\n\n')[0])
        )
        service = self.useFixture(
            fixtures.Service({'keypairs': dict(parser['keypairs'])})
        )
        for vector, rule in (
            (vectors.ECDSA_256, None),
            (vectors.ECDSA_521, None),
            (vectors.SK_ECDSA, None),
            (vectors.ECDSA_CERTIFICATE, None),
            (vectors.SK_ED25519, 'allowed_algorithms'),
            (vectors.ED25519, 'allowed_algorithms'),
            (vectors.DSA, 'allowed_algorithms'),
            (vectors.RSA_2048, 'min_rsa_bits'),
        ):
            with self.subTest(key=vector.line[:30]):
                answer = service.create('k', public_key=vector.line)
                if rule is None:
                    self.assertEqual(201, answer.status_int)
                    service.clear()
                else:
                    self.assertEqual(400, answer.status_int)
                    message = answer.json['badRequest']['message']
                    self.assertIn(f'Rule: {rule}', message)
