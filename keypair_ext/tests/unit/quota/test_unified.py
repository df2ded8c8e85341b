# SPDX-License-Identifier: Apache-2.0

"""The limit of the Identity service, here without one.

``keypair_ext.tests.functional.test_unified_limits`` has a real one.
"""

import importlib.util
import sys
from typing import Any
from unittest import mock

import fixtures
import testtools
from oslo_config import cfg

from keypair_ext import conf as keypair_conf, config_files, exception
from keypair_ext.quota import unified
from keypair_ext.tests import base
from keypair_ext.tests.functional.servers import ini
from keypair_ext.tests.unit.quota import isolation

needs_limit = testtools.skipIf(
    importlib.util.find_spec('oslo_limit') is None,
    'oslo.limit is not installed: pip install keypair-ext[unified]',
)

# What [oslo_limit] needs at least.
OPTIONS = {
    'auth_type': 'password',
    'auth_url': 'http://127.0.0.1:1/v3',
    'username': 'nova',
    'password': 'secret',
    'endpoint_id': 'e',
}


class Away(Exception):
    """The Identity service does not answer."""


class FakeIdentity:
    """Has registered limits, counts what it is asked, and may be away."""

    def __init__(self, **limits: int) -> None:
        self.limits = {'servers': 3} | limits
        self.connections = 0
        self.questions = 0
        self.is_away = False
        self.stale = False

    def connect(self) -> 'FakeIdentity':
        self.connections += 1
        self.stale = False
        if self.is_away:
            raise Away('not there')
        return self

    def get_registered_limits(
        self, resources_to_check: Any
    ) -> list[tuple[str, int]]:
        self.questions += 1
        if self.is_away or self.stale:
            raise Away('no answer')
        assert resources_to_check is None
        return list(self.limits.items())


class TestLimit(base.TestCase):
    """What the driver makes of the answers."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.now = 1000.0
        self.identity = FakeIdentity(server_key_pairs=5)
        self.driver = self.make_driver()

    def make_driver(
        self, unregistered: int = -1, cache_time: float = 30
    ) -> unified.UnifiedDriver:
        return unified.UnifiedDriver(
            self.identity.connect,
            failures=(Away,),
            unregistered=unregistered,
            cache_time=cache_time,
            clock=lambda: self.now,
        )

    def limit(self) -> int:
        return self.driver.limit('bob', 'aaaa')

    def test_registered_for_everybody(self) -> None:
        for limit in (5, 0, -1):
            self.identity.limits['server_key_pairs'] = limit
            driver = self.make_driver()
            self.assertEqual(limit, driver.limit('bob', 'aaaa'))
            self.assertEqual(limit, driver.limit(None, None))

    def test_unregistered(self) -> None:
        del self.identity.limits['server_key_pairs']

        self.assertEqual(-1, self.make_driver(-1).limit('bob', 'aaaa'))
        self.assertEqual(0, self.make_driver(0).limit('bob', 'aaaa'))

    def test_nothing_is_asked_before_it_is_needed(self) -> None:
        self.assertEqual(0, self.identity.connections)

    def test_is_remembered(self) -> None:
        self.limit()
        self.identity.limits['server_key_pairs'] = 6
        self.now += 29.9

        self.assertEqual(5, self.limit())
        self.assertEqual(1, self.identity.questions)

    def test_is_asked_again_in_time(self) -> None:
        self.limit()
        self.identity.limits['server_key_pairs'] = 6
        self.now += 30

        self.assertEqual(6, self.limit())
        self.assertEqual(1, self.identity.connections)

    def test_can_be_asked_each_time(self) -> None:
        self.driver = self.make_driver(cache_time=0)

        self.limit()
        self.limit()

        self.assertEqual(2, self.identity.questions)

    def test_away(self) -> None:
        self.limit()
        self.identity.is_away = True
        self.now += 20
        self.assertEqual(5, self.limit())
        self.now += 40
        self.assertRaises(exception.QuotaUnavailable, self.limit)
        self.assertIn('not there', self.log.output)

        self.identity.is_away = False

        self.assertEqual(5, self.limit())

    def test_a_stale_connection_is_replaced(self) -> None:
        self.limit()
        self.identity.stale = True
        self.now += 60

        self.assertEqual(5, self.limit())
        self.assertEqual(2, self.identity.connections)

    def test_a_bug_is_not_hidden(self) -> None:
        self.identity.limits = None  # type: ignore[assignment]

        self.assertRaises(AttributeError, self.limit)


class TestLoad(base.TestCase):
    """What ``[oslo_limit]`` has to say."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.FakeLogger())
        self.useFixture(isolation.OwnOsloLimit())

    def configure(
        self, options: dict[str, str], **quota: str
    ) -> cfg.ConfigOpts:
        """Have the process read a file, as the service does."""
        path = self.directory / 'conf'
        sections = {'oslo_limit': options, 'quota': quota}
        ini.write(path, ini.merge({'quota': {'driver': 'unified'}}, sections))
        config_files.read_into(cfg.CONF, [str(path)], keypair_conf.PROJECT)
        keypair_conf.register_opts(cfg.CONF, 'database')
        return cfg.CONF

    def refusal(self, conf: cfg.ConfigOpts) -> str:
        """Return why the driver cannot be loaded."""
        return str(
            self.assertRaises(exception.ConfigurationError, unified.load, conf)
        )

    @needs_limit
    def test_complete(self) -> None:
        conf = self.configure(OPTIONS)

        driver = unified.load(conf)

        # Nobody listens on that port: away, and not refused.
        self.assertRaises(exception.QuotaUnavailable, driver.limit, 'a', 'b')

    @needs_limit
    def test_files_that_are_not_there(self) -> None:
        missing = '/nonexistent/ca.pem'
        for option in ('cafile', 'certfile'):
            conf = self.configure(OPTIONS | {option: missing})
            told = self.refusal(conf)
            self.assertIn(f'[oslo_limit] {option} = {missing}', told)
        # Nobody is asked for a certificate.
        unified.load(self.configure(OPTIONS | {'insecure': 'true'}))
        unified.load(
            self.configure(OPTIONS | {'insecure': '1', 'cafile': missing})
        )

    @needs_limit
    def test_time_limit(self) -> None:
        for timeout, options in ((10, {}), (3, {'timeout': '3'})):
            conf = self.configure(OPTIONS | options)

            unified.load(conf)

            self.assertEqual(timeout, conf.oslo_limit.timeout)

    @needs_limit
    def test_what_is_not_set(self) -> None:
        self.assertIn('auth_type', self.refusal(self.configure({})))
        for name in ('auth_url', 'username', 'password', 'endpoint_id'):
            others = {k: v for k, v in OPTIONS.items() if k != name}
            refusal = self.refusal(self.configure(others))
            self.assertIn('[oslo_limit]', refusal)
            self.assertIn(name, refusal)

    @needs_limit
    def test_unknown_auth_type(self) -> None:
        conf = self.configure(OPTIONS | {'auth_type': 'handshake'})

        self.assertIn('handshake', self.refusal(conf))

    @needs_limit
    def test_endpoint_by_service(self) -> None:
        for name in ('endpoint_service_type', 'endpoint_service_name'):
            options = OPTIONS | {'endpoint_id': '', name: 'compute'}

            unified.load(self.configure(options))

    @needs_limit
    def test_what_is_not_registered(self) -> None:
        """As Nova 34 was seen to do it."""
        self.useFixture(
            fixtures.MonkeyPatch(
                'oslo_limit.limit.Enforcer',
                lambda usage, cache: FakeIdentity(),
            )
        )
        for limit, quota in (
            (-1, {}),
            (0, {'unified_limits_resource_list': 'servers,server_key_pairs'}),
            (0, {'unified_limits_resource_strategy': 'ignore'}),
            (
                -1,
                {
                    'unified_limits_resource_strategy': 'ignore',
                    'unified_limits_resource_list': 'server_key_pairs',
                },
            ),
        ):
            driver = unified.load(self.configure(OPTIONS, **quota))

            self.assertEqual(limit, driver.limit('bob', 'aaaa'), str(quota))

    def test_missing_package(self) -> None:
        with mock.patch.dict(sys.modules, oslo_limit=None):
            refusal = self.refusal(self.configure(OPTIONS))

        self.assertIn('keypair-ext[unified]', refusal)

    def test_a_configuration_that_oslo_limit_cannot_see(self) -> None:
        self.assertIn('oslo_config_file', self.refusal(cfg.ConfigOpts()))
