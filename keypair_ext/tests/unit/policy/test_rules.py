# SPDX-License-Identifier: Apache-2.0

"""The rules are Nova's."""

import importlib
from typing import Any

from oslo_policy import policy as oslo_policy

from keypair_ext.policy import rules
from keypair_ext.tests import base


class RulesTest(base.TestCase):
    def test_names_are_unique(self) -> None:
        names = [rule.name for rule in rules.list_rules()]
        self.assertEqual(sorted(set(names)), sorted(names))

    def test_as_in_nova(self) -> None:
        try:
            policies: Any = importlib.import_module('nova.policies')
        except ImportError:
            self.skipTest('Nova is not installed beside keypair_ext')
        theirs = {rule.name: rule for rule in policies.list_rules()}
        for rule in rules.list_rules():
            with self.subTest(rule=rule.name):
                other = theirs[rule.name]
                self.assertEqual(other.check_str, rule.check_str)
                self.assertEqual(other.scope_types, rule.scope_types)
                self.assertEqual(
                    replaced(other.deprecated_rule),
                    replaced(rule.deprecated_rule),
                )


def replaced(old: oslo_policy.DeprecatedRule | None) -> object:
    """Return what of a deprecated rule decides."""
    return old and (old.name, old.check_str)
