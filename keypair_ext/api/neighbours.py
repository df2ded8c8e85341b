# SPDX-License-Identifier: Apache-2.0

"""The resources beside os-keypairs that real clients ask the service for.

Read-only, and only what there is to say of key pairs: their limit, their
quota and their extension. Inside Nova none of this is mounted.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob

from keypair_ext import environ as env, exception, faults, policy, quota
from keypair_ext.api.contract import Contract, Contracts, fault_headers
from keypair_ext.api.request import (
    Answer,
    Request,
    accepted,
    check_content_type,
    identity,
    parse_query,
    response,
)
from keypair_ext.api.routes import Route

_PATH = re.compile(
    r'/+(?:([0-9a-f-]+)/+)?(limits|os-quota-sets|extensions)'
    r'(?:/+([^/]+?))?$'
)

_EXTENSION = {
    'alias': 'os-keypairs',
    'name': 'Keypairs',
    'description': 'Keypair Support.',
    'links': [],
    'namespace': 'http://docs.openstack.org/compute/ext/fake_xml',
    'updated': '2014-12-03T00:00:00Z',
}

_Handler = Callable[[Request], dict[str, Any]]


class Neighbours:
    """A filter that answers for the neighbours and passes on the rest.

    :param app: serves everything else.
    :param contracts: what the versions mean.
    :param enforcer: says who may do what.
    :param quota_driver: knows the limit.
    :param fault_table: tells errors.
    """

    def __init__(
        self,
        app: WSGIApplication,
        contracts: Contracts,
        enforcer: policy.Enforcer,
        quota_driver: quota.Driver,
        fault_table: faults.Faults,
    ) -> None:
        self._app = app
        self._contracts = contracts
        self._enforcer = enforcer
        self._quota = quota_driver
        self._faults = fault_table
        # (resource, whether one item is named) -> handler, its parameters
        self._handlers: dict[
            tuple[str, bool], tuple[_Handler, frozenset[str] | None]
        ] = {
            ('limits', False): (self._show_limits, frozenset({'tenant_id'})),
            ('os-quota-sets', True): (
                self._show_quota_set,
                frozenset({'user_id'}),
            ),
            ('extensions', False): (self._list_extensions, None),
            ('extensions', True): (self._show_extension, None),
        }

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a GET of a neighbour; pass on everything else."""
        found = _PATH.match(environ.get('PATH_INFO', ''))
        if found is None or environ['REQUEST_METHOD'] != 'GET':
            return self._app(environ, start_response)
        project_id, resource, name = found.groups()
        entry = self._handlers.get((resource, name is not None))
        if entry is None:
            return self._app(environ, start_response)
        route = Route('show', project_id, name)
        answer = self._answer(environ, route, *entry)
        body: Iterable[bytes] = answer(environ, start_response)
        return body

    def _answer(
        self,
        environ: WSGIEnvironment,
        route: Route,
        handler: _Handler,
        known: frozenset[str] | None,
    ) -> webob.Response | Answer:
        contract: Contract | None = None
        try:
            context = identity(environ)
            contract = self._contracts.choose(environ)
            environ[env.VERSION] = contract.version
            request = Request(environ, context, route, max_body=0)
            check_content_type(environ)
            request.check_project()
            _check_query(request, contract, known)
            return response(
                200,
                handler(request),
                content_type=accepted(environ),
                headers=contract.version_headers,
            )
        except Exception as error:  # noqa: BLE001 (the last net)
            return self._faults.response(error, fault_headers(error, contract))

    def _show_limits(self, request: Request) -> dict[str, Any]:
        context = request.context
        self._enforcer.check(context, policy.LIMITS, {})
        project_id = context.project_id
        query = parse_query(request.environ)
        if 'tenant_id' in query:
            self._enforcer.check(
                context,
                policy.LIMITS_OTHER_PROJECT,
                {'project_id': project_id, 'user_id': context.user_id},
            )
            project_id = query['tenant_id'][-1]
        limit = self._quota.limit(None, project_id)
        return {
            'limits': {'rate': [], 'absolute': {'maxTotalKeypairs': limit}}
        }

    def _show_quota_set(self, request: Request) -> dict[str, Any]:
        project_id = request.route.name
        self._enforcer.check(
            request.context, policy.QUOTA_SHOW, {'project_id': project_id}
        )
        user_id = parse_query(request.environ).get('user_id', [None])[0]
        limit = self._quota.limit(user_id, project_id)
        return {'quota_set': {'id': project_id, 'key_pairs': limit}}

    def _list_extensions(self, request: Request) -> dict[str, Any]:
        self._enforcer.check(request.context, policy.EXTENSIONS, {})
        return {'extensions': [_EXTENSION]}

    def _show_extension(self, request: Request) -> dict[str, Any]:
        self._enforcer.check(request.context, policy.EXTENSIONS, {})
        if request.route.name != _EXTENSION['alias']:
            raise exception.NotFound()
        return {'extension': _EXTENSION}


def _check_query(
    request: Request, contract: Contract, known: frozenset[str] | None
) -> None:
    """Return if the query holds what it may.

    :param known: the parameters there are; None where nobody minds others.
    :raises ValidationFailed: it holds others, in a version that minds.
    """
    query = parse_query(request.environ)
    if contract.strict_query and known is not None and query.keys() - known:
        raise exception.ValidationFailed(
            reason='Invalid input for the query string: only '
            f'{", ".join(known)} is expected here.'
        )
