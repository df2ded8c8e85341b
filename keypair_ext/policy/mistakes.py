# SPDX-License-Identifier: Apache-2.0

"""An operator's mistakes in policy files, a sentence for each.

Nova goes on with most of them, and refuses what they are about. So do we:
only a rule that would raise an error at each request is refused at load.
"""

import difflib
import graphlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from oslo_policy import policy

from keypair_ext import nobody
from keypair_ext.policy import checks
from keypair_ext.policy.files import Written
from keypair_ext.policy.rules import list_rules

_OURS = [rule.name for rule in list_rules()]

# By how many characters two names differ, of both of them, when one is taken
# for a slip of the other; Nova's own differ by more.
_SLIP = 3


def undecidable(
    enforcer: policy.Enforcer,
    written: Mapping[str, Written],
    asked: Iterable[str],
) -> Iterator[str]:
    """Yield what would be an error of each request that asks for it."""
    reached = checks.reach(enforcer.rules, asked)
    graph = {name: checks.references(found) for name, found in reached.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        circle = error.args[1]
        paths = {written[name].path for name in circle if name in written}
        paths = paths or {path for path, _ in written.values()}
        yield (
            f'Rules in {", ".join(sorted(paths))} refer to each other in a '
            f'circle: '
            f'{", ".join(reversed(circle))}.'
        )
        return
    for name, found in sorted(reached.items()):
        for leaf in filter(checks.is_pure, found):
            if reason := _try(enforcer, leaf):
                yield (
                    f'Rule {name}{_place(name, written)} cannot be decided: '
                    f'{leaf} fails with {reason}.'
                )


def undefined(
    enforcer: policy.Enforcer, written: Mapping[str, Written]
) -> Iterator[str]:
    """Yield the rules that ours refer to and that nobody has defined."""
    reached = checks.reach(enforcer.rules, _OURS)
    for name, found in sorted(reached.items()):
        for other in checks.references(found):
            if checks.lookup(enforcer.rules, other) is None:
                yield (
                    f'Rule {name}{_place(name, written)} refers to rule '
                    f'{other}, which is not defined, so that it admits '
                    f'nobody by it.{_suggestion(other, enforcer.rules)}'
                )


def misspelt(
    enforcer: policy.Enforcer, written: Mapping[str, Written]
) -> Iterator[str]:
    """Yield the names that look like ours, and that nothing asks for.

    Rules of Nova's other resources are none of our business.
    """
    used = {
        name
        for check in enforcer.rules.values()
        for name in checks.references(checks.leaves(check))
    }
    for rule in list_rules():
        if rule.deprecated_rule:
            used.add(rule.deprecated_rule.name)
    for name in written:
        if name in enforcer.registered_rules or name in used:
            continue
        suggestion = _suggestion(name, _OURS)
        if suggestion or re.search('key[-_]?pair', str(name), re.IGNORECASE):
            yield (
                f'Rule {name}{_place(name, written)} is not a rule of this '
                f'service.{suggestion}'
            )


def unreadable(written: Mapping[str, Written]) -> Iterator[str]:
    """Yield the checks that oslo.policy cannot read, or reads as nobody would.

    It has ``!`` stand for what it cannot read.
    """
    for name, (path, check) in written.items():
        if not check and check not in ('', []):
            yield (
                f'Rule {name} in {path} has the check {check!r}, which admits '
                f'everybody: write "@" for that, or "!" for nobody.'
            )
            continue
        parsed = policy.Rules.from_dict({'': _without_bans(check)})['']
        for leaf in checks.leaves(parsed):
            if str(leaf) == '!':
                yield (
                    f'Rule {name} in {path} has the check '
                    f'{str(check)[:200]!r}, which cannot be read: what of it '
                    f'cannot counts as "!".'
                )
            elif getattr(leaf, 'kind', None) == 'is_admin' and (
                leaf.match.lower() not in ('true', 'false')
            ):
                yield (
                    f'Rule {name} in {path} has the check {leaf}, which '
                    f'means all but administrators: write "is_admin:True".'
                )


def _without_bans(check: Any) -> Any:
    """Return a written check with ``@`` in the place of each ``!``."""
    if isinstance(check, str):
        return re.sub(r'(?<![^\s(])!(?![^\s)])', '@', check)
    if isinstance(check, list):
        return [_without_bans(part) for part in check]
    return check


def _try(enforcer: policy.Enforcer, leaf: checks.Check) -> str | None:
    """Return how a leaf fails for somebody, if it does."""
    caller = nobody.Nobody(
        user_id='user',
        project_id='project',
        roles=['member'],
        service_roles=['service'],
    )
    credentials = {**caller.to_policy_values(), 'is_admin': False}
    target = {'user_id': 'user', 'project_id': 'project'}
    try:
        leaf(target, credentials, enforcer)
    except Exception as error:  # noqa: BLE001 (a typo may raise anything)
        reason = ' '.join(str(error).split())
        return f'{type(error).__name__}: {reason}'
    return None


def _place(name: str, written: Mapping[str, Written]) -> str:
    return f' in {written[name].path}' if name in written else ''


def _suggestion(name: str, known: Iterable[str]) -> str:
    for alike in difflib.get_close_matches(str(name), known, n=1):
        likeness = difflib.SequenceMatcher(None, str(name), alike).ratio()
        if (1 - likeness) * (len(str(name)) + len(alike)) < _SLIP + 0.5:
            return f' Did you mean {alike}?'
    return ''
