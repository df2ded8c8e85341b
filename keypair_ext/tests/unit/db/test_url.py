# SPDX-License-Identifier: Apache-2.0

"""The URL of the database: every mistake is one sentence, at load."""

import os
import sys
from typing import Any
from unittest import mock

import fixtures

from keypair_ext import exception
from keypair_ext.db import engine, migration
from keypair_ext.db.store import Store
from keypair_ext.tests import base
from keypair_ext.tests.functional.servers import databases, tls
from keypair_ext.tests.unit.db import database

# A host that nobody may ask: were it asked, the test would wait.
_SERVER = '//user:secret@192.0.2.1/name'

_MYSQL = ('mysql+pymysql', 'mysql+mysqldb')
_POSTGRESQL = ('postgresql+psycopg2', 'postgresql+psycopg')


def installed(drivers: tuple[str, ...]) -> list[str]:
    return [name for name in drivers if databases.has_driver(name)]


class UrlTestCase(base.TestCase):
    def refused(self, connection: str | None, **options: Any) -> str:
        """Return the sentence by which a URL is refused."""
        message = self.mistake(
            engine.create_engine,
            database.make_conf(connection, **options),
            'database',
        )
        self.assertTrue(message.startswith('[database] connection: '), message)
        self.assertNotIn('secret', message)
        return message

    def file(self, name: str, content: bytes) -> str:
        path = self.directory / name
        path.write_bytes(content)
        return str(path)


class AddressTest(UrlTestCase):
    def test_unset(self) -> None:
        self.assertIn('is not set', self.refused(None))

    def test_not_a_url(self) -> None:
        for text in ('secret', 'mysql://u:secret', 'mysql:u:secret@h/d'):
            self.assertIn('not a database URL', self.refused(text))

    def test_database_that_we_do_not_know(self) -> None:
        for kind in ('oracle', 'sqllite', 'postgres'):
            message = self.refused(f'{kind}://u:secret@host/name')
            self.assertIn(f'{kind} is not a database', message)
            self.assertIn('postgresql+psycopg2://', message)

    def test_an_at_sign_that_is_not_escaped(self) -> None:
        for password in ('p@secret', 'p@secret/x', 'p@1:secret', '@secret'):
            for server in ('mysql+pymysql', 'postgresql+psycopg2'):
                message = self.refused(f'{server}://u:{password}@host/name')
                self.assertIn('%40', message)

    def test_ports(self) -> None:
        for port in ('99999', '0', 'x', '-1', ''):
            message = self.refused(f'mysql+pymysql://u:secret@host:{port}/d')
            self.assertIn('port', message)
        for driver in installed(_POSTGRESQL):
            message = self.refused(f'{driver}:{_SERVER}?port=99999')
            self.assertIn('port', message)

    def test_no_database(self) -> None:
        for driver in installed(_MYSQL):
            for end in ('', '/', '/?charset=utf8mb4'):
                message = self.refused(f'{driver}://u:secret@host{end}')
                self.assertIn('names no database', message)
        for driver in installed(_POSTGRESQL):
            database.make_engine(f'{driver}://u:secret@host')

    def test_hosts(self) -> None:
        for host in ('a..b', 'a' * 64, '.a'):
            self.assertIn(
                'host', self.refused(f'mysql+pymysql://u:secret@{host}/d')
            )

    def test_several_hosts(self) -> None:
        for driver in installed(_POSTGRESQL):
            database.make_engine(f'{driver}://u:p@/d?host=a:5432&host=b:5433')


class SQLiteTest(UrlTestCase):
    def test_in_memory(self) -> None:
        for text in (
            'sqlite://',
            'sqlite:///:memory:',
            'sqlite:///file:x?mode=memory&uri=true',
        ):
            self.assertIn('memory', self.refused(text))

    def test_without_its_directory(self) -> None:
        message = self.refused('sqlite:////nonexistent/directory/x.sqlite')
        self.assertIn('no directory /nonexistent/directory ', message)

    def test_a_directory(self) -> None:
        message = self.refused(f'sqlite:///{self.directory}')
        self.assertIn(f'{self.directory} is a directory', message)

    def test_what_is_no_file(self) -> None:
        # What is written there is lost.
        self.assertIn('not a regular', self.refused('sqlite:////dev/null'))

    def test_two_slashes(self) -> None:
        self.assertIn('three slashes', self.refused('sqlite://var/x.sqlite'))

    def test_parameters(self) -> None:
        start = f'sqlite:///{self.directory}/x.sqlite'
        for query in (
            'timeout=3',
            'uri=true&nolock=1',
            'check_same_thread=true',
        ):
            database.make_engine(f'{start}?{query}')
        for query, named in (
            ('timeout=3&time_out=3', 'SQLite has no time_out.'),
            ('timeout=never', 'timeout: '),
            ('uri=perhaps', 'uri: '),
        ):
            self.assertIn(named, self.refused(f'{start}?{query}'))


class DriverTest(UrlTestCase):
    def test_one_that_nobody_knows(self) -> None:
        for driver in ('mysql+nosuch', 'sqlite+nosuch'):
            message = self.refused(f'{driver}://u:secret@host/name')
            self.assertIn(driver, message)

    def test_an_asynchronous_one(self) -> None:
        for driver in ('postgresql+asyncpg', 'sqlite+aiosqlite'):
            message = self.refused(f'{driver}://u:secret@host/name')
            self.assertIn('asynchronous', message)

    def test_one_that_is_not_installed(self) -> None:
        first = {
            'mysql': 'write mysql+pymysql:// and install keypair-ext[mysql]',
            'postgresql': 'write postgresql+psycopg2:// and install '
            'keypair-ext[postgresql]',
        }
        for module, scheme, package, other in (
            ('pymysql', 'mysql+pymysql', 'keypair-ext[mysql].', None),
            ('MySQLdb', 'mysql+mysqldb', 'keypair-ext[mysqlclient],', 'mysql'),
            ('MySQLdb', 'mysql', 'keypair-ext[mysqlclient],', 'mysql'),
            ('MySQLdb', 'mariadb', 'keypair-ext[mysqlclient],', 'mysql'),
            ('pymysql', 'mariadb+pymysql', 'keypair-ext[mysql].', None),
            (
                'psycopg2',
                'postgresql+psycopg2',
                'keypair-ext[postgresql].',
                None,
            ),
            (
                'psycopg',
                'postgresql+psycopg',
                'psycopg[binary],',
                'postgresql',
            ),
            ('pg8000', 'postgresql+pg8000', 'pg8000,', 'postgresql'),
        ):
            with mock.patch.dict(sys.modules, {module: None}):
                message = self.refused(f'{scheme}://u:secret@host/name')
            self.assertIn(f'{scheme}:// wants', message)
            self.assertIn(f'install {package}', message)
            if other:
                self.assertIn(f'or {first[other]}', message)

    def test_postgresql_alone_is_what_sqlalchemy_takes_it_for(self) -> None:
        modules: dict[str, Any] = {'psycopg2': None, 'psycopg': None}
        with mock.patch.dict(sys.modules, modules):
            message = self.refused('postgresql://u:secret@host/name')
        self.assertIn('postgresql:// wants', message)
        self.assertIn('keypair-ext[postgresql]', message)


class ParametersTest(UrlTestCase):
    """Each driver says what it does not know, and we which it is."""

    def test_what_the_drivers_do_not_know(self) -> None:
        for drivers, queries in (
            (_MYSQL, ('chrset=utf8', 'connect_timeout=never', 'ssl=on')),
            (('mysql+pymysql',), ('charset=utf9', 'ssl_check_hostname=x')),
            (('mysql+mysqldb',), ('timeout=3',)),
            (
                _POSTGRESQL,
                ('chrset=utf8', 'charset=utf8', 'sslmode=x', 'port=x'),
            ),
            (('postgresql+psycopg',), ('connect_timeout=never',)),
        ):
            for driver in installed(drivers):
                for query in queries:
                    with self.subTest(driver=driver, query=query):
                        message = self.refused(f'{driver}:{_SERVER}?{query}')
                        self.assertIn(f'{query.partition("=")[0]}: ', message)

    def test_what_they_know(self) -> None:
        for drivers, query in (
            (_MYSQL, 'charset=utf8&read_timeout=3'),
            (_POSTGRESQL, 'sslmode=require&application_name=x'),
        ):
            for driver in installed(drivers):
                database.make_engine(f'{driver}:{_SERVER}?{query}')

    def test_an_address_of_the_environment_is_not_asked(self) -> None:
        self.useFixture(
            fixtures.EnvironmentVariable('PGHOSTADDR', '127.0.0.1')
        )
        for driver in installed(_POSTGRESQL):
            database.make_engine(f'{driver}:{_SERVER}')

    def test_an_option_file_may_name_another_server(self) -> None:
        path = self.file('my.cnf', b'[client]\nprotocol=TCP\nport=1\n')
        for driver in installed(('mysql+mysqldb',)):
            database.make_engine(
                f'{driver}:{_SERVER}?read_default_file={path}'
            )

    def test_an_option_appends_to_the_url(self) -> None:
        for driver in installed((*_MYSQL, *_POSTGRESQL)):
            message = self.refused(
                f'{driver}:{_SERVER}', connection_parameters='chrset=utf8'
            )
            self.assertIn('chrset: ', message)


class TlsTest(UrlTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.certificate, self.key = self._make('server')
        _, self.other_key = self._make('other')
        self.text = self.file('text.pem', b'no certificate\n')
        self.missing = str(self.directory / 'missing.pem')

    def _make(self, name: str) -> tuple[str, str]:
        directory = self.directory / name
        directory.mkdir()
        certificate, key = tls.write_certificate(directory)
        return str(certificate), str(key)

    def test_mysql(self) -> None:
        pair = f'ssl_cert={self.certificate}&ssl_key='
        for driver in installed(_MYSQL):
            for query, named in (
                (f'ssl_ca={self.missing}', self.missing),
                (f'ssl_ca={self.text}', self.text),
                (f'ssl_ca={self.directory}', str(self.directory)),
                (f'ssl_capath={self.missing}', self.missing),
                (f'ssl_cert={self.missing}', self.missing),
                (f'ssl_cert={self.certificate}', self.certificate),
                (f'ssl_key={self.key}', 'needs ssl_cert'),
                (f'ssl_key={self.missing}&{pair[:-9]}', self.missing),
                (f'ssl_key={self.text}&{pair[:-9]}', self.text),
                (f'ssl_key={self.other_key}&{pair[:-9]}', self.other_key),
                ('ssl_cipher=NOPE', 'NOPE'),
            ):
                with self.subTest(driver=driver, query=query):
                    message = self.refused(f'{driver}:{_SERVER}?{query}')
                    self.assertIn(f'{query.partition("=")[0]}: ', message)
                    self.assertIn(named, message)
            database.make_engine(
                f'{driver}:{_SERVER}?ssl_ca={self.certificate}&{pair}'
                f'{self.key}&ssl_cipher=ECDHE-RSA-AES128-GCM-SHA256'
            )

    def test_postgresql(self) -> None:
        for driver in installed(_POSTGRESQL):
            for query, named in (
                (f'sslrootcert={self.missing}', self.missing),
                (f'sslrootcert={self.text}', self.text),
                (f'sslcert={self.missing}', self.missing),
                (f'sslkey={self.missing}', self.missing),
                (f'sslcrl={self.missing}', self.missing),
                (f'sslcrldir={self.missing}', self.missing),
            ):
                with self.subTest(driver=driver, query=query):
                    message = self.refused(f'{driver}:{_SERVER}?{query}')
                    self.assertIn(f'{query.partition("=")[0]}: ', message)
                    self.assertIn(named, message)
            for query in (
                f'sslmode=verify-full&sslrootcert={self.certificate}',
                f'sslmode=disable&sslrootcert={self.missing}',
                'sslmode=verify-full&sslrootcert=system',
            ):
                database.make_engine(f'{driver}:{_SERVER}?{query}')

    def test_a_home(self) -> None:
        home = str(self.directory / 'server')
        self.useFixture(fixtures.EnvironmentVariable('HOME', home))
        name = os.path.basename(self.certificate)
        for driver in installed((*_MYSQL, *_POSTGRESQL)):
            option = 'ssl_ca' if 'mysql' in driver else 'sslrootcert'
            message = self.refused(f'{driver}:{_SERVER}?{option}=~/{name}')
            self.assertIn(f'~/{name} cannot be used', message)
        (self.directory / 'server' / 'my.cnf').touch()
        for driver in installed(_MYSQL):
            database.make_engine(
                f'{driver}:{_SERVER}?read_default_file=~/my.cnf'
            )

    def test_a_file_that_goes_later(self) -> None:
        log = self.useFixture(fixtures.FakeLogger())
        certificate = self.certificate
        for driver in installed((*_MYSQL, *_POSTGRESQL)):
            name = 'ssl_ca' if 'mysql' in driver else 'sslrootcert'
            # Nobody listens there.
            made = database.make_engine(
                f'{driver}://u:secret@127.0.0.1:1/d?{name}={certificate}'
            )
            os.rename(certificate, self.missing)
            with self.subTest(driver=driver):
                self.assertRaises(
                    exception.DatabaseUnavailable, Store(made).ping
                )
                line = log.output.splitlines()[-1]
                self.assertIn(f'{name}: {certificate} cannot be used', line)
                self.assertNotIn('secret', log.output)
                error = self.assertRaises(
                    exception.DatabaseUnusable, migration.version, made
                )
                self.assertIn(f'{name}: {certificate} cannot', str(error))
            os.rename(self.missing, certificate)
