# SPDX-License-Identifier: Apache-2.0

"""Whether the database answers, as ``/healthcheck`` asks it."""

import fixtures as fixtures_library
from oslo_config import cfg

from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures
from keypair_ext.wsgi import healthcheck


class HealthcheckTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures_library.FakeLogger())
        self.config_file = fixtures.write_config(str(self.directory))
        self.check = healthcheck.DatabaseHealthcheck(
            cfg.CONF, {'oslo_config_file': self.config_file}
        )
        self.addCleanup(self.check._store.close)

    def test_answers(self) -> None:
        made = fixtures.make_database(self.config_file)
        self.addCleanup(made.dispose)

        result = self.check.healthcheck(0)

        self.assertTrue(result.available)
        self.assertEqual('OK', result.reason)

    def test_no_table(self) -> None:
        result = self.check.healthcheck(0)

        self.assertFalse(result.available)
        self.assertEqual('DATABASE', result.reason)
        self.assertNotIn(str(self.directory), result.details)

    def test_the_table_of_a_cell(self) -> None:
        made = fixtures.make_database(self.config_file)
        self.addCleanup(made.dispose)
        with made.begin() as connection:
            connection.exec_driver_sql(
                'ALTER TABLE key_pairs ADD COLUMN deleted INTEGER'
            )

        self.assertFalse(self.check.healthcheck(0).available)
        self.assertIn('it has deleted', self.log.output)

    def test_comes_back(self) -> None:
        self.check.healthcheck(0)
        made = fixtures.make_database(self.config_file)
        self.addCleanup(made.dispose)

        self.assertTrue(self.check.healthcheck(0).available)
