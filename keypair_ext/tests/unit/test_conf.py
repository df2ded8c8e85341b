# SPDX-License-Identifier: Apache-2.0

"""Which configuration a paste section gets."""

import pathlib

import fixtures
from oslo_config import cfg

from keypair_ext import conf, config_files
from keypair_ext.tests import base


class ConfTestCase(base.TestCase):
    def file(self, text: str, name: str = 'keypair_ext.conf') -> str:
        path = self.directory / name
        path.write_text(text)
        return str(path)


class FromPasteTest(ConfTestCase):
    def test_the_processes_own(self) -> None:
        self.assertIs(cfg.CONF, config_files.from_paste({}))

    def test_a_file(self) -> None:
        for project in ({}, {'oslo_config_project': 'anything'}):
            path = self.file('[api]\nmax_limit = 5\n')
            made = config_files.from_paste(
                {'oslo_config_file': path, **project}
            )
            conf.register_api_opts(made)
            self.assertEqual(5, made.api.max_limit)
            self.assertIsNot(cfg.CONF, made)

    def test_a_project(self) -> None:
        self.useFixture(
            fixtures.EnvironmentVariable('HOME', str(self.directory))
        )
        self.file('[api]\nmax_limit = 6\n', name='ours.conf')

        made = config_files.from_paste({'oslo_config_project': 'ours'})

        conf.register_api_opts(made)
        self.assertEqual(6, made.api.max_limit)

    def test_the_command_line_is_not_looked_at(self) -> None:
        self.useFixture(
            fixtures.MonkeyPatch('sys.argv', ['nova-api', '--no-such-thing'])
        )
        config_files.from_paste({'oslo_config_file': self.file('')})

    def refusal(self, local_conf: dict[str, str]) -> str:
        return self.mistake(config_files.from_paste, local_conf)

    def test_no_file_of_the_project(self) -> None:
        message = self.refusal({'oslo_config_project': 'no_such_project'})

        for place in (
            '~/.no_such_project',
            '/etc/no_such_project',
            'no_such_project.conf',
            'oslo_config_file',
        ):
            self.assertIn(place, message)

    def test_missing(self) -> None:
        path = str(self.directory / 'missing.conf')
        self.assertIn(path, self.refusal({'oslo_config_file': path}))

    def test_a_directory(self) -> None:
        path = str(self.directory)
        self.assertIn(path, self.refusal({'oslo_config_file': path}))

    def test_malformed(self) -> None:
        for text in ('no group = 1\n[', '[api\n', 'max_limit\n'):
            with self.subTest(text=text):
                path = self.file(text)
                self.assertIn(path, self.refusal({'oslo_config_file': path}))


class FilesTest(ConfTestCase):
    """Which files are read, and what they have to be."""

    def setUp(self) -> None:
        super().setUp()
        self.home = self.directory / 'home'
        for place in ('.keypair_ext', '.'):
            elsewhere = self.home / place / 'keypair_ext.conf.d'
            elsewhere.mkdir(parents=True)
            (elsewhere / 'x.conf').write_text('[api]\nmax_limit = 1\n')
        self.useFixture(fixtures.EnvironmentVariable('HOME', str(self.home)))

    def max_limit(self, *named: str) -> int:
        made = config_files.parse(named, conf.PROJECT)
        conf.register_api_opts(made)
        limit: int = made.api.max_limit
        return limit

    def test_nothing_from_elsewhere(self) -> None:
        self.assertEqual(7, self.max_limit(self.file('[api]\nmax_limit = 7')))
        self.assertEqual(1000, self.max_limit(self.file('')))

    def test_nothing_of_the_program(self) -> None:
        self.useFixture(fixtures.MonkeyPatch('sys.argv', ['/usr/bin/uwsgi']))
        for name, limit in (('uwsgi', 1), ('ours', 7)):
            path = self.home / f'{name}.conf'
            path.write_text(f'[api]\nmax_limit = {limit}\n')
        made = config_files.from_paste({'oslo_config_project': 'ours'})
        conf.register_api_opts(made)
        self.assertEqual(7, made.api.max_limit)

    def test_the_directory_beside_a_file(self) -> None:
        path = self.file('[api]\nmax_limit = 7\n', '[odd] name*.conf')
        beside = pathlib.Path(f'{path}.d')
        beside.mkdir()
        for name, limit in (('1.conf', 8), ('2.conf', 9), ('3.txt', 10)):
            (beside / name).write_text(f'[api]\nmax_limit = {limit}\n')
        self.assertEqual(9, self.max_limit(path))
        # A file that is named later wins over it.
        later = self.file('[api]\nmax_limit = 5\n', 'later.conf')
        self.assertEqual(5, self.max_limit(path, later))

    def test_the_default_files(self) -> None:
        for directory, names, expected in (
            (None, None, ['/etc/keypair_ext/keypair_ext.conf']),
            ('', '', ['/etc/keypair_ext/keypair_ext.conf']),
            ('/srv', ' ; ', ['/srv/keypair_ext.conf']),
            (None, '/etc/nova/nova.conf', ['/etc/nova/nova.conf']),
            ('/srv', '/n/a.conf; b.conf', ['/n/a.conf', '/srv/b.conf']),
        ):
            with (
                fixtures.EnvironmentVariable(
                    'OS_KEYPAIR_EXT_CONFIG_DIR', directory
                ),
                fixtures.EnvironmentVariable(
                    'OS_KEYPAIR_EXT_CONFIG_FILES', names
                ),
            ):
                self.assertEqual(expected, config_files.default_files())

    def test_text_that_is_not_utf8(self) -> None:
        path = pathlib.Path(self.file(''))
        beside = pathlib.Path(f'{path}.d')
        beside.mkdir()
        for broken in (path, beside / '1.conf'):
            for content, words in (
                (b'[api]\n# caf\xe9\n', f'{broken}:2 is not UTF-8'),
                ('[api]\n'.encode('utf-16'), f'{broken}:1 is not UTF-8'),
                (b'\xef\xbb\xbf[api]\n', f'{broken} begins with a byte'),
            ):
                with self.subTest(words=words):
                    broken.write_bytes(content)
                    self.assertIn(
                        words, self.mistake(self.max_limit, str(path))
                    )
            broken.write_text('# caf\N{LATIN SMALL LETTER E WITH ACUTE}\n')
        self.assertEqual(1000, self.max_limit(str(path)))


class RegisterTest(ConfTestCase):
    def test_defaults(self) -> None:
        made = config_files.parse([self.file('')])
        conf.register_opts(made, 'database')

        self.assertEqual(
            ('keystone', 1000, None, 100, 'local', 114688),
            (
                made.api.auth_strategy,
                made.api.max_limit,
                made.api.compute_link_prefix,
                made.quota.key_pairs,
                made.quota.driver,
                made.oslo_middleware.max_request_body_size,
            ),
        )

    def test_database_group(self) -> None:
        made = config_files.parse([self.file('[mine]\nconnection = x\n')])
        conf.register_opts(made, 'mine')

        self.assertEqual('x', made.mine.connection)
        self.assertNotIn('database', made)

    def test_twice(self) -> None:
        made = config_files.parse([self.file('')])
        conf.register_opts(made, 'database')
        conf.register_opts(made, 'api_database')
        conf.register_api_opts(made)

    def test_two_share_nothing(self) -> None:
        one, other = (
            config_files.parse([self.file('')]),
            config_files.parse([self.file('')]),
        )
        for made in (one, other):
            conf.register_opts(made, 'database')

        one.set_override('key_pairs', 5, group='quota')

        self.assertEqual(100, other.quota.key_pairs)

    def test_what_the_host_has_stays(self) -> None:
        made = config_files.parse([self.file('[quota]\nkey_pairs = 7\n')])
        theirs = cfg.IntOpt('key_pairs', default=3, help="Nova's")
        made.register_opt(theirs, group='quota')

        conf.register_opts(made, 'api_database')

        self.assertEqual(7, made.quota.key_pairs)
        self.assertIs(theirs, made._get_opt_info('key_pairs', 'quota')['opt'])

    def test_names_of_older_novas(self) -> None:
        made = config_files.parse(
            [
                self.file(
                    '[DEFAULT]\n'
                    'osapi_max_limit = 5\n'
                    'osapi_compute_link_prefix = http://x\n'
                    'quota_key_pairs = 6\n'
                )
            ]
        )
        self.useFixture(fixtures.FakeLogger())
        conf.register_opts(made, 'database')

        self.assertEqual(
            (5, 'http://x', 6),
            (
                made.api.max_limit,
                made.api.compute_link_prefix,
                made.quota.key_pairs,
            ),
        )

    def test_a_dollar_sign_in_a_password(self) -> None:
        for password in ('pa$secret', 'pa$sec.secret', '$secret$$'):
            made = config_files.parse(
                [
                    self.file(
                        f'[database]\nconnection = mysql://u:{password}@h/d\n'
                    )
                ]
            )
            told = self.mistake(conf.register_opts, made, 'database')
            self.assertIn('connection in group [database]', told)
            self.assertIn('write $$', told)
            self.assertNotIn('sec', told)

    def test_values_that_cannot_be(self) -> None:
        for text, group, option in (
            ('[api]\nmax_limit = many\n', 'api', 'max_limit'),
            ('[api]\nmax_limit = -1\n', 'api', 'max_limit'),
            ('[api]\nauth_strategy = none\n', 'api', 'auth_strategy'),
            ('[quota]\nkey_pairs = -2\n', 'quota', 'key_pairs'),
            ('[keypairs]\nretry_after = x\n', 'keypairs', 'retry_after'),
            # oslo.config reads these as no number at all.
            ('[api]\nmax_limit =\n', 'api', 'max_limit'),
            ('[quota]\nkey_pairs =\n', 'quota', 'key_pairs'),
            ('[database]\nmax_overflow = \n', 'database', 'max_overflow'),
            ('[api]\nhttp_basic_project_id =\n', 'api', 'project_id'),
            ('[listener]\njournal_directory =\n', 'listener', 'directory'),
            ('[listener]\ntopics =\n', 'listener', 'topics'),
            ('[listener]\npool =\n', 'listener', 'pool'),
        ):
            with self.subTest(text=text):
                made = config_files.parse([self.file(text)])
                told = self.mistake(conf.register_opts, made, 'database')
                self.assertIn(f'[{group}]', told)
                self.assertIn(option, told)

    def test_whose_configuration(self) -> None:
        self.assertTrue(conf.is_ours(config_files.parse([self.file('')])))


class NotificationDriversTest(ConfTestCase):
    text = '[oslo_messaging_notifications]\ndriver = log\ndriver = noop\n'

    def test_not_registered(self) -> None:
        made = config_files.parse([self.file(self.text)])

        self.assertEqual(
            ['log', 'noop'], config_files.notification_drivers(made)
        )
        # Whoever comes to register the option still can.
        self.assertNotIn('oslo_messaging_notifications', made)

    def test_registered(self) -> None:
        made = config_files.parse([self.file(self.text)])
        made.register_opt(
            cfg.MultiStrOpt('driver', default=[]),
            group='oslo_messaging_notifications',
        )
        self.assertEqual(
            ['log', 'noop'], config_files.notification_drivers(made)
        )

    def test_none(self) -> None:
        made = config_files.parse([self.file('')])
        self.assertEqual([], config_files.notification_drivers(made))
