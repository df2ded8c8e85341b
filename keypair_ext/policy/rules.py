# SPDX-License-Identifier: Apache-2.0

"""The rules, as data: names, checks, scopes and deprecations are Nova's.

So that one policy file serves both; a test compares them with
``nova.policies`` where Nova is installed.
"""

from oslo_policy import policy

INDEX = 'os_compute_api:os-keypairs:index'
SHOW = 'os_compute_api:os-keypairs:show'
CREATE = 'os_compute_api:os-keypairs:create'
DELETE = 'os_compute_api:os-keypairs:delete'

LIMITS = 'os_compute_api:limits'
LIMITS_OTHER_PROJECT = 'os_compute_api:limits:other_project'
QUOTA_SHOW = 'os_compute_api:os-quota-sets:show'
QUOTA_DEFAULTS = 'os_compute_api:os-quota-sets:defaults'
QUOTA_DETAIL = 'os_compute_api:os-quota-sets:detail'
EXTENSIONS = 'os_compute_api:extensions'

CONTEXT_IS_ADMIN = 'context_is_admin'

# What every mount asks. A file in which one of them cannot be decided is
# of no use; the others are the stand-alone service's.
ASKED = (INDEX, SHOW, CREATE, DELETE, CONTEXT_IS_ADMIN)

_SINCE = '21.0.0'
_REASON = """
Compute's policies moved to the default roles admin, manager, member, reader
and service with scope types. The old defaults are deprecated and will go.
"""
_OLD_ADMIN = policy.DeprecatedRule(
    'rule:admin_api',
    'is_admin:True',
    deprecated_reason=_REASON,
    deprecated_since=_SINCE,
)
_OLD_OWNER = policy.DeprecatedRule(
    'rule:admin_or_owner',
    'is_admin:True or project_id:%(project_id)s',
    deprecated_reason=_REASON,
    deprecated_since=_SINCE,
)
_OLD_USED_LIMITS = policy.DeprecatedRule(
    'os_compute_api:os-used-limits',
    'rule:admin_api',
    deprecated_reason=_REASON,
    deprecated_since=_SINCE,
)

# What operators' files and the rules below refer to.
_BASE = (
    policy.RuleDefault(
        'context_is_admin',
        'role:admin',
        'Who is an administrator.',
        deprecated_rule=_OLD_ADMIN,
    ),
    policy.RuleDefault(
        'admin_or_owner',
        'is_admin:True or project_id:%(project_id)s',
        'The old default of what is not for administrators alone.',
        deprecated_for_removal=True,
        deprecated_reason=_REASON,
        deprecated_since=_SINCE,
    ),
    policy.RuleDefault(
        'admin_api',
        'is_admin:True',
        'The old default of what is for administrators.',
        deprecated_for_removal=True,
        deprecated_reason=_REASON,
        deprecated_since=_SINCE,
    ),
    policy.RuleDefault(
        'project_manager_api',
        'role:manager and project_id:%(project_id)s',
        'Who is a project manager.',
        deprecated_rule=_OLD_ADMIN,
    ),
    policy.RuleDefault(
        'project_manager_or_admin',
        'rule:project_manager_api or rule:context_is_admin',
        'Who is a project manager or an administrator.',
        deprecated_rule=_OLD_ADMIN,
    ),
    policy.RuleDefault(
        'project_member_api',
        'role:member and project_id:%(project_id)s',
        'Who is a project member.',
        deprecated_rule=_OLD_OWNER,
    ),
    policy.RuleDefault(
        'project_member_or_admin',
        'rule:project_member_api or rule:context_is_admin',
        'Who is a project member or an administrator.',
        deprecated_rule=_OLD_OWNER,
    ),
    policy.RuleDefault(
        'project_reader_api',
        'role:reader and project_id:%(project_id)s',
        'Who is a project reader.',
        deprecated_rule=_OLD_OWNER,
    ),
    policy.RuleDefault(
        'project_reader_or_admin',
        'rule:project_reader_api or rule:context_is_admin',
        'Who is a project reader or an administrator.',
        deprecated_rule=_OLD_OWNER,
    ),
    policy.RuleDefault(
        'service_api',
        'role:service',
        'Who is a service.',
        deprecated_rule=_OLD_ADMIN,
    ),
    policy.RuleDefault(
        'service_or_admin',
        'rule:service_api or rule:context_is_admin',
        'Who is a service or an administrator.',
        deprecated_rule=_OLD_ADMIN,
    ),
)

_ADMIN_OR_SELF = '(rule:context_is_admin) or user_id:%(user_id)s'

_OPERATIONS = (
    policy.DocumentedRuleDefault(
        INDEX,
        _ADMIN_OR_SELF,
        'List the key pairs of a user.',
        [{'method': 'GET', 'path': '/os-keypairs'}],
        scope_types=['project'],
    ),
    policy.DocumentedRuleDefault(
        CREATE,
        _ADMIN_OR_SELF,
        'Import or generate a key pair for a user.',
        [{'method': 'POST', 'path': '/os-keypairs'}],
        scope_types=['project'],
    ),
    policy.DocumentedRuleDefault(
        DELETE,
        _ADMIN_OR_SELF,
        'Delete a key pair of a user.',
        [{'method': 'DELETE', 'path': '/os-keypairs/{keypair_name}'}],
        scope_types=['project'],
    ),
    policy.DocumentedRuleDefault(
        SHOW,
        _ADMIN_OR_SELF,
        'Show a key pair of a user.',
        [{'method': 'GET', 'path': '/os-keypairs/{keypair_name}'}],
        scope_types=['project'],
    ),
    policy.DocumentedRuleDefault(
        LIMITS,
        '@',
        "Show the limits of one's own project. Stand-alone service only.",
        [{'method': 'GET', 'path': '/limits'}],
        scope_types=['project'],
    ),
    policy.DocumentedRuleDefault(
        LIMITS_OTHER_PROJECT,
        'rule:context_is_admin',
        'Show the limits of another project. Stand-alone service only.',
        [{'method': 'GET', 'path': '/limits'}],
        scope_types=['project'],
        deprecated_rule=_OLD_USED_LIMITS,
    ),
    policy.DocumentedRuleDefault(
        QUOTA_SHOW,
        'rule:project_reader_or_admin',
        'Show the quota of a project. Stand-alone service only.',
        [{'method': 'GET', 'path': '/os-quota-sets/{tenant_id}'}],
        scope_types=['project'],
    ),
    policy.DocumentedRuleDefault(
        QUOTA_DEFAULTS,
        '@',
        'Show the default quota. Stand-alone service only.',
        [{'method': 'GET', 'path': '/os-quota-sets/{tenant_id}/defaults'}],
        scope_types=['project'],
    ),
    policy.DocumentedRuleDefault(
        QUOTA_DETAIL,
        'rule:project_reader_or_admin',
        'Show the quota of a project, and what is used of it. '
        'Stand-alone service only.',
        [{'method': 'GET', 'path': '/os-quota-sets/{tenant_id}/detail'}],
        scope_types=['project'],
    ),
    policy.DocumentedRuleDefault(
        EXTENSIONS,
        '@',
        'List and show extensions. Stand-alone service only.',
        [
            {'method': 'GET', 'path': '/extensions'},
            {'method': 'GET', 'path': '/extensions/{alias}'},
        ],
        scope_types=['project'],
    ),
)


def list_rules() -> list[policy.RuleDefault]:
    """Return every rule, for the enforcer and for oslo.policy's tools."""
    return [*_BASE, *_OPERATIONS]
