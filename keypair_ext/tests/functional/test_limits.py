# SPDX-License-Identifier: Apache-2.0

"""Limits and quotas in the service: all that Nova's API reference lists.

The conformance suite holds them against a real Nova.
"""

from typing import Any

from keypair_ext.api import microversions
from keypair_ext.tests.functional import base

QUOTA = 7

# Of the schemas that Nova publishes for its answers: (key, the version from
# which it is there no more).
ABSOLUTE = (
    ('maxImageMeta', 39),
    ('maxPersonality', 57),
    ('maxPersonalitySize', 57),
    ('maxSecurityGroupRules', 36),
    ('maxSecurityGroups', 36),
    ('maxServerGroupMembers', None),
    ('maxServerGroups', None),
    ('maxServerMeta', None),
    ('maxTotalCores', None),
    ('maxTotalFloatingIps', 36),
    ('maxTotalInstances', None),
    ('maxTotalKeypairs', None),
    ('maxTotalRAMSize', None),
    ('totalCoresUsed', None),
    ('totalFloatingIpsUsed', 36),
    ('totalInstancesUsed', None),
    ('totalRAMUsed', None),
    ('totalSecurityGroupsUsed', 36),
    ('totalServerGroupsUsed', None),
)
RESOURCES = (
    ('cores', None),
    ('fixed_ips', 36),
    ('floating_ips', 36),
    ('injected_file_content_bytes', 57),
    ('injected_file_path_bytes', 57),
    ('injected_files', 57),
    ('instances', None),
    ('key_pairs', None),
    ('metadata_items', None),
    ('ram', None),
    ('security_group_rules', 36),
    ('security_groups', 36),
    ('server_group_members', None),
    ('server_groups', None),
)


def keys(table: tuple[tuple[str, int | None], ...], minor: int) -> set[str]:
    return {key for key, gone in table if gone is None or minor < gone}


class Limits(base.TestCase):
    options = {'quota': {'key_pairs': str(QUOTA)}}

    def get(self, path: str, minor: int = 1) -> Any:
        response = self.service.ask(
            'GET', f'/v2.1/{path}', version=f'2.{minor}'
        )
        self.assertEqual(200, response.status_int, response.text)
        (document,) = response.json.values()
        return document

    def test_all_keys_of_each_version(self) -> None:
        for minor in range(1, microversions.MAX_VERSION.minor + 1):
            with self.subTest(version=f'2.{minor}'):
                limits = self.get('limits', minor)
                self.assertEqual({'rate', 'absolute'}, set(limits))
                self.assertEqual([], limits['rate'])
                absolute = limits['absolute']
                self.assertEqual(keys(ABSOLUTE, minor), set(absolute))
                self.assertEqual(QUOTA, absolute['maxTotalKeypairs'])
                self.assertEqual({int}, {type(n) for n in absolute.values()})
                for place in ('', '/defaults', '/detail'):
                    quota = self.get(f'os-quota-sets/aaaa{place}', minor)
                    self.assertEqual('aaaa', quota.pop('id'))
                    self.assertEqual(keys(RESOURCES, minor), set(quota))

    def test_quotas(self) -> None:
        self.service.create('a')
        for path in (
            'os-quota-sets/aaaa',
            'os-quota-sets/aaaa?user_id=amelia',
            'os-quota-sets/aaaa?user_id=',
            'os-quota-sets/aaaa/defaults',
            'os-quota-sets/zzzz/defaults?x=1',
        ):
            with self.subTest(path=path):
                quota = self.get(path, microversions.MAX_VERSION.minor)
                self.assertEqual(QUOTA, quota['key_pairs'])
        detail = self.get('os-quota-sets/aaaa/detail?user_id=amelia')
        # 0 in Nova, too: they are a user's, not a project's.
        self.assertEqual(
            {'in_use': 0, 'limit': QUOTA, 'reserved': 0}, detail['key_pairs']
        )


class LargestLimitTest(base.TestCase):
    """More than a database takes, or JSON that others read."""

    options = {'quota': {'key_pairs': str(10**30)}}

    def test_it_is_a_limit(self) -> None:
        self.service.create('imported')
        body = {'keypair': {'name': 'generated'}}
        made = self.service.ask('POST', '/v2.1/os-keypairs', body=body)
        self.assertEqual(200, made.status_int)
        limits = self.service.ask('GET', '/v2.1/limits').json['limits']
        self.assertLess(10**18, limits['absolute']['maxTotalKeypairs'])
