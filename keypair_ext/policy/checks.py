# SPDX-License-Identifier: Apache-2.0

"""What a rule comes down to: the checks at the leaves of its tree."""

from collections.abc import Iterable, Iterator
from typing import Any

from oslo_policy import policy

# oslo.policy's base class of checks has no public name.
Check = Any


def leaves(check: Check) -> Iterator[Check]:
    """Yield the checks that ``and``, ``or`` and ``not`` join."""
    waiting = [check]
    while waiting:
        check = waiting.pop()
        # By its very class: a subclass is an operator's own.
        if type(check) in (policy.AndCheck, policy.OrCheck):
            waiting += check.rules
        elif type(check) is policy.NotCheck:
            waiting.append(check.rule)
        else:
            yield check


def reach(rules: policy.Rules, names: Iterable[str]) -> dict[str, list[Check]]:
    """Return the leaves of all rules that deciding on some may ask.

    An undefined rule has none, unless there is a default rule: oslo.policy
    refuses what it is for.
    """
    reached: dict[str, list[Check]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            check = lookup(rules, name)
            reached[name] = [] if check is None else list(leaves(check))
            waiting += references(reached[name])
    return reached


def lookup(rules: policy.Rules, name: str) -> Check | None:
    """Return the check of a rule or of the default rule, None without one."""
    try:
        return rules[name]
    except KeyError:
        return None


def references(found: Iterable[Check]) -> list[str]:
    """Return the names of the rules that leaves refer to."""
    return [leaf.match for leaf in found if isinstance(leaf, policy.RuleCheck)]


def is_pure(leaf: Check) -> bool:
    """Say whether a leaf is a pure function of target and credentials.

    It is if it is oslo.policy's own, or Nova's ``is_admin``, and asks no
    other server and no other rule.
    """
    kind = getattr(leaf, 'kind', None)
    known = type(leaf).__module__.startswith('oslo_policy.')
    return (known or kind == 'is_admin') and kind not in (
        'http',
        'https',
        'rule',
    )


def read_is_admin_as_nova(check: Check) -> Check:
    """Let ``is_admin`` of a check mean what Nova's own check of it means.

    That reads ``true`` in any case, and all else as ``False``.
    """
    for leaf in leaves(check):
        if getattr(leaf, 'kind', None) == 'is_admin':
            leaf.match = str(leaf.match.lower() == 'true')
    return check
