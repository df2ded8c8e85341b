# SPDX-License-Identifier: Apache-2.0

"""Limits, quotas and the extension: what clients ask for beside key pairs.

Dashboards read whole documents of Nova's before they draw a button. What
does not exist here is used by nobody, of as much as Nova's defaults allow.
"""

from collections.abc import Mapping

from keypair_ext import exception, quota
from keypair_ext.api.answer import Answer
from keypair_ext.api.contract import Contract
from keypair_ext.api.request import Request
from keypair_ext.policy import rules
from keypair_ext.policy.enforcer import Enforcer

_KEY_PAIRS = 'key_pairs'

# Nova's resources, with its default limits.
_RESOURCES = {
    'cores': 20,
    'instances': 10,
    'metadata_items': 128,
    'ram': 51200,
    'server_group_members': 10,
    'server_groups': 10,
}
_OF_NETWORKS = {
    'fixed_ips': -1,
    'floating_ips': -1,
    'security_group_rules': -1,
    'security_groups': -1,
}
_OF_FILES = {
    'injected_file_content_bytes': 10240,
    'injected_file_path_bytes': 255,
    'injected_files': 5,
}

# What /limits calls them.
_MAXIMA = {
    'maxTotalCores': 'cores',
    'maxPersonality': 'injected_files',
    'maxPersonalitySize': 'injected_file_content_bytes',
    'maxTotalInstances': 'instances',
    'maxTotalKeypairs': _KEY_PAIRS,
    'maxServerMeta': 'metadata_items',
    'maxImageMeta': 'metadata_items',
    'maxTotalRAMSize': 'ram',
    'maxServerGroups': 'server_groups',
    'maxServerGroupMembers': 'server_group_members',
    'maxTotalFloatingIps': 'floating_ips',
    'maxSecurityGroups': 'security_groups',
    'maxSecurityGroupRules': 'security_group_rules',
}
_USED = {
    'totalRAMUsed': 'ram',
    'totalCoresUsed': 'cores',
    'totalInstancesUsed': 'instances',
    'totalFloatingIpsUsed': 'floating_ips',
    'totalSecurityGroupsUsed': 'security_groups',
    'totalServerGroupsUsed': 'server_groups',
}

_EXTENSION = {
    'alias': 'os-keypairs',
    'name': 'Keypairs',
    'description': 'Keypair Support.',
    'links': [],
    'namespace': 'http://docs.openstack.org/compute/ext/fake_xml',
    'updated': '2014-12-03T00:00:00Z',
}


class Limits:
    """The handlers, each for a GET that answers 200.

    :param enforcer: says who may do what.
    :param quota_driver: knows the limit of key pairs.
    """

    def __init__(self, enforcer: Enforcer, quota_driver: quota.Driver) -> None:
        self._enforcer = enforcer
        self._quota = quota_driver
        self.by_operation = {
            'show_limits': self.show_limits,
            'show_quota': self.show_quota,
            'show_quota_defaults': self.show_quota_defaults,
            'show_quota_detail': self.show_quota_detail,
            'list_extensions': self.list_extensions,
            'show_extension': self.show_extension,
        }

    def show_limits(self, request: Request, contract: Contract) -> Answer:
        """Answer the limits of one's own project, or of ``tenant_id``."""
        context = request.context
        query = request.query(contract.beside.limits_query)
        self._enforcer.authorize(context, rules.LIMITS)
        project_id = context.project_id
        if 'tenant_id' in query:
            self._enforcer.authorize(
                context,
                rules.LIMITS_OTHER_PROJECT,
                project_id=project_id,
                user_id=context.user_id,
            )
            project_id = query['tenant_id'][-1]
        quota.check_project(self._quota, context)

        limits = self._limits(contract, None, project_id)
        absolute = {
            name: limits[resource]
            for name, resource in _MAXIMA.items()
            if resource in limits
        }
        absolute |= {
            name: 0 for name, resource in _USED.items() if resource in limits
        }
        if not contract.beside.image_metadata_limit:
            del absolute['maxImageMeta']
        document = {'limits': {'rate': [], 'absolute': absolute}}
        return request.answer(contract, 200, document)

    def show_quota(self, request: Request, contract: Contract) -> Answer:
        """Answer the quota of a project, or of ``user_id`` in it."""
        query = request.query(contract.beside.quota_query)
        self._check_quota(request, rules.QUOTA_SHOW)
        user_id = query.get('user_id', [''])[0] or None
        limits = self._limits(contract, user_id, request.route.name)
        return _quota_set(request, contract, limits)

    def show_quota_detail(
        self, request: Request, contract: Contract
    ) -> Answer:
        """Answer the same with what is in use.

        Of key pairs that is 0 in Nova, too: they are a user's, not a
        project's.
        """
        query = request.query(contract.beside.quota_query)
        self._check_quota(request, rules.QUOTA_DETAIL)
        user_id = query.get('user_id', [''])[-1] or None
        limits = self._limits(contract, user_id, request.route.name)
        detail = {
            resource: {'in_use': 0, 'limit': limit, 'reserved': 0}
            for resource, limit in limits.items()
        }
        return _quota_set(request, contract, detail)

    def show_quota_defaults(
        self, request: Request, contract: Contract
    ) -> Answer:
        """Answer the quota of projects that have none of their own."""
        request.query()
        self._check_quota(request, rules.QUOTA_DEFAULTS)
        return _quota_set(
            request, contract, self._limits(contract, None, None)
        )

    def list_extensions(self, request: Request, contract: Contract) -> Answer:
        """Answer that there is one."""
        request.query(contract.beside.extensions_query)
        self._enforcer.authorize(request.context, rules.EXTENSIONS)
        return request.answer(contract, 200, {'extensions': [_EXTENSION]})

    def show_extension(self, request: Request, contract: Contract) -> Answer:
        """Answer what it is, or 404."""
        request.query(contract.beside.extensions_query)
        self._enforcer.authorize(request.context, rules.EXTENSIONS)
        if request.route.name != _EXTENSION['alias']:
            raise exception.NotFound()
        return request.answer(contract, 200, {'extension': _EXTENSION})

    def _check_quota(self, request: Request, rule: str) -> None:
        self._enforcer.authorize(
            request.context, rule, project_id=request.route.name
        )

    def _limits(
        self, contract: Contract, user_id: str | None, project_id: str | None
    ) -> dict[str, int]:
        """Return the limits of the resources that the version has."""
        limits = {
            **_RESOURCES,
            _KEY_PAIRS: self._quota.limit(user_id, project_id),
        }
        if contract.beside.network_limits:
            limits |= _OF_NETWORKS
        if contract.beside.file_limits:
            limits |= _OF_FILES
        return limits


def _quota_set(
    request: Request, contract: Contract, resources: Mapping[str, object]
) -> Answer:
    named = {'id': request.route.name, **resources}
    return request.answer(contract, 200, {'quota_set': named})
