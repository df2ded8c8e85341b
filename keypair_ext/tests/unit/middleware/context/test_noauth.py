# SPDX-License-Identifier: Apache-2.0

"""Whom the noauth filter believes, and what."""

from collections.abc import Mapping

import fixtures
import webob

from keypair_ext.middleware.context import noauth
from keypair_ext.tests.unit.middleware import base

# Headers that proxies add, of many makers, and headers of clients.
OF_PROXIES = """
Ali-CDN-Real-IP CDN-Loop CF-Connecting-IP CF-Connecting-IPv6 CF-Ray
Client-IP CloudFront-Viewer-Address Fastly-Client-IP Fly-Client-IP Forwarded
Forwarded-For-IP Front-End-Https Incap-Client-IP Proxy-Client-IP
Proxy-Connection Remote-Addr True-Client-IP Via WL-Proxy-Client-IP
X-Amzn-Trace-Id X-Appengine-User-Ip X-ARR-SSL X-Azure-ClientIP X-Client-IP
X-Cloud-Trace-Context X-Cluster-Client-IP X-Envoy-External-Address
X-Envoy-Internal X-Forward-For X-Forwarded X-Forwarded-For X-Forwarded-Host
X-Forwarded-Port X-Forwarded-Prefix X-Forwarded-Proto X-Forwarded-Server
X-Forwarder-For X-HTTP-Forwarded-For X-Host X-LB-Client-Ip X-Nginx-Proxy
X-Original-Forwarded-For X-Original-URL X-Originating-IP X-Proxied-By
X-ProxyUser-Ip X-Real-IP X-Real-Port X-Remote-IP X-Rewrite-URL X-Scheme
X-Source-Ip X-Sucuri-ClientIP X-Varnish X-Via x_forwarded_for
"""
OF_CLIENTS = """
Accept-Encoding Cache-Control Client-Id Expect Host Idempotency-Key
If-None-Match Keep-Alive OpenStack-API-Version Origin Pragma Referer
Sec-Ch-Ua-Platform Sec-Fetch-Site Traceparent Upgrade-Insecure-Requests
User-Agent X-Clip X-Is-Admin-Project X-OpenStack-Nova-API-Version
X-Openstack-Request-Id X-Request-Id X-Requested-With X-Service-Catalog
X-Service-Token X-Tenant-Id X-Trace-Info
"""


class NoAuthTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())

    def ask(
        self,
        headers: dict[str, str],
        *,
        allow_remote: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> webob.Response:
        filter_ = noauth.NoAuth(self.below, allow_remote=allow_remote)
        return self.call(filter_, headers, environ)

    def test_claims(self) -> None:
        token, user = 'X-Auth-Token', 'X-User-Id'
        project, roles = 'X-Project-Id', 'X-Roles'
        ordinary = ['member', 'reader']
        for headers, expected in (
            ({token: 'alice'}, ('alice', None, [])),
            ({token: 'alice:'}, ('alice', None, [])),
            ({token: 'alice:apes'}, ('alice', 'apes', [])),
            ({token: 'alice:apes:'}, ('alice', 'apes', [])),
            ({token: 'a:b:c, d'}, ('a', 'b', ['c', 'd'])),
            ({token: 'a:b:c:d'}, ('a', 'b', ['c:d'])),
            ({token: 'notused'}, ('notused', 'notused', ordinary)),
            ({token: 'notused', project: 'p'}, ('notused', 'p', ordinary)),
            ({token: 'notused', user: 'u'}, ('u', None, [])),
            ({user: 'u'}, ('u', None, [])),
            ({user: 'u', project: 'p'}, ('u', 'p', [])),
            ({user: 'u', roles: 'r,s'}, ('u', None, ['r', 's'])),
            ({user: 'u', token: 'a:b:c'}, ('u', 'b', ['c'])),
            ({token: 'a:b:c', project: ''}, ('a', None, ['c'])),
            ({token: 'a:b:c', roles: 'r'}, ('a', 'b', ['r'])),
            ({token: 'a:b:c', roles: ''}, ('a', 'b', [])),
        ):
            with self.subTest(headers=headers):
                self.below = base.Recorder()
                self.assertEqual(200, self.ask(headers).status_int)
                caller = self.below.context
                self.assertEqual(
                    expected,
                    (caller.user_id, caller.project_id, caller.roles),
                )
                self.assertIsNone(caller.auth_token)

    def test_other_scopes(self) -> None:
        self.ask(
            {
                'X-User-Id': 'u',
                'OpenStack-System-Scope': 'all',
                'X-Domain-Id': 'd',
            }
        )

        self.assertEqual('all', self.below.context.system_scope)
        self.assertEqual('d', self.below.context.domain_id)

    def test_nobody(self) -> None:
        for headers in (
            {},
            {'X-Auth-Token': ''},
            {'X-Auth-Token': ':p:r'},
            {'X-Auth-Token': 'u', 'X-User-Id': ''},
            {'X-Project-Id': 'p', 'X-Roles': 'admin'},
            # Nothing that moves a terminal's cursor gets into the log.
            {'X-Auth-Token': 'u\x1b[2J:p:r'},
            {'X-User-Id': 'u', 'X-Project-Id': 'p\x85'},
            {'X-User-Id': 'u', 'X-Domain-Id': '\x1cd'},
            {'X-User-Id': 'u', 'OpenStack-System-Scope': '\x1b'},
        ):
            with self.subTest(headers=headers):
                self.assert_unauthenticated(
                    self.ask(headers), ['Keystone realm="keypair_ext"']
                )

    def test_local_addresses(self) -> None:
        for address in (
            '127.0.0.1',
            '127.8.9.10',
            '::1',
            '0:0:0:0:0:0:0:1',
            '::ffff:127.0.0.1',
        ):
            with self.subTest(address=address):
                response = self.ask(
                    {'X-User-Id': 'u'}, environ={'REMOTE_ADDR': address}
                )
                self.assertEqual(200, response.status_int)

    def test_remote_addresses(self) -> None:
        for address in (
            '192.0.2.1',
            '2001:db8::1',
            '::ffff:192.0.2.1',
            '::',
            '0.0.0.0',  # noqa: S104
            'localhost',
            '127.0.0.1.example.org',
            '',
        ):
            with self.subTest(address=address):
                response = self.ask(
                    {'X-User-Id': 'u'}, environ={'REMOTE_ADDR': address}
                )
                self.assertEqual(403, response.status_int)
                self.assertEqual('Forbidden', response.json['error']['title'])
                self.assertEqual([], self.below.environs)

    def test_no_address(self) -> None:
        self.assertFalse(noauth.is_local({}))

    def test_forwarded_by_a_proxy(self) -> None:
        for status, names in ((403, OF_PROXIES), (200, OF_CLIENTS)):
            for header in names.split():
                with self.subTest(header=header):
                    headers = {'X-User-Id': 'u', header: '127.0.0.1'}
                    self.assertEqual(status, self.ask(headers).status_int)

    def test_remote_clients_allowed(self) -> None:
        response = self.ask(
            {'X-User-Id': 'u', 'X-Forwarded-For': '192.0.2.1'},
            allow_remote=True,
            environ={'REMOTE_ADDR': '192.0.2.2'},
        )

        self.assertEqual(200, response.status_int)
        self.assertEqual('u', self.below.context.user_id)

    def test_factory_refuses_remote_clients(self) -> None:
        make = noauth.filter_factory({}, oslo_config_file=self.config())

        response = self.call(
            make(self.below), environ={'REMOTE_ADDR': '192.0.2.1'}
        )

        self.assertEqual(403, response.status_int)
        self.assertIn('client on this machine is believed', self.log.output)

    def test_factory_allows_remote_clients(self) -> None:
        path = self.config(noauth_allow_remote=True)
        make = noauth.filter_factory({}, oslo_config_file=path)

        response = self.call(
            make(self.below), environ={'REMOTE_ADDR': '192.0.2.1'}
        )

        self.assertEqual(401, response.status_int)
        self.assertIn('Every client is believed', self.log.output)
