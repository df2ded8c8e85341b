# SPDX-License-Identifier: Apache-2.0

"""What was decided by some rules, so that it need not be asked again.

A decision is remembered by rule, target and every credential, and never
where a rule asks another server or runs an operator's own check. Where rules
ask of an id only whether target and credentials have the same, that is
remembered in its place, so that what was decided for one user counts for the
next.
"""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from oslo_policy import policy

from keypair_ext.cache import Cache
from keypair_ext.policy import checks, rules

Target = Mapping[str, str | None]
Credentials = dict[str, Any]

# Of these there are as many as users and projects.
_IDS = ('user_id', 'project_id')


class Decision(NamedTuple):
    """Whether something is allowed, and to an administrator."""

    allowed: bool
    is_admin: bool


class Decisions:
    """What was decided by rules that do not change.

    :param in_force: all rules by their names.
    """

    # A client may send long names, and many roles.
    NUMBER = 4096
    SIZE = 2**20

    def __init__(self, in_force: policy.Rules) -> None:
        self._rules = in_force
        self._cache: Cache[Hashable, Decision] = Cache(self.NUMBER, self.SIZE)
        self._compared: dict[str, list[str] | None] = {}

    def key(
        self, rule: str, target: Target, credentials: Credentials
    ) -> Hashable:
        """Return all that the decision on a rule hangs on.

        :returns: None where it hangs on more than its input.
        """
        if rule not in self._compared:
            self._compared[rule] = self._compared_ids(rule)
        compared = self._compared[rule]
        if compared is None:
            return None
        key = (
            rule,
            *[_are_same(name, target, credentials) for name in compared],
            *_others(target, compared),
            *_others(credentials, compared),
        )
        try:
            hash(key)
        except TypeError:
            # A host's context may have values of any kind.
            return None
        return key

    def get(self, key: Hashable) -> Decision | None:
        """Return the decision, None where it has to be made."""
        return self._cache.get(key)

    def keep(self, key: Hashable, decision: Decision) -> None:
        """Remember a decision, unless it hangs on more than its input."""
        if key is not None:
            self._cache.put(key, decision, size=len(ascii(key)))

    def _compared_ids(self, rule: str) -> list[str] | None:
        """Return the ids of which a rule asks only if they are the same."""
        reached = checks.reach(self._rules, (rule, rules.CONTEXT_IS_ADMIN))
        leaves = [
            leaf
            for found in reached.values()
            for leaf in found
            if not isinstance(leaf, policy.RuleCheck)
        ]
        if not all(map(checks.is_pure, leaves)):
            return None
        return [
            name
            for name in _IDS
            if all(_only_compares(leaf, name) for leaf in leaves)
        ]


def _are_same(name: str, target: Target, credentials: Credentials) -> bool:
    """Say whether both sides have the same; who lacks it has not."""
    return (
        name in target
        and name in credentials
        and str(target[name]) == str(credentials[name])
    )


def _others(side: Mapping[str, Any], compared: list[str]) -> list[Hashable]:
    """Return the names and the values of a side, but for those compared."""
    others = {**side}
    for name in compared:
        others.pop(name, None)
    values = [
        tuple(value) if isinstance(value, list) else value
        for value in others.values()
    ]
    return [tuple(others), *values]


def _only_compares(leaf: checks.Check, name: str) -> bool:
    """Say whether a leaf asks of an id at most if both sides have the same."""
    kind = str(getattr(leaf, 'kind', ''))
    match = str(getattr(leaf, 'match', ''))
    if kind == name and match == f'%({name})s':
        return True
    return name not in kind and name not in match
