# SPDX-License-Identifier: Apache-2.0

"""Which driver ``[quota] driver`` gives, and the two that keep no limits."""

from typing import cast

from oslo_config import cfg

from keypair_ext import conf as keypair_conf, quota
from keypair_ext.db.store import UNLIMITED, NovaLimits, Store
from keypair_ext.quota import local
from keypair_ext.tests import base


class FakeStore:
    """Has Nova's quota tables, or what they say."""

    def __init__(self, user: int | None, project: int | None) -> None:
        self.limits = NovaLimits(user, project)
        self.asked: tuple[str | None, str | None] | None = None

    def key_pairs_quota(
        self, user_id: str | None, project_id: str | None
    ) -> NovaLimits:
        self.asked = user_id, project_id
        return self.limits


def make_conf(driver: str = 'local', key_pairs: int = 100) -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    keypair_conf.register_opts(conf, 'database')
    conf.set_override('driver', driver, group='quota')
    conf.set_override('key_pairs', key_pairs, group='quota')
    return conf


def load(
    driver: str, user: int | None = None, project: int | None = None
) -> quota.Driver:
    store = cast(Store, FakeStore(user, project))
    return quota.load(make_conf(driver), store)


class TestLoad(base.TestCase):
    """``[quota] driver``."""

    def test_our_names_and_novas(self) -> None:
        for name in ('local', 'nova.quota.DbQuotaDriver'):
            self.assertIsInstance(load(name), local.LocalDriver)
        for name in ('noop', 'nova.quota.NoopQuotaDriver'):
            self.assertIsInstance(load(name), quota.NoopDriver)

    def test_unified_is_tried(self) -> None:
        for name in ('unified', 'nova.quota.UnifiedLimitsDriver'):
            self.assertIn('driver unified', self.mistake(load, name))

    def test_unknown(self) -> None:
        told = self.mistake(load, 'own.Driver')

        for name in ('own.Driver', 'local', 'nova.quota.DbQuotaDriver'):
            self.assertIn(name, told)


class TestNoop(base.TestCase):
    """No limit."""

    def test_is_unlimited(self) -> None:
        self.assertEqual(UNLIMITED, load('noop', 1, 1).limit('a', 'b'))


class TestLocal(base.TestCase):
    """The smaller of the project's and the user's."""

    def test_limit(self) -> None:
        for user, project, limit in (
            (None, None, 100),
            (None, 7, 7),
            (5, 7, 5),
            (5, None, 5),
            (9, 7, 7),
            (-1, 7, -1),
            (7, -1, -1),
        ):
            with self.subTest(user=user, project=project):
                driver = load('local', user, project)
                self.assertEqual(limit, driver.limit('bob', 'aaaa'))

    def test_who_is_asked_for(self) -> None:
        store = FakeStore(None, None)

        local.LocalDriver(make_conf(), cast(Store, store)).limit(None, 'aaaa')

        self.assertEqual((None, 'aaaa'), store.asked)
