# SPDX-License-Identifier: Apache-2.0

"""Headers, contexts and refusals that the context filters share."""

from typing import Any

from keystonemiddleware.auth_token import _request
from oslo_context import context

from keypair_ext.middleware.context import identity
from keypair_ext.tests.unit.middleware import base


def environ_key(header: str) -> str:
    return 'HTTP_' + header.upper().replace('-', '_')


class IdentityKeysTest(base.TestCase):
    def test_every_header_of_keystonemiddleware(self) -> None:
        request = _request._AuthTokenRequest.blank('/')
        headers = {*request._all_auth_headers(), request._SYSTEM_SCOPE_HEADER}

        self.assertEqual(
            set(), set(map(environ_key, headers)) - identity.IDENTITY_KEYS
        )

    def test_every_header_that_oslo_context_believes(self) -> None:
        believed = {
            key for keys in context._ENVIRON_HEADERS.values() for key in keys
        }

        self.assertEqual(
            {'openstack.request_id', 'openstack.global_request_id'},
            believed - identity.IDENTITY_KEYS,
        )

    def test_strip_headers_leaves_nothing_to_believe(self) -> None:
        environ: dict[str, Any] = dict.fromkeys(identity.IDENTITY_KEYS, 'x')

        identity.strip_headers(environ)

        nobody = context.RequestContext(request_id='req-1')
        environ['openstack.request_id'] = 'req-1'
        self.assertEqual(
            vars(nobody), vars(context.RequestContext.from_environ(environ))
        )


class SetContextTest(base.TestCase):
    def test_caller(self) -> None:
        environ: dict[str, Any] = {
            'openstack.request_id': 'req-1',
            'openstack.global_request_id': 'req-2',
        }

        identity.set_context(environ, 'alice', 'apes', ['reader'])

        caller = environ['nova.context']
        self.assertEqual('alice', caller.user_id)
        self.assertEqual('apes', caller.project_id)
        self.assertEqual(['reader'], caller.roles)
        self.assertIsNone(caller.system_scope)
        self.assertIsNone(caller.domain_id)
        self.assertEqual('req-1', caller.request_id)
        self.assertEqual('req-2', caller.global_request_id)

    def test_is_admin_is_left_to_policy(self) -> None:
        environ: dict[str, Any] = {}
        identity.set_context(environ, 'alice', 'apes', ['admin'])
        caller = environ['nova.context']

        self.assertIsNone(caller.is_admin)
        caller.is_admin = True
        self.assertTrue(caller.is_admin)

    def test_policies_may_ask_what_oslo_context_lets_them(self) -> None:
        usual = context.RequestContext()
        values = {name: f'some {name}' for name in usual.to_policy_values()}
        for caller in (usual, identity.Context()):
            for name, value in values.items():
                setattr(caller, name, value)

            self.assertEqual(values, dict(caller.to_policy_values()))

    def test_log_lines_are_about_the_caller(self) -> None:
        first: dict[str, Any] = {}
        second: dict[str, Any] = {}
        identity.set_context(first, 'alice', 'apes', [])
        identity.set_context(second, 'bob', 'apes', [])

        self.assertIs(second['nova.context'], context.get_current())

    def test_request_id_without_a_request_log(self) -> None:
        environ: dict[str, Any] = {}

        identity.set_context(environ, 'alice', 'apes', [])

        self.assertRegex(environ['nova.context'].request_id, '^req-')


class RefuseTest(base.TestCase):
    def test_head_has_no_body(self) -> None:
        response = self.call(
            lambda environ, start: identity.refuse_unauthenticated(
                environ, start, None
            ),
            method='HEAD',
        )

        self.assertEqual(401, response.status_int)
        self.assertEqual(b'', response.body)
        self.assertEqual('114', response.headers['Content-Length'])

    def test_forbidden(self) -> None:
        response = self.call(
            lambda environ, start: identity.refuse_forbidden(
                environ, start, 'No.'
            )
        )

        self.assertEqual(403, response.status_int)
        self.assertEqual(
            {'error': {'code': 403, 'title': 'Forbidden', 'message': 'No.'}},
            response.json,
        )
