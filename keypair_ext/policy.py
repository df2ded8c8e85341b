# SPDX-License-Identifier: Apache-2.0

"""Who may do what: Nova's rules as data, and a small enforcer.

Names, check strings, scope types and deprecated rules equal those of
``nova.policies``, so that one policy file serves both.
"""

import contextlib
import operator
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_log import log as logging
from oslo_policy import policy

from keypair_ext import conf as keypair_conf, exception

LOG = logging.getLogger(__name__)

_ROOT = 'os_compute_api:os-keypairs:%s'
INDEX = _ROOT % 'index'
SHOW = _ROOT % 'show'
CREATE = _ROOT % 'create'
DELETE = _ROOT % 'delete'

LIMITS = 'os_compute_api:limits'
LIMITS_OTHER_PROJECT = 'os_compute_api:limits:other_project'
QUOTA_SHOW = 'os_compute_api:os-quota-sets:show'
QUOTA_DEFAULTS = 'os_compute_api:os-quota-sets:defaults'
QUOTA_DETAIL = 'os_compute_api:os-quota-sets:detail'
EXTENSIONS = 'os_compute_api:extensions'

Target = dict[str, str | None]

# What oslo.policy raises for a file that holds something else than rules,
# and for one that cannot be used for any reason, this one included.
_NO_RULES = (AttributeError, TypeError)
_UNREADABLE = (
    *_NO_RULES,
    OSError,
    ValueError,
    cfg.Error,
    policy.InvalidRuleDefault,
)

CONTEXT_IS_ADMIN = 'context_is_admin'

# Of these there are as many as users and projects.
_IDS = ('user_id', 'project_id')

# The policy values of a context of oslo.context's own class, but for the two
# lists of roles. Each is the attribute of this name.
_PLAIN_TEXTS = (
    'domain_id',
    'is_admin_project',
    'project_domain_id',
    'project_id',
    'service_project_domain_id',
    'service_project_id',
    'service_user_domain_id',
    'service_user_id',
    'system_scope',
    'user_domain_id',
    'user_id',
)
_PLAIN_VALUES = frozenset((*_PLAIN_TEXTS, 'roles', 'service_roles'))

_ADMIN = f'rule:{CONTEXT_IS_ADMIN}'
_ADMIN_OR_SELF = f'({_ADMIN}) or user_id:%(user_id)s'
_ANYBODY = '@'

_DEPRECATED_REASON = """
Compute's policies moved to the default roles admin, manager, member, reader
and service with scope types. The old defaults are deprecated and will go.
"""
_DEPRECATED_SINCE = '21.0.0'


def _deprecated(name: str, check_str: str) -> policy.DeprecatedRule:
    return policy.DeprecatedRule(
        name=name,
        check_str=check_str,
        deprecated_reason=_DEPRECATED_REASON,
        deprecated_since=_DEPRECATED_SINCE,
    )


def _base_rules() -> Iterator[policy.RuleDefault]:
    """Yield the rules that operators' files refer to."""
    admin = _deprecated('rule:admin_api', 'is_admin:True')
    owner = _deprecated(
        'rule:admin_or_owner', 'is_admin:True or project_id:%(project_id)s'
    )
    in_project = 'project_id:%(project_id)s'
    yield policy.RuleDefault(
        CONTEXT_IS_ADMIN,
        'role:admin',
        'Who is an administrator.',
        deprecated_rule=admin,
    )
    for name, check_str, description in (
        (
            'admin_or_owner',
            f'is_admin:True or {in_project}',
            'The old default of what is not for administrators alone.',
        ),
        (
            'admin_api',
            'is_admin:True',
            'The old default of what is for administrators.',
        ),
    ):
        yield policy.RuleDefault(
            name,
            check_str,
            description,
            deprecated_for_removal=True,
            deprecated_reason=_DEPRECATED_REASON,
            deprecated_since=_DEPRECATED_SINCE,
        )
    for persona, check_str, deprecated_rule in (
        ('project_manager', f'role:manager and {in_project}', admin),
        ('project_member', f'role:member and {in_project}', owner),
        ('project_reader', f'role:reader and {in_project}', owner),
        ('service', 'role:service', admin),
    ):
        who = persona.replace('_', ' ')
        yield policy.RuleDefault(
            f'{persona}_api',
            check_str,
            f'Who is a {who}.',
            deprecated_rule=deprecated_rule,
        )
        yield policy.RuleDefault(
            f'{persona}_or_admin',
            f'rule:{persona}_api or {_ADMIN}',
            f'Who is a {who} or an administrator.',
            deprecated_rule=deprecated_rule,
        )


def _documented(
    name: str,
    check_str: str,
    description: str,
    *operations: tuple[str, str],
    deprecated_rule: policy.DeprecatedRule | None = None,
) -> policy.DocumentedRuleDefault:
    return policy.DocumentedRuleDefault(
        name=name,
        check_str=check_str,
        description=description,
        operations=[
            {'method': method, 'path': path} for method, path in operations
        ],
        scope_types=['project'],
        deprecated_rule=deprecated_rule,
    )


def list_rules() -> list[policy.RuleDefault]:
    """Return every rule, for the enforcer and for oslo.policy's tools."""
    collection, item = '/os-keypairs', '/os-keypairs/{keypair_name}'
    return [
        *_base_rules(),
        _documented(
            INDEX,
            _ADMIN_OR_SELF,
            'List the key pairs of a user.',
            ('GET', collection),
        ),
        _documented(
            CREATE,
            _ADMIN_OR_SELF,
            'Import or generate a key pair for a user.',
            ('POST', collection),
        ),
        _documented(
            DELETE,
            _ADMIN_OR_SELF,
            'Delete a key pair of a user.',
            ('DELETE', item),
        ),
        _documented(
            SHOW,
            _ADMIN_OR_SELF,
            'Show a key pair of a user.',
            ('GET', item),
        ),
        _documented(
            LIMITS,
            _ANYBODY,
            "Show the limits of one's own project. Stand-alone service only.",
            ('GET', '/limits'),
        ),
        _documented(
            LIMITS_OTHER_PROJECT,
            _ADMIN,
            'Show the limits of another project. Stand-alone service only.',
            ('GET', '/limits'),
            deprecated_rule=_deprecated(
                'os_compute_api:os-used-limits', 'rule:admin_api'
            ),
        ),
        _documented(
            QUOTA_SHOW,
            'rule:project_reader_or_admin',
            'Show the quota of a project. Stand-alone service only.',
            ('GET', '/os-quota-sets/{tenant_id}'),
        ),
        _documented(
            QUOTA_DEFAULTS,
            _ANYBODY,
            'Show the default quota. Stand-alone service only.',
            ('GET', '/os-quota-sets/{tenant_id}/defaults'),
        ),
        _documented(
            QUOTA_DETAIL,
            'rule:project_reader_or_admin',
            'Show the quota of a project, and what is used of it. '
            'Stand-alone service only.',
            ('GET', '/os-quota-sets/{tenant_id}/detail'),
        ),
        _documented(
            EXTENSIONS,
            _ANYBODY,
            'List and show extensions. Stand-alone service only.',
            ('GET', '/extensions'),
            ('GET', '/extensions/{alias}'),
        ),
    ]


def get_enforcer() -> policy.Enforcer:
    """Return an enforcer for oslo.policy's command line tools."""
    conf = cfg.CONF
    default = keypair_conf.default_file()
    # The tools also run where nothing is configured.
    named = [default] if os.path.exists(default) else []
    keypair_conf.read_into(conf, named, keypair_conf.PROJECT)
    return _new_enforcer(conf)


def _new_enforcer(conf: cfg.ConfigOpts) -> policy.Enforcer:
    enforcer = policy.Enforcer(conf)
    # Operators chose these rules through Nova; its log says it once.
    enforcer.suppress_default_change_warnings = True
    enforcer.suppress_deprecation_warnings = True
    enforcer.register_defaults(list_rules())
    return enforcer


class Enforcer:
    """Decides by the operator's policy file, honoured when it changes.

    Deciding costs oslo.policy 130 microseconds, 4 when remembered. A
    decision is remembered by rule, target and every credential, until a
    policy file changes, and never where a rule asks another server or runs
    an operator's own check. Where rules ask of an id only whether target and
    credentials have the same, that is remembered in its place, so that what
    was decided for one user counts for the next.

    :param conf: where ``[oslo_policy]`` says which files.
    :raises ConfigurationError: a policy file cannot be read.
    """

    _MOST_REMEMBERED = 4096
    _SEARCH_INTERVAL = 1.0

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._enforcer = _new_enforcer(conf)
        self._memory = _Memory(self._enforcer.rules)
        self._broken: str | None = None
        self._next_search = 0.0
        self._files = self._fingerprint()
        self._load()
        if self._broken:
            raise exception.ConfigurationError(reason=self._broken)

    def authorize(
        self,
        context: oslo_context.RequestContext,
        rule: str,
        user_id: str,
    ) -> None:
        """Return if the context may apply ``rule`` to ``user_id``.

        :raises PolicyNotAuthorized: it may not, by rule or by scope.
        :raises PolicyUnavailable: the policy file is broken.
        """
        self.check(context, rule, {'user_id': user_id})

    def check(
        self,
        context: oslo_context.RequestContext,
        rule: str,
        target: Target,
    ) -> None:
        """Return if the context may apply ``rule`` to ``target``.

        :raises PolicyNotAuthorized: it may not, by rule or by scope.
        :raises PolicyUnavailable: the policy file is broken.
        """
        self._reload_if_changed()
        if not self._decide(context, rule, target):
            raise exception.PolicyNotAuthorized(action=rule)

    def settle_admin(self, context: oslo_context.RequestContext) -> None:
        """Decide who is an administrator, where a context leaves it open."""
        if context.is_admin is None:
            own: Target = {
                'project_id': context.project_id,
                'user_id': context.user_id,
            }
            context.is_admin = self._decide(context, CONTEXT_IS_ADMIN, own)

    def _decide(
        self,
        context: oslo_context.RequestContext,
        rule: str,
        target: Target,
    ) -> bool:
        memory = self._memory_of_rules()
        key = memory.key(context, rule, target)
        if key is None:
            return self._ask(rule, target, _credentials(context))
        decision = memory.decisions.get(key)
        if decision is None:
            credentials = _credentials(context)
            is_covered = _is_covered(context, credentials)
            decision = self._ask(rule, target, credentials)
            if len(memory.decisions) >= self._MOST_REMEMBERED:
                memory.decisions.clear()
            # oslo.policy may have read other rules in the meantime.
            if is_covered and memory is self._memory_of_rules():
                memory.decisions[key] = decision
        return decision

    def _memory_of_rules(self) -> '_Memory':
        """Return what is remembered of the rules that are in force."""
        if self._memory.rules is not self._enforcer.rules:
            self._memory = _Memory(self._enforcer.rules)
        return self._memory

    def _ask(
        self,
        rule: str,
        target: Target,
        credentials: dict[str, Any],
    ) -> bool:
        if 'is_admin' not in credentials:
            own = {
                'project_id': credentials['project_id'],
                'user_id': credentials['user_id'],
            }
            credentials['is_admin'] = False
            credentials['is_admin'] = self._allows(
                CONTEXT_IS_ADMIN, own, credentials
            )
        return self._allows(rule, target, credentials)

    def _allows(
        self, rule: str, target: Target, credentials: dict[str, Any]
    ) -> bool:
        try:
            return bool(self._enforcer.authorize(rule, target, credentials))
        except _UNREADABLE:
            # oslo.policy looks at the files, too, and was first to see this.
            self._load()
            if self._broken:
                raise exception.PolicyUnavailable() from None
            raise

    def _reload_if_changed(self) -> None:
        files = self._fingerprint()
        if files != self._files:
            self._files = files
            self._load()
        if self._broken:
            raise exception.PolicyUnavailable()

    def _load(self) -> None:
        """Read the policy files; nothing is allowed while one is broken."""
        try:
            # A parse error leaves oslo.policy's rules as they were.
            self._enforcer.load_rules(force_reload=True)
            self._broken = None
        except _NO_RULES:
            self._refuse('it must hold check strings by the names of rules')
        except _UNREADABLE as e:
            self._refuse(' '.join(str(e).split()))
        finally:
            # Rules are in force file by file: what another thread has
            # remembered meanwhile may be of some only.
            self._memory = _Memory(self._enforcer.rules)

    def _refuse(self, reason: str) -> None:
        path = self._enforcer.policy_path or self._enforcer.policy_file
        self._broken = f'Policy file {path} cannot be used: {reason}.'
        LOG.error('%s All requests are refused.', self._broken)

    def _fingerprint(self) -> tuple[Any, ...]:
        """Return what changes when a policy file or directory does.

        Costs 2 microseconds a request where oslo.policy's own look costs 27
        to 47: files that are there are looked at each time, files that are
        not there are looked for once a second.
        """
        now = time.monotonic()
        if now >= self._next_search:
            self._next_search = now + self._SEARCH_INTERVAL
            self._file, self._directories = self._search()
        if not self._directories:
            # The usual case, 0.4 microseconds shorter than what follows.
            return (self._file and _stat(self._file),)
        paths = [self._file] if self._file else []
        for directory in self._directories:
            paths.append(directory)
            with contextlib.suppress(OSError):
                paths += sorted(e.path for e in os.scandir(directory))
        return tuple(_stat(path) for path in paths)

    def _search(self) -> tuple[str | None, list[str]]:
        """Return the policy file and the policy directories that exist."""
        options = self._conf.oslo_policy
        found = [self._conf.find_file(name) for name in options.policy_dirs]
        return (
            self._conf.find_file(options.policy_file),
            [directory for directory in found if directory],
        )


class _Memory:
    """What was decided by some rules.

    :param rules: oslo.policy's; it makes new ones when a file has changed.
    """

    def __init__(self, rules: Any) -> None:
        self.rules = rules
        self.decisions: dict[tuple[Any, ...], bool] = {}
        self._inputs: dict[str, _Inputs | None] = {}

    def key(
        self, context: oslo_context.RequestContext, rule: str, target: Target
    ) -> tuple[Any, ...] | None:
        """Return all that the decision on a rule hangs on.

        :returns: None where it hangs on more than its input.
        """
        if rule not in self._inputs:
            self._inputs[rule] = self._find_inputs(rule)
        inputs = self._inputs[rule]
        if inputs is None:
            return None
        return rule, *inputs.values(context, target)

    def _find_inputs(self, rule: str) -> '_Inputs | None':
        leaves = list(self._leaves(rule))
        if not all(map(_is_pure, leaves)):
            return None
        return _Inputs(
            [
                name
                for name in _IDS
                if all(_only_compares(leaf, name) for leaf in leaves)
            ]
        )

    def _leaves(self, rule: str) -> Iterator[Any]:
        """Yield the checks that a rule and who is_admin come down to."""
        seen = {rule, CONTEXT_IS_ADMIN}
        waiting: list[Any] = [self.rules.get(name) for name in sorted(seen)]
        while waiting:
            check = waiting.pop()
            if isinstance(check, policy.RuleCheck):
                if check.match not in seen:
                    seen.add(check.match)
                    waiting.append(self.rules.get(check.match))
            elif isinstance(check, policy.AndCheck | policy.OrCheck):
                waiting.extend(check.rules)
            elif isinstance(check, policy.NotCheck):
                waiting.append(check.rule)
            else:
                yield check


class _Inputs:
    """What counts of a target and of credentials for a rule.

    :param compared: the ids that count only for being the same in both.
    """

    def __init__(self, compared: Sequence[str]) -> None:
        self._compared = compared
        self._plain = operator.attrgetter(
            *(name for name in _PLAIN_TEXTS if name not in compared)
        )

    def values(
        self, context: oslo_context.RequestContext, target: Target
    ) -> list[Any]:
        """Return what counts."""
        if type(context) is oslo_context.RequestContext:
            return self._of_plain(context, target)
        credentials = _credentials(context)
        values: list[Any] = [
            # A side that lacks it is never the same.
            name in target
            and name in credentials
            and str(target[name]) == str(credentials[name])
            for name in self._compared
        ]
        for name, value in credentials.items():
            if name not in self._compared:
                values.append(
                    (name, tuple(value) if isinstance(value, list) else value)
                )
        return [*values, *self._others(target)]

    def _of_plain(
        self, context: oslo_context.RequestContext, target: Target
    ) -> list[Any]:
        """Return the same without asking a context for its policy values.

        Saves 3 of the 8 microseconds that a remembered decision took.
        """
        return [
            *[
                name in target
                and str(target[name]) == str(getattr(context, name))
                for name in self._compared
            ],
            tuple(context.roles or ()),
            tuple(context.service_roles or ()),
            *self._plain(context),
            *self._others(target),
        ]

    def _others(self, target: Target) -> list[Any]:
        return [
            item for item in target.items() if item[0] not in self._compared
        ]


def _credentials(context: oslo_context.RequestContext) -> dict[str, Any]:
    """Return what rules may ask about a context.

    Nova's contexts have decided who is an administrator; reading that of
    their policy values is deprecated. Others leave it to :class:`Enforcer`.
    """
    values = context.to_policy_values()
    names = list(values)
    credentials = {name: values[name] for name in names if name != 'is_admin'}
    if 'is_admin' in names:
        credentials['is_admin'] = context.is_admin
    return credentials


def _is_covered(
    context: oslo_context.RequestContext, credentials: dict[str, Any]
) -> bool:
    """Say whether a key tells apart all that rules may ask of a context.

    A newer oslo.context may have values that are not known here.
    """
    return (
        type(context) is not oslo_context.RequestContext
        or credentials.keys() == _PLAIN_VALUES
    )


def _stat(path: str) -> tuple[str, int, int, int] | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return path, stat.st_mtime_ns, stat.st_size, stat.st_ino


def _is_pure(check: Any) -> bool:
    """Say whether a leaf of a rule is a pure function of its input.

    It is if it is oslo.policy's own, or Nova's ``is_admin``, and asks no
    other server.
    """
    kind = getattr(check, 'kind', None)
    ours = type(check).__module__.startswith('oslo_policy.')
    return (ours or kind == 'is_admin') and kind not in ('http', 'https')


def _only_compares(check: Any, name: str) -> bool:
    """Say whether a leaf asks of an id at most if both sides have the same."""
    kind = str(getattr(check, 'kind', ''))
    match = str(getattr(check, 'match', ''))
    if kind == name and match == f'%({name})s':
        return True
    return name not in kind and name not in match
