# SPDX-License-Identifier: Apache-2.0

"""The filters that join the chain only for requests that need them."""

from oslo_config import cfg
from oslo_middleware import opts as middleware_opts

from keypair_ext import exception
from keypair_ext.middleware import on_demand
from keypair_ext.tests.unit.middleware import base

_ORIGIN = 'http://dashboard.example.org'


class CrossOriginTestCase(base.TestCase):
    """What the service lets a page from an allowed origin do."""

    def setUp(self) -> None:
        super().setUp()
        ((_, options),) = middleware_opts.list_opts_cors()
        for opt in options:
            self.addCleanup(cfg.set_defaults, [opt], **{opt.name: opt.default})
        on_demand.set_cors_defaults()
        path = self.directory / 'cors.conf'
        path.write_text(f'[cors]\nallowed_origin = {_ORIGIN}\n')
        factory = on_demand.cors_factory({}, oslo_config_file=str(path))
        self.application = factory(self.below)

    def _preflight(self, method: str, headers: str) -> bool:
        response = self.call(
            self.application,
            {
                'Origin': _ORIGIN,
                'Access-Control-Request-Method': method,
                'Access-Control-Request-Headers': headers,
            },
            method='OPTIONS',
        )
        return 'Access-Control-Allow-Origin' in response.headers

    def test_may_send_a_token_and_a_version(self) -> None:
        wanted = 'X-Auth-Token, OpenStack-API-Version, Content-Type'
        for method in ('GET', 'POST', 'DELETE'):
            self.assertTrue(self._preflight(method, wanted))

    def test_may_not_do_what_nobody_needs(self) -> None:
        self.assertFalse(self._preflight('GET', 'X-Unknown'))
        self.assertFalse(self._preflight('TRACE', 'X-Auth-Token'))

    def test_may_read_version_and_request_id(self) -> None:
        response = self.call(self.application, {'Origin': _ORIGIN})
        exposed = response.headers['Access-Control-Expose-Headers'].split(',')
        self.assertIn('OpenStack-API-Version', exposed)
        self.assertIn('X-Openstack-Request-Id', exposed)

    def test_others_go_by(self) -> None:
        response = self.call(self.application)
        self.assertNotIn('Access-Control-Allow-Origin', response.headers)
        self.assertEqual(1, len(self.below.environs))


class ProxyTestCase(base.TestCase):
    """What the service believes of a proxy, where it is told to."""

    def test_a_prefix(self) -> None:
        path = self.directory / 'proxy.conf'
        path.write_text(
            '[oslo_middleware]\nenable_proxy_headers_parsing = true\n'
        )
        application = on_demand.proxy_factory({}, oslo_config_file=str(path))(
            self.below
        )
        self.call(application, {'X-Forwarded-Prefix': '/\xc3\xa9'})
        (environ,) = self.below.environs
        self.assertEqual('/\xc3\xa9', environ['SCRIPT_NAME'])
        # Of this one WebOb makes no link.
        self.assertRaisesRegex(
            exception.InvalidInput,
            'X-Forwarded-Prefix',
            self.call,
            application,
            {'X-Forwarded-Prefix': '/\xff'},
        )
