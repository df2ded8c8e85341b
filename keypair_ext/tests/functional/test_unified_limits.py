# SPDX-License-Identifier: Apache-2.0

"""Unified limits kept by a real Keystone.

Keystone's environment takes minutes to make, so this waits to be asked::

    KEYPAIR_EXT_TEST_KEYSTONE=1 stestr run test_unified_limits
"""

import contextlib
import io
import os
import time
from collections.abc import Mapping
from typing import Any

import fixtures
import testtools
import webob
from oslo_config import cfg
from oslo_context import context as oslo_context

from keypair_ext import conf as keypair_conf, config_files, deploy, exception
from keypair_ext.cmd import status
from keypair_ext.quota import unified
from keypair_ext.tests import base
from keypair_ext.tests.functional import fixtures as service_fixtures
from keypair_ext.tests.functional.servers import keystone, process
from keypair_ext.tests.unit.quota import isolation


@testtools.skipUnless(
    'KEYPAIR_EXT_TEST_KEYSTONE' in os.environ,
    'set KEYPAIR_EXT_TEST_KEYSTONE=1 to have a Keystone installed and asked',
)
class TestUnifiedLimits(base.TestCase):
    """From the registered limit to the answer of the application."""

    keystone: keystone.Keystone
    options: dict[str, object]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.keystone = cls.use(keystone.Keystone())
        endpoint = cls.keystone.register_compute('http://127.0.0.1:8774/v2.1')
        service = cls.keystone.account('service', user='nova')
        cls.options = {
            **cls.keystone.limit_options(service, endpoint),
            'timeout': 2,
        }

    def setUp(self) -> None:
        super().setUp()
        # The SDK is warned by itself, and logs.
        self.useFixture(
            fixtures.WarningsFilter(
                [{'action': 'ignore', 'module': r'openstack\.'}]
            )
        )
        self.useFixture(fixtures.FakeLogger())
        self.useFixture(isolation.OwnOsloLimit())
        self.home = self.useFixture(process.Directory('limits')).path

    def configure(
        self, options: Mapping[str, object] | None = None, **quota: str
    ) -> cfg.ConfigOpts:
        """Have the process read a file that asks for unified limits."""
        path = service_fixtures.write_config(
            str(self.home),
            {
                'oslo_limit': options or self.options,
                'quota': {'driver': 'unified', **quota},
                'keypairs': {'limit_cache_time': 0},
            },
        )
        config_files.read_into(cfg.CONF, [path], keypair_conf.PROJECT)
        keypair_conf.register_opts(cfg.CONF, 'database')
        return cfg.CONF

    def limit(self, **quota: str) -> int:
        return unified.load(self.configure(None, **quota)).limit('bob', 'a')

    def register(self, limit: int) -> None:
        """Register the limit for the duration of a test."""
        self.keystone.register_limit(unified.RESOURCE, limit)
        self.addCleanup(self.unregister)

    def registered(self) -> dict[str, Any]:
        limits = self.keystone.request('GET', '/registered_limits')
        found: dict[str, Any] = limits['registered_limits'][0]
        return found

    def unregister(self) -> None:
        self.keystone.request(
            'DELETE', f'/registered_limits/{self.registered()["id"]}'
        )

    def change(self, limit: int) -> None:
        self.keystone.request(
            'PATCH',
            f'/registered_limits/{self.registered()["id"]}',
            {'registered_limit': {'default_limit': limit}},
        )

    def test_upgrade_check(self) -> None:
        self.configure()
        path = str(self.home / 'keypair_ext.conf')
        service_fixtures.make_database(path).dispose()
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = status.main(['--config-file', path, 'upgrade', 'check'])
        self.assertEqual(0, code, output.getvalue())
        self.assertIn('quota driver: success', output.getvalue())

    def test_unregistered(self) -> None:
        """As in Nova it is the operator who says what that means."""
        self.assertEqual(-1, self.limit())
        self.assertEqual(
            0, self.limit(unified_limits_resource_list=unified.RESOURCE)
        )

    def test_endpoint_by_its_service(self) -> None:
        self.register(5)
        options = {
            **self.options,
            'endpoint_id': '',
            'endpoint_service_type': 'compute',
            'endpoint_region_name': keystone.REGION,
        }

        driver = unified.load(self.configure(options))

        self.assertEqual(5, driver.limit('bob', 'aaaa'))

    def test_an_endpoint_that_is_not_there(self) -> None:
        options = {**self.options, 'endpoint_id': 'f' * 32}

        driver = unified.load(self.configure(options))

        self.assertRaises(
            exception.QuotaUnavailable, driver.limit, 'bob', 'aaaa'
        )

    def test_a_wrong_password(self) -> None:
        driver = unified.load(
            self.configure({**self.options, 'password': 'wrong'})
        )

        self.assertRaises(
            exception.QuotaUnavailable, driver.limit, 'bob', 'aaaa'
        )

    def test_keystone_that_does_not_answer(self) -> None:
        self.register(5)
        driver = unified.load(self.configure())
        driver.limit('bob', 'aaaa')
        daemon = self.keystone.server.daemon
        daemon.pause()
        self.addCleanup(daemon.resume)

        before = time.monotonic()
        self.assertRaises(
            exception.QuotaUnavailable, driver.limit, 'bob', 'aaaa'
        )
        took = time.monotonic() - before

        daemon.resume()
        self.assertEqual(5, driver.limit('bob', 'aaaa'))
        self.assertLess(took, 60)

    def test_application(self) -> None:
        self.register(2)
        self.configure()
        service_fixtures.make_database(str(self.home / 'keypair_ext.conf'))
        application = deploy.Composition(cfg.CONF).application({})

        def create(name: str) -> webob.Response:
            request = webob.Request.blank('/os-keypairs', method='POST')
            request.environ['nova.context'] = oslo_context.RequestContext(
                user_id='bob', project_id='aaaa', roles=['member', 'reader']
            )
            request.headers['OpenStack-API-Version'] = 'compute 2.92'
            request.json = {
                'keypair': {'name': name, 'public_key': service_fixtures.KEY}
            }
            return request.get_response(application)

        self.assertEqual(
            [201, 201, 403], [create(name).status_int for name in 'abc']
        )

        daemon = self.keystone.server.daemon
        daemon.stop()
        try:
            away = create('d')
        finally:
            daemon.start()
        self.assertEqual(503, away.status_int)
        self.assertIn('Retry-After', away.headers)
        self.assertIn('limits service', away.text)

        self.change(3)
        self.assertEqual(201, create('d').status_int)
