# SPDX-License-Identifier: Apache-2.0

"""Who may do what: an enforcer, and Nova's rules as data."""

from keypair_ext.policy.enforcer import Enforcer
from keypair_ext.policy.rules import (
    CREATE,
    DELETE,
    EXTENSIONS,
    INDEX,
    LIMITS,
    LIMITS_OTHER_PROJECT,
    QUOTA_DEFAULTS,
    QUOTA_DETAIL,
    QUOTA_SHOW,
    SHOW,
    list_rules,
)
from keypair_ext.policy.tools import find_mistakes, get_enforcer

__all__ = (
    'CREATE',
    'DELETE',
    'EXTENSIONS',
    'INDEX',
    'LIMITS',
    'LIMITS_OTHER_PROJECT',
    'QUOTA_DEFAULTS',
    'QUOTA_DETAIL',
    'QUOTA_SHOW',
    'SHOW',
    'Enforcer',
    'find_mistakes',
    'get_enforcer',
    'list_rules',
)
