# SPDX-License-Identifier: Apache-2.0

"""What was decided by some rules, so that it need not be asked again.

A decision is remembered by rule, target and every credential, and never
where a rule asks another server or runs an operator's own check. Where rules
ask of an id only whether target and credentials have the same, that is
remembered in its place, so that what was decided for one user counts for the
next.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from oslo_context import context as oslo_context
from oslo_policy import policy

from keypair_ext.policy import checks, rules

Target = Mapping[str, str | None]
Credentials = dict[str, Any]

# Of these there are as many as users and projects.
_IDS = ('user_id', 'project_id')


class Decision(NamedTuple):
    """Whether something is allowed, and to an administrator."""

    allowed: bool
    is_admin: bool


def credentials(context: oslo_context.RequestContext) -> Credentials:
    """Return what rules may ask about a context, in a dictionary of its own.

    Nova's contexts have decided who is an administrator; reading that of
    their policy values is deprecated. Others leave it to the rules.
    """
    values = context.to_policy_values()
    names = list(values)
    if 'is_admin' not in names:
        return dict(values)
    told = {name: values[name] for name in names if name != 'is_admin'}
    told['is_admin'] = bool(context.is_admin)
    return told


class Decisions(dict[bytes | None, Decision]):
    """What was decided by rules that do not change, by what it hangs on.

    Any number of threads may use it. When it is full it forgets everything.

    :param in_force: all rules by their names.
    """

    # A client may send long names, and many roles.
    NUMBER = 1024
    LONGEST = 4096

    def __init__(self, in_force: policy.Rules) -> None:
        super().__init__()
        self._rules = in_force
        self._compared: dict[str, list[str] | None] = {}

    def key(
        self, rule: str, target: Target, context: oslo_context.RequestContext
    ) -> bytes | None:
        """Return all that the decision on a rule hangs on.

        :returns: None where it hangs on more than its input.
        """
        if rule not in self._compared:
            self._compared[rule] = self._compared_ids(rule)
        compared = self._compared[rule]
        if compared is None:
            return None
        told, asked = credentials(context), dict(target)
        for name in compared:
            # Who lacks it has not the same.
            theirs = str(asked.pop(name)) if name in asked else None
            if name in told:
                told[name] = theirs == str(told[name])
        try:
            return orjson.dumps((rule, told, asked))
        except TypeError:
            # A host's context may have values of any kind.
            return None

    def keep(self, key: bytes | None, decision: Decision) -> None:
        """Remember a decision, unless it hangs on more than its input."""
        if key is not None and len(key) <= self.LONGEST:
            if len(self) >= self.NUMBER:
                self.clear()
            self[key] = decision

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


def _only_compares(leaf: checks.Check, name: str) -> bool:
    """Say whether a leaf asks of an id at most if both sides have the same."""
    kind = str(getattr(leaf, 'kind', ''))
    match = str(getattr(leaf, 'match', ''))
    if kind == name and match == f'%({name})s':
        return True
    return name not in kind and name not in match
