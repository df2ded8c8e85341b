# SPDX-License-Identifier: Apache-2.0

"""The four operations: each reads as validate, authorise, act, answer."""

from keypair_ext.api import views
from keypair_ext.api.answer import Answer
from keypair_ext.api.contract import Contract
from keypair_ext.api.request import Query, Request
from keypair_ext.keypairs import Keypairs
from keypair_ext.policy import rules
from keypair_ext.policy.enforcer import Enforcer

# The answer holds a private key: nothing on its way may keep it.
_NO_STORE = (('Cache-Control', 'no-store'),)


class Handlers:
    """The handlers, with what they work with.

    :param keypairs: the use cases.
    :param enforcer: says who may do what.
    :param max_limit: the largest page, ``[api] max_limit``.
    :param link_prefix: ``[api] compute_link_prefix``.
    """

    def __init__(
        self,
        keypairs: Keypairs,
        enforcer: Enforcer,
        max_limit: int,
        link_prefix: str | None,
    ) -> None:
        self._keypairs = keypairs
        self._enforcer = enforcer
        self._max_limit = max_limit
        self._link_prefix = link_prefix
        self.by_operation = {
            'list': self.list,
            'create': self.create,
            'show': self.show,
            'delete': self.delete,
        }

    def list(self, request: Request, contract: Contract) -> Answer:
        """Answer 200 and the user's key pairs, or a page of them."""
        query = request.query(contract.list_query)
        user_id = self._target(request, contract, query)
        self._enforcer.authorize(request.context, rules.INDEX, user_id=user_id)

        limit, marker = self._page(contract, query)
        keypairs = self._keypairs.list(
            user_id,
            limit,
            marker,
            with_times=contract.shows_created_at_in_lists,
        )

        document = views.listed(keypairs, contract)
        if limit and len(keypairs) == limit:
            document['keypairs_links'] = views.next_link(
                request,
                _known(query, contract),
                keypairs[-1],
                self._link_prefix,
            )
        return request.answer(contract, contract.listed_status, document)

    def show(self, request: Request, contract: Contract) -> Answer:
        """Answer 200 and the key pair, or 404."""
        query = request.query(contract.item_query)
        user_id = self._target(request, contract, query)
        self._enforcer.authorize(request.context, rules.SHOW, user_id=user_id)

        keypair = self._keypairs.get(user_id, request.route.name or '')

        document = views.shown(keypair, contract)
        headers = views.fingerprint_headers(keypair, contract)
        return request.answer(
            contract, contract.shown_status, document, headers
        )

    def create(self, request: Request, contract: Contract) -> Answer:
        """Answer 200 or, since 2.2, 201 and the new key pair.

        With ``public_key`` it is imported; without, generated, and then the
        answer holds the private key, once.
        """
        body = request.body
        contract.create_body.validate(body)
        wanted = body['keypair']
        user_id = request.user_id
        if contract.takes_user_id:
            user_id = wanted.get('user_id') or user_id
        self._enforcer.authorize(
            request.context, rules.CREATE, user_id=user_id
        )

        name = wanted['name'].strip()
        request.check_addressable(name)
        key_type = wanted.get('type', 'ssh') if contract.takes_type else 'ssh'
        if 'public_key' in wanted:
            keypair = self._keypairs.import_public_key(
                request.context,
                user_id,
                name,
                key_type,
                wanted['public_key'],
                contract.keys,
            )
            document = views.created(keypair, contract)
            headers = views.fingerprint_headers(keypair, contract)
            return request.answer(
                contract, contract.imported_status, document, headers
            )
        keypair, private_key = self._keypairs.generate(
            request.context, user_id, name, key_type, contract.keys
        )
        document = views.created(keypair, contract, private_key)
        headers = views.fingerprint_headers(keypair, contract)
        return request.answer(
            contract, contract.generated_status, document, _NO_STORE + headers
        )

    def delete(self, request: Request, contract: Contract) -> Answer:
        """Answer 202 or, since 2.2, 204, or 404."""
        query = request.query(contract.item_query)
        user_id = self._target(request, contract, query)
        self._enforcer.authorize(
            request.context, rules.DELETE, user_id=user_id
        )

        self._keypairs.delete(
            request.context, user_id, request.route.name or ''
        )
        return request.answer(contract, contract.deleted_status)

    @staticmethod
    def _target(request: Request, contract: Contract, query: Query) -> str:
        """Return whose key pairs are meant, by the first ``user_id``."""
        own = request.user_id
        if not contract.takes_user_id or 'user_id' not in query:
            return own
        return query['user_id'][0] or own

    def _page(
        self, contract: Contract, query: Query
    ) -> tuple[int | None, str | None]:
        """Return (limit, marker); of repeated ones the last counts."""
        if not contract.pages:
            return None, None
        limit = self._max_limit
        if 'limit' in query:
            # As in Nova, a newline may follow. More digits than this are more
            # than any page.
            digits = query['limit'][-1].rstrip('\n').lstrip('0')[:18]
            limit = min(limit, int(digits or 0))
        return limit, query.get('marker', [None])[-1]


def _known(query: Query, contract: Contract) -> Query:
    known = contract.list_query.schema['properties']
    return {name: values for name, values in query.items() if name in known}
