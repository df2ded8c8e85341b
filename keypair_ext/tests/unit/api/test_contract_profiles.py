# SPDX-License-Identifier: Apache-2.0

"""What profiles make of the contracts."""

import dataclasses
from typing import Any

from microversion_parse import Version

from keypair_ext import exception, profiles
from keypair_ext.api import contract, microversions
from keypair_ext.profiles import model
from keypair_ext.tests import base

V2_1 = {'HTTP_OPENSTACK_API_VERSION': 'compute 2.1'}
LATEST = {'HTTP_OPENSTACK_API_VERSION': 'compute latest'}
LEGACY = {'openstack.legacy_v2': True}


def contracts(
    max_version: Version = microversions.MAX_VERSION, **tables: Any
) -> contract.Contracts:
    """Return the contracts of a profile with these settings."""
    profile = profiles.Profile('acme', 'Acme Cloud.', **tables)
    return contract.Contracts(profile, max_version)


def takes(chosen: contract.Contract, name: str) -> bool:
    """Say whether a name is taken."""
    keypair = {'name': name, 'public_key': ''}
    try:
        chosen.create_body.validate({'keypair': keypair})
    except exception.ValidationFailed:
        return False
    return True


class TestVersions(base.TestCase):
    def test_latest_is_the_profiles(self) -> None:
        made = contracts(versions=model.Versions(max='2.72'))
        self.assertEqual('2.72', made.choose(LATEST).version)
        self.assertEqual(Version(2, 72), made.max_version)

    def test_the_mounts_is_lower(self) -> None:
        made = contracts(Version(2, 35), versions=model.Versions(max='2.72'))
        self.assertEqual('2.35', made.choose(LATEST).version)

    def test_fixed(self) -> None:
        fixed = model.Versions(negotiated=False, behaves_as='2.35')
        for max_version in (microversions.MAX_VERSION, Version(2, 1)):
            made = contracts(max_version, versions=fixed)
            self.assertFalse(made.negotiated)
            for environ in ({}, V2_1, LATEST, LEGACY):
                chosen = made.choose(environ)
                self.assertIsNone(chosen.version)
                self.assertEqual((), chosen.version_headers)
                self.assertTrue(chosen.pages)

    def test_newer_than_ours(self) -> None:
        for versions, key in (
            (model.Versions(max='2.999'), 'max'),
            (
                model.Versions(negotiated=False, behaves_as='2.999'),
                'behaves_as',
            ),
        ):
            self.assertIn(
                f'Profile acme is not valid: versions.{key}: 2.999 is newer '
                f'than {microversions.MAX_VERSION}',
                self.mistake(contracts, versions=versions),
            )

    def test_only_versions_that_the_mount_has_are_advised(self) -> None:
        document = {'keypair': {'name': 'a', 'type': 'ssh', 'public_key': ''}}
        for made, advised in (
            (contracts(), True),
            (contracts(Version(2, 1)), False),
            (contracts(versions=model.Versions(negotiated=False)), False),
        ):
            error = self.assertRaises(
                exception.ValidationFailed,
                made.choose(V2_1).create_body.validate,
                document,
            )
            self.assertEqual(advised, 'from version 2.2 on' in str(error))


class TestUpstream(base.TestCase):
    def test_a_profile_without_settings_changes_nothing(self) -> None:
        upstream, nova = (
            contract.Contracts(profile, microversions.MAX_VERSION)
            for profile in (
                profiles.Profile('', ''),
                profiles.load(profiles.DEFAULT),
            )
        )
        for minor in range(1, microversions.MAX_VERSION[1] + 1):
            asked = {'HTTP_OPENSTACK_API_VERSION': f'compute 2.{minor}'}
            self.assertEqual(
                self.described(upstream.choose(asked)),
                self.described(nova.choose(asked)),
            )

    @staticmethod
    def described(chosen: contract.Contract) -> dict[str, Any]:
        return {
            field.name: getattr(value, 'schema', value)
            for field in dataclasses.fields(chosen)
            for value in [getattr(chosen, field.name)]
            if field.name != 'beside'
        }


class TestNames(base.TestCase):
    def test_characters(self) -> None:
        names = model.Names(characters='[a-cé ]', max_length=4)
        made = contracts(names=names)
        for environ in (V2_1, LATEST, LEGACY):
            chosen = made.choose(environ)
            for name in ('a', 'é', 'a b', 'abca'):
                self.assertTrue(takes(chosen, name), name)
            for name in (
                '',
                'd',
                'abcab',
                ' a',
                'a ',
                ' ',
                'a\n',
                'a.b',
                'a@',
            ):
                self.assertFalse(takes(chosen, name), name)

    def test_a_short_name_is_told_so(self) -> None:
        made = contracts(names=model.Names(min_length=2))
        for name, reason in (
            ('a', 'It is too short: 2 characters at least, not 1'),
            ('', 'it must not be empty'),
        ):
            error = self.assertRaises(
                exception.ValidationFailed,
                made.choose(V2_1).create_body.validate,
                {'keypair': {'name': name}},
            )
            self.assertIn(reason, str(error))
