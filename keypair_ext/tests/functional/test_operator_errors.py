# SPDX-License-Identifier: Apache-2.0

"""Mistakes of the operator: one sentence, no traceback, no service.

Each service is a process of its own, started as a server starts it: by
importing ``keypair_ext.wsgi.api``.
"""

import importlib.util
import os
import subprocess
import sys
import unittest
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from keystonemiddleware import opts

from keypair_ext.tests import base
from keypair_ext.tests.base import completed
from keypair_ext.tests.functional import fixtures, service_starts
from keypair_ext.tests.functional.servers import (
    gunicorn,
    process,
    rest,
)

_CANNOT_START = 3

# Not all releases of the library have all that begin like this.
_MEMCACHE = 'memcache_'
_OF_AUTHTOKEN = {
    option.name
    for _, options in opts.list_auth_token_opts()
    for option in options
}

_USERS = 'http_basic_user_file'
_CA = 'ssl_ca'


class ServiceTestCase(base.TestCase):
    """A directory of the service's configuration, all right at first."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(process.Directory('service')).path
        self.paste_file = self.directory / 'api-paste.ini'
        self.paste_file.write_text(fixtures.PASTE_FILE.read_text())
        self.configure({})

    def configure(self, options: fixtures.Options) -> None:
        fixtures.write_config(str(self.directory), options)

    def edit_paste_file(self, before: str, after: str) -> None:
        """Replace a text of the shipped paste file."""
        shipped = fixtures.PASTE_FILE.read_text()
        self.assertIn(before, shipped)
        self.paste_file.write_text(shipped.replace(before, after))


class LoadTest(ServiceTestCase):
    """What is found when the service is loaded."""

    starts: ClassVar[service_starts.ServiceStarts]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.starts = cls.use(service_starts.ServiceStarts())

    def assert_refused(self, *words: str) -> None:
        """Fail unless the service says these words in one sentence."""
        outcome = self.starts.start(self.directory)
        self.assertEqual(_CANNOT_START, outcome.status, outcome.stderr)
        self.assertRegex(outcome.stderr, r'\Akeypair_ext: .*\.\n\Z')
        for word in words:
            self.assertIn(word, outcome.stderr, outcome.stderr)
        self.assertNotIn('Traceback', outcome.stdout)

    def test_no_mistake(self) -> None:
        outcome = self.starts.start(self.directory)
        self.assertEqual(0, outcome.status, outcome.stderr)
        self.assertEqual('', outcome.stderr)

    def test_a_missing_file(self) -> None:
        for name in ('api-paste.ini', 'keypair_ext.conf'):
            (self.directory / name).unlink()
            self.assert_refused(
                f'{self.directory}/{name} is missing or cannot be read',
                'OS_KEYPAIR_EXT_CONFIG_DIR',
            )

    def test_a_malformed_configuration(self) -> None:
        path = self.directory / 'keypair_ext.conf'
        path.write_text('[api]\nwhat is this\n')
        self.assert_refused(f'{path}:2')

    def test_a_value_that_an_option_cannot_have(self) -> None:
        self.configure({'quota': {'key_pairs': 'many'}})
        self.assert_refused('key_pairs in group [quota]', "'many'")
        self.configure({'api': {'auth_strategy': 'nosuch'}})
        self.assert_refused(
            'auth_strategy in group [api]',
            'keystone, http_basic, noauth',
            "'nosuch'",
        )

    def test_what_the_libraries_would_take(self) -> None:
        cases: tuple[tuple[str, dict[str, object], str], ...] = (
            ('cors', {'allowed_origin': 'dash.example.org'}, 'as https://'),
            ('cors', {'allowed_origin': 'https://Dash.example'}, 'lower case'),
            ('cors', {'allowed_origin': '*,https://dash.example/'}, 'slash'),
            ('cors', {'allowed_origin': 'https://a.example:443'}, 'as https'),
            ('cors', {'max_age': 'long'}, 'max_age in group [cors]'),
            (
                'oslo_middleware',
                {'enable_proxy_headers_parsing': 'maybe'},
                'enable_proxy_headers_parsing in group',
            ),
            ('oslo_policy', {'remote_timeout': 'long'}, 'remote_timeout in'),
        )
        for group, options, words in cases:
            self.configure({group: options})
            with self.subTest(group=group, options=options):
                self.assert_refused(words)
        self.configure(
            {'cors': {'allowed_origin': '*,null,https://[::1]:8443,app://x'}}
        )
        self.assertEqual(0, self.starts.start(self.directory).status)

    def test_a_malformed_paste_file(self) -> None:
        self.paste_file.write_text('what is this\n')
        self.assert_refused(f'{self.paste_file} cannot be used')

    def test_names_that_the_paste_file_has_wrong(self) -> None:
        for before, after in (
            ('keypair-ext#request_log', 'keypair-ext#nosuch'),
            ('Healthcheck.app_factory', 'nosuch'),
            ('= cors', '= nosuch'),
        ):
            self.edit_paste_file(before, after)
            self.assert_refused(str(self.paste_file), after[-6:])

    def test_options_that_no_paste_section_has(self) -> None:
        for filter_, option in (
            ('cors', 'allowed_origin'),
            ('http_proxy_to_wsgi', 'enable_proxy_headers_parsing'),
            ('noauth', 'noauth_allow_remote'),
            ('main', 'max_limit'),
        ):
            use = f'use = egg:keypair-ext#{filter_}'
            self.edit_paste_file(use, f'{use}\n{option} = true')
            self.assert_refused(f'Unknown keys in the paste section: {option}')

    def test_no_pipeline_of_the_strategy(self) -> None:
        self.edit_paste_file('noauth = ', 'nobody = ')
        self.assert_refused('auth_strategy is noauth', 'paste file')

    def _write_policy(self, text: str) -> Path:
        path = self.directory / 'policy.yaml'
        path.write_text(text)
        return path

    def test_a_policy_file_that_is_none(self) -> None:
        path = self._write_policy('a: [')
        self.assert_refused(f'Policy file {path} cannot be used')
        self._write_policy('- a list')
        self.assert_refused(f'Policy file {path} cannot be used')

    def test_a_policy_that_goes_in_circles(self) -> None:
        path = self._write_policy(
            '"context_is_admin": "rule:a"\n"a": "rule:a"'
        )
        self.assert_refused(f'Rules in {path}', 'circle: a, a')

    def test_a_check_that_cannot_be_read(self) -> None:
        # As in Nova it admits nobody, and stops nothing.
        rule = 'os_compute_api:os-keypairs:show'
        path = self._write_policy(f'"{rule}": "role"')
        outcome = self.starts.start(self.directory)
        self.assertEqual(0, outcome.status)
        log = outcome.stdout + outcome.stderr
        self.assertIn(f"Rule {rule} in {path} has the check 'role'", log)
        self.assertNotIn('Traceback', log)

    @unittest.skipIf(os.geteuid() == 0, 'root can read every file')
    def test_a_policy_file_that_cannot_be_read(self) -> None:
        path = self._write_policy('')
        path.chmod(0)
        self.assert_refused(f'Policy file {path} cannot be used')

    def _assert_authtoken_refused(
        self, options: Mapping[str, object], *words: str
    ) -> None:
        authtoken = {
            'auth_type': 'password',
            'auth_url': 'https://192.0.2.1/v3',
            'username': 'u',
            'password': 'secret',
        }
        self.configure(
            {
                'api': {'auth_strategy': 'keystone'},
                'keystone_authtoken': {
                    name: value
                    for name, value in {**authtoken, **options}.items()
                    if value is not None
                },
            }
        )
        if any(
            name.startswith(_MEMCACHE) and name not in _OF_AUTHTOKEN
            for name in options
        ):
            return
        with self.subTest(options=options):
            self.assert_refused('keystone_authtoken', *words)

    def test_how_keystone_is_asked(self) -> None:
        missing = self.directory / 'missing.pem'
        for options, words in (
            ({'auth_type': ''}, 'auth_type is not set'),
            ({'auth_url': None}, 'auth_url'),
            ({'auth_url': 'keystone:5000'}, 'auth_url is no URL'),
            ({'auth_url': ''}, 'auth_url is no URL'),
            ({'auth_url': 'http://x:50000000'}, 'auth_url is no URL'),
            ({'auth_url': 'http://x:port/v3'}, 'auth_url is no URL'),
            ({'www_authenticate_uri': 'x:5000'}, 'authenticate_uri is no URL'),
            ({'token_cache_time': ''}, 'token_cache_time in group'),
            ({'http_connect_timeout': 'x'}, 'http_connect_timeout'),
            ({'memcache_security_strategy': 'MAC'}, 'memcache_secret_key'),
            ({'cafile': missing}, f'cafile = {missing} cannot be used'),
            ({'certfile': missing}, f'certfile = {missing} cannot be used'),
            (
                {'memcache_tls_enabled': True, 'memcache_tls_cafile': missing},
                f'memcache_tls_cafile = {missing} cannot be used',
            ),
        ):
            self._assert_authtoken_refused(options, words)
        # What would not be read does not matter.
        self.configure(
            {
                'api': {'auth_strategy': 'keystone'},
                'keystone_authtoken': {
                    'auth_type': 'none',
                    'insecure': True,
                    'cafile': missing,
                    'memcache_tls_cafile': missing,
                },
            }
        )
        self.assertEqual(0, self.starts.start(self.directory).status)

    @unittest.skipIf(importlib.util.find_spec('memcache'), 'it is there')
    def test_a_missing_client_of_memcached(self) -> None:
        servers = {'memcached_servers': '192.0.2.1:11211'}
        for more, package in (
            ({}, 'python-memcached'),
            ({'memcache_use_advanced_pool': False}, 'python-memcached'),
            ({'memcache_sasl_enabled': True}, 'python-binary-memcached'),
        ):
            self._assert_authtoken_refused({**servers, **more}, package)

    def _pipe(self, name: str) -> Path:
        path = self.directory / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        return path

    def test_a_pipe_in_the_place_of_a_file(self) -> None:
        # Nobody writes to it: to open it would wait for ever.
        pipe = self._pipe('pipe')
        keystone: fixtures.Options = {
            'api': {'auth_strategy': 'keystone'},
            'keystone_authtoken': {'auth_type': 'none', 'cafile': pipe},
        }
        cases: tuple[fixtures.Options, ...] = (
            {'DEFAULT': {'log_config_append': pipe}},
            {'api': {'auth_strategy': 'http_basic'} | {_USERS: pipe}},
            {'oslo_policy': {'policy_file': pipe}},
            keystone,
        )
        for options in cases:
            self.configure(options)
            with self.subTest(options=options):
                self.assert_refused(str(pipe), 'it is not a regular file')
        self.configure({})
        for before, after in (
            ('keypair-ext#main', f'keypair-ext#main\nprofile = file:{pipe}'),
        ):
            self.edit_paste_file(before, after)
            self.assert_refused(str(pipe), 'it is not a regular file')
        for name in ('api-paste.ini', 'keypair_ext.conf'):
            path = self._pipe(name)
            self.assert_refused(f'{path} cannot be read: it is not a regular')

    @unittest.skipUnless(importlib.util.find_spec('pymysql'), 'no PyMySQL')
    def test_a_pipe_in_the_place_of_a_certificate(self) -> None:
        pipe = self._pipe('pipe')
        connection = f'mysql+pymysql://h/d?{_CA}={pipe}'
        self.configure({'database': {'connection': connection}})
        self.assert_refused(str(pipe), 'it is not a regular file')

    def test_an_empty_configuration(self) -> None:
        """Nothing but defaults is what an empty device stands for."""
        path = self._write_policy('')
        path.unlink()
        path.symlink_to(os.devnull)
        self.assertEqual(0, self.starts.start(self.directory).status)

    def test_text_that_is_not_utf8(self) -> None:
        mark = b'\xef\xbb\xbf'
        for name, before, behind in (
            ('keypair_ext.conf', b'', b'# caf\xe9\n'),
            ('api-paste.ini', b'', b'# caf\xe9\n'),
            ('policy.yaml', b'', b'# caf\xe9\n'),
            ('keypair_ext.conf', mark, b''),
            ('api-paste.ini', mark, b''),
        ):
            path = self.directory / name
            path.touch()
            text = path.read_bytes()
            path.write_bytes(before + text + behind)
            with self.subTest(name=name, mark=before):
                self.assert_refused(
                    str(path), 'byte order mark' if before else 'UTF-8'
                )
            path.write_bytes(text)

    def test_logging_options(self) -> None:
        for option, value, word in (
            ('default_log_levels', 'foo', 'default_log_levels'),
            ('logging_context_format_string', '%(no)s', 'context_format'),
            ('log_config_append', '/nosuch/file', '/nosuch/file'),
            ('debug', 'maybe', 'debug'),
            ('log_rotation_type', 'sometimes', 'log_rotation_type'),
            ('rate_limit_interval', 'often', 'rate_limit_interval'),
            ('log_rotate_interval', 0, 'log_rotate_interval'),
            ('log_file', self._pipe('log'), 'nobody reads it'),
        ):
            with self.subTest(option=option):
                self.configure({'DEFAULT': {option: value}})
                self.assert_refused(word)


class LocaleTest(ServiceTestCase):
    """All files are UTF-8, wherever the server was started."""

    def assert_starts(self, **environment: str) -> None:
        # Embedded in a server, Python does neither of these by itself.
        starts = service_starts.ServiceStarts(
            PYTHONUTF8='0', PYTHONCOERCECLOCALE='0', **environment
        )
        outcome = self.useFixture(starts).start(self.directory)
        self.assertEqual(0, outcome.status, outcome.stderr)
        self.assertEqual('', outcome.stderr)

    def test_a_locale_without_utf8(self) -> None:
        policy = self.directory / 'policy.yaml'
        policy.write_text('# \N{SNOWMAN}\n')
        beside = self.directory / 'keypair_ext.conf.d'
        beside.mkdir()
        (beside / 'a.conf').write_text('')
        for path in (
            self.paste_file,
            self.directory / 'keypair_ext.conf',
            beside / 'a.conf',
        ):
            with path.open('a') as file:
                file.write('\n# caf\N{LATIN SMALL LETTER E WITH ACUTE}\n')
        for locale in ('C', 'POSIX', 'nosuch_LOCALE', ''):
            with self.subTest(locale=locale):
                self.assert_starts(LC_ALL=locale, LANG='')


class ServerTest(ServiceTestCase):
    """What an operator sees of it under a server."""

    def _run_command(
        self, *argv: str | Path
    ) -> subprocess.CompletedProcess[str]:
        return completed(
            argv,
            env=gunicorn.environment(self.directory, process.free_port()),
            cwd=self.directory,
        )

    def test_a_mistake_under_gunicorn(self) -> None:
        self.paste_file.unlink()
        done = self._run_command(*gunicorn.command())
        self.assertEqual(_CANNOT_START, done.returncode, done.stderr)
        self.assertRegex(done.stderr, r'\Akeypair_ext: .*\n\Z')

    def test_a_mistake_under_gunicorn_that_does_not_preload(self) -> None:
        self.paste_file.unlink()
        port = process.free_port()
        done = self._run_command(
            sys.executable,
            *('-m', 'gunicorn', '--bind', f'{process.LOOPBACK}:{port}'),
            gunicorn.APPLICATION,
        )
        # It gives up instead of starting workers for ever.
        self.assertEqual(_CANNOT_START, done.returncode, done.stderr)
        self.assertIn('keypair_ext: ', done.stderr)
        self.assertIn('Worker failed to boot', done.stderr)
        self.assertNotIn('Traceback', done.stderr)

    def _assert_unavailable(self, *words: str) -> None:
        """Fail unless the service runs, answers 503, and logs these words."""
        server = self.useFixture(gunicorn.Gunicorn(self.directory))
        token = {'X-Auth-Token': fixtures.TOKEN}
        answer = rest.call(
            'GET', f'{server.url}/v2.1/os-keypairs', headers=token
        ).expect(503)
        self.assertEqual('1', answer.headers['Retry-After'])
        self.assertEqual(503, answer.json()['serviceUnavailable']['code'])
        told = len(server.daemon.log)
        rest.call('GET', f'{server.url}/healthcheck').expect(503)
        # It is about nobody, and not about who asked before.
        self.assertNotIn('amelia', server.daemon.log[told:])
        self.assertIn('database', server.daemon.log[told:])
        for word in words:
            self.assertIn(word, server.daemon.log)
        self.assertNotIn('Traceback', server.daemon.log)

    def test_a_database_without_tables(self) -> None:
        self._assert_unavailable(
            'no table key_pairs', '"keypair-ext-manage db sync"'
        )

    def test_a_file_that_is_no_database(self) -> None:
        database = self.directory / 'garbage.sqlite'
        database.write_bytes(b'garbage ' * 2048)
        self.configure({'database': {'connection': f'sqlite:///{database}'}})
        self._assert_unavailable('file is not a database')

    @unittest.skipUnless(importlib.util.find_spec('pymysql'), 'no PyMySQL')
    def test_a_database_that_cannot_be_reached(self) -> None:
        port = process.free_port()
        url = f'mysql+pymysql://u:secret@{process.LOOPBACK}:{port}/d'
        self.configure({'database': {'connection': url}})
        self._assert_unavailable("Can't connect", process.LOOPBACK)
