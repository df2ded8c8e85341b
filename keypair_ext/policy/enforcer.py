# SPDX-License-Identifier: Apache-2.0

"""Decides by the operator's policy files, honoured when they change."""

import sys
from typing import cast

from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_log import log as logging
from oslo_policy import policy

from keypair_ext import exception
from keypair_ext.policy import checks, files, mistakes, rules
from keypair_ext.policy.decisions import (
    Credentials,
    Decision,
    Decisions,
    Target,
    credentials,
)

LOG = logging.getLogger(__name__)


class Enforcer:
    """Says who may do what.

    :param conf: where ``[oslo_policy]`` says which files.
    :param search_interval: see :class:`files.PolicyFiles`.
    :raises ConfigurationError: by these files nothing can be decided.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        search_interval: float = files.SEARCH_INTERVAL,
    ) -> None:
        self._conf = conf
        self._files = files.PolicyFiles(conf, search_interval)
        for sentence in self._files.missing():
            LOG.warning(sentence)
        self._seen = self._files.fingerprint()
        self._in_force: RulesInForce | None = self._read()

    def authorize(
        self,
        context: oslo_context.RequestContext,
        rule: str,
        **target: str | None,
    ) -> None:
        """Return if the context may apply ``rule`` to ``target``.

        A context that leaves open whether it is an administrator's is told.

        :raises PolicyNotAuthorized: it may not, by rule or by scope.
        :raises PolicyUnavailable: this cannot be decided now.
        """
        seen = self._files.fingerprint()
        if seen != self._seen:
            self._read_again(seen)
        if self._in_force is None:
            raise exception.PolicyUnavailable()
        decision = self._in_force.decide(context, rule, target)
        if context.is_admin is None:
            context.is_admin = decision.is_admin
        if not decision.allowed:
            raise exception.PolicyNotAuthorized(action=rule)

    def _read_again(self, seen: files.Fingerprint) -> None:
        gone = {file[0] for file in self._seen if file}
        for path in sorted(gone - {file[0] for file in seen if file}):
            LOG.warning(
                'Policy file %s has gone: its rules count no longer.', path
            )
        try:
            self._in_force = self._read()
        except exception.ConfigurationError as error:
            self._in_force = None
            LOG.error('%s All requests are refused.', error)
        self._seen = seen

    def _read(self) -> 'RulesInForce':
        read = RulesInForce(self._conf, self._files)
        for sentence in (
            *mistakes.unreadable(read.written),
            *mistakes.undefined(read.enforcer, read.written),
        ):
            LOG.warning(sentence)
        return read


class RulesInForce:
    """The rules that one reading of the files made, with our defaults.

    They never change. oslo.policy decides by them, and looks at no file.

    :raises ConfigurationError: by these files nothing can be decided.
    """

    def __init__(
        self, conf: cfg.ConfigOpts, source: files.PolicyFiles
    ) -> None:
        self.written = source.read()
        self.enforcer = new_enforcer(conf, use_conf=False)
        merged = _merge(self.enforcer, self.written)
        self.enforcer.set_rules(merged, overwrite=True, use_conf=False)
        reasons = mistakes.undecidable(
            self.enforcer, self.written, rules.ASKED
        )
        if reason := ' '.join(reasons):
            raise exception.ConfigurationError(reason=reason)
        self._decisions = Decisions(self.enforcer.rules)

    def decide(
        self,
        context: oslo_context.RequestContext,
        rule: str,
        target: Target,
    ) -> Decision:
        """Return what is remembered or what oslo.policy says.

        :raises PolicyUnavailable: it cannot be decided.
        """
        key = self._decisions.key(rule, target, context)
        decision = self._decisions.get(key)
        if decision is None:
            caller = credentials(context)
            try:
                decision = self._ask(rule, target, caller)
            except Exception as error:
                # A rule asks another server, or the operator's typo of one
                # that only the service asks may raise anything.
                told = f'{type(error).__name__}: {error}'
                LOG.error('Rule %s cannot be decided: %s', rule, told[:500])
                raise exception.PolicyUnavailable() from error
            self._decisions.keep(key, decision)
        return decision

    def _ask(self, rule: str, target: Target, caller: Credentials) -> Decision:
        if 'is_admin' not in caller:
            own = {
                'project_id': caller['project_id'],
                'user_id': caller['user_id'],
            }
            caller['is_admin'] = False
            caller['is_admin'] = self._allows(
                rules.CONTEXT_IS_ADMIN, own, caller
            )
        allowed = self._allows(rule, target, caller)
        return Decision(allowed, caller['is_admin'])

    def _allows(self, rule: str, target: Target, caller: Credentials) -> bool:
        return bool(self.enforcer.authorize(rule, target, caller))


def new_enforcer(conf: cfg.ConfigOpts, *, use_conf: bool) -> policy.Enforcer:
    """Return oslo.policy's enforcer of our rules.

    In a Nova process they are that Nova's, those of other resources among
    them: a policy file may refer to any.
    """
    enforcer = policy.Enforcer(conf, use_conf=use_conf)
    # Operators chose these rules through Nova; its log says it once.
    enforcer.suppress_default_change_warnings = True
    enforcer.suppress_deprecation_warnings = True
    found = {rule.name: rule for rule in rules.list_rules()}
    nova = sys.modules.get('nova.policies')
    if nova is not None:
        found |= {rule.name: rule for rule in nova.list_rules()}
    enforcer.register_defaults(list(found.values()))
    return enforcer


def _merge(
    enforcer: policy.Enforcer, written: dict[str, files.Written]
) -> dict[str, checks.Check]:
    """Return the checks of the files, and the defaults of other rules."""
    parsed: dict[str, checks.Check] = {}
    for name, (path, check) in written.items():
        try:
            parsed |= policy.Rules.from_dict({name: cast(str, check)})
        except (AttributeError, TypeError) as error:
            raise files.refusal(
                path, f'rule {name} must have a check string'
            ) from error
    defaults = {
        rule.name: _default(rule, parsed, enforcer.conf)
        for rule in enforcer.registered_rules.values()
    }
    return {
        name: checks.read_is_admin_as_nova(check)
        for name, check in (defaults | parsed).items()
    }


def _default(
    rule: policy.RuleDefault,
    parsed: dict[str, checks.Check],
    conf: cfg.ConfigOpts,
) -> checks.Check:
    """Return the check of a rule that is in no file, as oslo.policy has it.

    Where the rule has another name in the files, by which it was known
    before, that one counts. The old default goes on to count beside the new
    one, unless the operator wants new ones only.
    """
    old = rule.deprecated_rule
    # None, but an empty list in the oslo.policy of Nova 32.
    if not old:
        return rule.check
    if old.name != rule.name and old.name in parsed:
        renamed = parsed[old.name]
        if renamed != old.check and str(renamed) != f'rule:{rule.name}':
            return renamed
    if (
        not conf.oslo_policy.enforce_new_defaults
        and old.check_str != rule.check_str
    ):
        return policy.OrCheck([rule.check, old.check])
    return rule.check
