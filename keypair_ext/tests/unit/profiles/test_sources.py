# SPDX-License-Identifier: Apache-2.0

"""Where profiles come from, and what is said where one cannot be."""

import sys

import fixtures

from keypair_ext import exception, profiles
from keypair_ext.profiles import sources
from keypair_ext.tests import base

TEXT = 'name = "acme"\nsummary = "Acme Cloud."\n'


class SourcesTestCase(base.TestCase):
    def refuse(self, name: str) -> str:
        """Load what cannot be loaded and return the sentence."""
        return str(
            self.assertRaises(
                exception.ConfigurationError, profiles.load, name
            )
        )


class TestFile(SourcesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.directory / 'acme.toml'
        self.path.write_text(TEXT)

    def test_addresses(self) -> None:
        for address in (
            f'file:{self.path}',
            f'file://{self.path}',
            f'file:{str(self.path).replace(".", "%2E")}',
        ):
            self.assertEqual('acme', profiles.load(address).name)

    def test_signs_of_urls_are_part_of_the_path(self) -> None:
        odd = self.directory / 'a#b?c.toml'
        odd.write_text(TEXT)
        self.assertEqual('acme', profiles.load(f'file:{odd}').name)

    def test_relative(self) -> None:
        for address in (
            'file:acme.toml',
            'file:./acme.toml',
            'file:~/acme.toml',
            'file:',
            'file://',
            # What stands there in a URL is a host.
            'file://etc/acme.toml',
        ):
            message = self.refuse(address)
            self.assertIn('needs an absolute path', message)
            self.assertIn(address, message)

    def test_unreadable(self) -> None:
        address = f'file:{self.directory}'
        self.assertIn(
            f'{address} cannot be read: Is a directory', self.refuse(address)
        )
        self.assertIn(
            'cannot be read: No such file', self.refuse(f'{address}/none')
        )
        self.path.write_bytes(b'name = "\xff"')
        self.assertIn('not UTF-8', self.refuse(f'file:{self.path}'))
        self.assertIn(
            'needs an absolute path', self.refuse(f'file:{self.path}%00')
        )

    def test_byte_order_mark(self) -> None:
        self.path.write_text(TEXT, encoding='utf-8-sig')
        self.assertEqual('acme', profiles.load(f'file:{self.path}').name)

    def test_not_toml(self) -> None:
        self.path.write_text('name: acme\n')
        message = self.refuse(f'file:{self.path}')
        self.assertIn(f'file:{self.path} is not TOML', message)
        self.assertIn('line 1', message)

    def test_variant_with_one_of_our_names(self) -> None:
        for name in profiles.available():
            self.path.write_text(TEXT.replace('acme', name))
            message = self.refuse(f'file:{self.path}')
            self.assertIn(f'name: {name} is one of ours', message)


class TestName(SourcesTestCase):
    def test_ours(self) -> None:
        self.assertIn('nova', profiles.available())
        for name in profiles.available():
            self.assertEqual(name, profiles.load(name).name)

    def test_unknown(self) -> None:
        for name in ('acme', '', 'Nova', '../nova', '/etc/acme', 'nova.toml'):
            message = self.refuse(name)
            self.assertIn(f'There is no profile {name!r}', message)
            self.assertIn('nova, otc, rackspace, vietnix', message)


class TestEntryPoint(SourcesTestCase):
    """A package needs no more than a directory and its metadata."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(
            fixtures.MonkeyPatch('sys.path', [*sys.path, str(self.directory)])
        )
        # Packages of other tests, of the same name, must not be found.
        self.addCleanup(sys.modules.pop, 'acme_profiles', None)
        self.package = self.directory / 'acme_profiles'
        self.package.mkdir()
        (self.package / '__init__.py').touch()
        (self.package / 'acme.toml').write_text(TEXT)

    def install(
        self, name: str, value: str, distribution: str = 'acme'
    ) -> None:
        info = self.directory / f'{distribution}-1.0.dist-info'
        info.mkdir()
        (info / 'METADATA').write_text(
            f'Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n'
        )
        (info / 'entry_points.txt').write_text(
            f'[{sources.ENTRY_POINT_GROUP}]\n{name} = {value}\n'
        )

    def test_found(self) -> None:
        self.install('acme', 'acme_profiles:acme.toml')
        self.assertIn('acme', profiles.available())
        self.assertEqual('Acme Cloud.', profiles.load('acme').summary)

    def test_below_a_package(self) -> None:
        below = self.package / 'more'
        below.mkdir()
        (below / 'acme.toml').write_text(TEXT)
        self.install('acme', 'acme_profiles.more:acme.toml')
        self.addCleanup(sys.modules.pop, 'acme_profiles.more', None)
        self.assertEqual('acme', profiles.load('acme').name)

    def test_not_a_resource(self) -> None:
        for number, value in enumerate(
            ('acme_profiles', 'acme_profiles:', 'acme_profiles:profile')
        ):
            self.install(f'acme{number}', value, f'acme{number}')
            self.assertIn(
                'not of the form package:file.toml',
                self.refuse(f'acme{number}'),
            )

    def test_no_such_package(self) -> None:
        self.install('acme', 'acme_nowhere:acme.toml')
        self.assertIn("No module named 'acme_nowhere'", self.refuse('acme'))

    def test_broken_package(self) -> None:
        (self.package / '__init__.py').write_text('1 / 0\n')
        self.install('acme', 'acme_profiles:acme.toml')
        self.assertIn('ZeroDivisionError', self.refuse('acme'))

    def test_no_such_resource(self) -> None:
        self.install('acme', 'acme_profiles:none.toml')
        self.assertIn('cannot be read: No such file', self.refuse('acme'))

    def test_another_name_inside(self) -> None:
        self.install('gold', 'acme_profiles:acme.toml')
        self.assertIn('name: acme is not gold', self.refuse('gold'))

    def test_one_of_our_names(self) -> None:
        self.install('nova', 'acme_profiles:acme.toml')
        self.assertEqual('nova', profiles.load('nova').name)

    def test_two_packages(self) -> None:
        self.install('acme', 'acme_profiles:acme.toml')
        self.install('acme', 'acme_profiles:acme.toml', 'copycat')
        self.assertIn('Several installed packages', self.refuse('acme'))
