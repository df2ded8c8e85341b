# SPDX-License-Identifier: Apache-2.0

"""What a version means, asked by name."""

import dataclasses
import itertools
from typing import Any

from microversion_parse import Version

from keypair_ext import exception, profiles
from keypair_ext.api import contract, microversions
from keypair_ext.tests import base
from keypair_ext.tests.versions import NEWEST

NOVA = profiles.load(profiles.DEFAULT)


def contracts(newest: str = NEWEST) -> contract.Contracts:
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


def meaning(version: Version) -> Any:
    """Return all that a version means, its name left out."""

    def told(value: Any) -> Any:
        if dataclasses.is_dataclass(value):
            return {
                field.name: told(getattr(value, field.name))
                for field in dataclasses.fields(value)
            }
        return getattr(value, 'schema', value)

    contract = choose(contracts(), str(version))
    return told(
        dataclasses.replace(contract, version=None, version_headers=())
    )


class ContractsTest(base.TestCase):
    def test_each_boundary_changes_something(self) -> None:
        # Between them all is equal, since there one contract answers; what
        # changes is told in gabbits/version-*.yaml.
        changes = sorted(microversions.CHANGES)
        for before, after in itertools.pairwise(changes):
            with self.subTest(version=after):
                self.assertNotEqual(meaning(before), meaning(after))

    def test_only_the_history_changes_key_pairs(self) -> None:
        history = [version for version, _ in microversions.HISTORY]
        self.assertEqual(sorted(set(history)), history)
        self.assertLessEqual(history[-1], microversions.MAX_VERSION)
        for before, after in itertools.pairwise(sorted(microversions.CHANGES)):
            own = [meaning(version) for version in (before, after)]
            for told in own:
                del told['beside']
            self.assertEqual(after in history, own[0] != own[1])

    def test_each_version_is_answered_as_itself(self) -> None:
        mount = contracts()
        for minor in range(1, microversions.MAX_VERSION.minor + 1):
            version = f'2.{minor}'
            found = choose(mount, version)
            self.assertEqual(version, found.version)
            self.assertEqual(
                contract.version_headers(version), found.version_headers
            )

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
