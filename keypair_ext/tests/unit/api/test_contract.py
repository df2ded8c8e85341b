# SPDX-License-Identifier: Apache-2.0

"""What a version means, asked by name."""

import dataclasses

from microversion_parse import Version

from keypair_ext import exception, profiles
from keypair_ext.api import contract, microversions
from keypair_ext.tests import base

NOVA = profiles.load(profiles.DEFAULT)


def contracts(newest: str = '2.104') -> contract.Contracts:
    return contract.Contracts(NOVA, microversions.parse(newest))


def choose(
    mount: contract.Contracts, version: str | None, **environ: object
) -> contract.Contract:
    headers = (
        {}
        if version is None
        else {'HTTP_OPENSTACK_API_VERSION': f'compute {version}'}
    )
    return mount.choose({**headers, **environ})


class ContractsTest(base.TestCase):
    def test_meaning(self) -> None:
        mount = contracts()
        for question, version, before, after in (
            ('takes_type', '2.2', False, True),
            ('shows_type', '2.2', False, True),
            ('imported_status', '2.2', 200, 201),
            ('generated_status', '2.2', 200, 201),
            ('deleted_status', '2.2', 202, 204),
            ('takes_user_id', '2.10', False, True),
            ('pages', '2.35', False, True),
        ):
            minor = int(version[2:])
            with self.subTest(question=question):
                for asked, answer in (
                    ('2.1', before),
                    (f'2.{minor - 1}', before),
                    (version, after),
                    ('2.104', after),
                ):
                    found = choose(mount, asked)
                    self.assertEqual(answer, getattr(found, question))

    def test_never_changing(self) -> None:
        mount = contracts()
        for version in ('2.1', '2.104'):
            found = choose(mount, version)
            self.assertEqual(
                (200, 200, False),
                (
                    found.listed_status,
                    found.shown_status,
                    found.shows_created_at_on_create,
                ),
            )

    def test_frozen(self) -> None:
        found = choose(contracts(), '2.1')

        def change() -> None:
            found.pages = True  # type: ignore[misc]

        self.assertRaises(dataclasses.FrozenInstanceError, change)

    def test_made_once(self) -> None:
        mount = contracts()
        self.assertIs(choose(mount, '2.7'), choose(mount, '2.7'))
        # Versions that mean the same share what is costly to make.
        self.assertIs(
            choose(mount, '2.3').create_body, choose(mount, '2.9').create_body
        )

    def test_range(self) -> None:
        mount = contracts('2.50')

        self.assertEqual(Version(2, 50), mount.max_version)
        self.assertEqual('2.50', choose(mount, 'latest').version)
        self.assertEqual('2.1', choose(mount, None).version)
        self.assertRaises(exception.VersionNotSupported, choose, mount, '2.51')

    def test_never_beyond_ours(self) -> None:
        self.assertEqual(
            microversions.MAX_VERSION, contracts('2.999').max_version
        )

    def test_legacy(self) -> None:
        mount = contracts()
        for version in (None, '2.92', '2.999', 'bad'):
            with self.subTest(version=version):
                found = choose(mount, version, **{'openstack.legacy_v2': True})
                self.assertIsNone(found.version)
                self.assertEqual((), found.version_headers)
                self.assertEqual(200, found.imported_status)
                found.create_body.validate(
                    {'keypair': {'name': ' a/b ', 'more': 1}, 'other': 2}
                )


class HeadersTest(base.TestCase):
    def test_of_a_version(self) -> None:
        self.assertEqual(
            (
                ('OpenStack-API-Version', 'compute 2.7'),
                ('X-OpenStack-Nova-API-Version', '2.7'),
                ('Vary', 'OpenStack-API-Version'),
                ('Vary', 'X-OpenStack-Nova-API-Version'),
            ),
            contract.version_headers('2.7'),
        )

    def test_of_a_fault(self) -> None:
        found = choose(contracts(), '2.7')
        for error, chosen, headers in (
            (
                exception.NotFound(),
                found,
                contract.version_headers('2.7'),
            ),
            (exception.NotAuthenticated(), None, ()),
            (exception.InvalidVersion(version='x'), None, ()),
            (
                exception.VersionNotSupported(
                    version='2.999', min_version='2.1', max_version='2.104'
                ),
                None,
                contract.version_headers('2.999'),
            ),
            (
                exception.MethodNotAllowed(allowed='GET, POST'),
                None,
                (('Allow', 'GET, POST'),),
            ),
        ):
            with self.subTest(error=error):
                self.assertEqual(
                    headers, contract.fault_headers(error, chosen)
                )
