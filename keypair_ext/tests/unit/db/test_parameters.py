# SPDX-License-Identifier: Apache-2.0

"""Parameters of a URL: each driver says what it does not know."""

import os
import tempfile

from keypair_ext import exception
from keypair_ext.db import parameters
from keypair_ext.tests import base
from keypair_ext.tests.functional.servers import databases
from keypair_ext.tests.unit.db import database

# A host that nobody may ask: were it asked, the test would wait.
_SERVER = '//user:secret@192.0.2.1/name'

# What each driver is refused, beside what none of them knows.
_WRONG = {
    'mysql+pymysql': ('connect_timeout=never', 'charset=utf9'),
    'mysql+mysqldb': ('connect_timeout=never', 'timeout=3'),
    'postgresql+psycopg2': ('charset=utf8', 'read_timeout=3'),
    'postgresql+psycopg': ('charset=utf8', 'connect_timeout=never'),
}
_RIGHT = {
    'mysql+pymysql': 'charset=utf8&read_timeout=3&ssl_ca=/etc/ca.pem',
    'mysql+mysqldb': 'charset=utf8&read_timeout=3&ssl_ca=/etc/ca.pem',
    'postgresql+psycopg2': 'sslmode=require&application_name=x',
    'postgresql+psycopg': 'sslmode=require&application_name=x',
}


class ParametersTest(base.TestCase):
    def assert_refused(self, url: str) -> None:
        error = self.assertRaises(
            exception.ConfigurationError, database.make_engine, url
        )
        self.assertIn('[database] connection: a parameter', str(error))
        self.assertNotIn('secret', str(error))
        self.assertNotIn('\n', str(error))

    def installed(self) -> list[str]:
        """Return the drivers that are there, of those that we know."""
        drivers = [*_WRONG]
        self.assertEqual(
            set(drivers),
            {name for names in databases.DRIVERS.values() for name in names},
        )
        return [name for name in drivers if databases.has_driver(name)]

    def test_what_the_drivers_do_not_know(self) -> None:
        for driver in self.installed():
            for query in ('chrset=utf8', *_WRONG[driver]):
                with self.subTest(driver=driver, query=query):
                    self.assert_refused(f'{driver}:{_SERVER}?{query}')

    def test_what_they_know(self) -> None:
        for driver in self.installed():
            with self.subTest(driver=driver):
                url = f'{driver}:{_SERVER}?{_RIGHT[driver]}'
                engine = database.make_engine(url)
                self.assertIs(None, parameters.mistake(engine))

    def test_an_option_appends_to_the_url(self) -> None:
        for driver in self.installed():
            with self.subTest(driver=driver):
                error = self.assertRaises(
                    exception.ConfigurationError,
                    database.make_engine,
                    f'{driver}:{_SERVER}',
                    connection_parameters='chrset=utf8',
                )
                self.assertIn('chrset', str(error))

    def test_sqlite(self) -> None:
        path = os.path.join(tempfile.mkdtemp(), 'x.sqlite')
        for query in ('timeout=3', 'uri=true&nolock=1'):
            database.make_engine(f'sqlite:///{path}?{query}')
        error = self.assertRaises(
            exception.ConfigurationError,
            database.make_engine,
            f'sqlite:///{path}?timeout=3&time_out=3',
        )
        self.assertIn('SQLite has no time_out.', str(error))
