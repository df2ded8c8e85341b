# SPDX-License-Identifier: Apache-2.0

"""Plain Nova and ours, in each mount, asked the same."""

import functools
import os
import unittest
from collections.abc import Callable
from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional.conformance import differences, servers
from keypair_ext.tests.functional.conformance.session import (
    AWAY,
    Session,
    names,
)
from keypair_ext.tests.functional.nova import beside
from keypair_ext.tests.functional.servers import ini

_MOST_SHOWN = 40

_REASON = servers.reason_to_skip()


@unittest.skipIf(_REASON, _REASON)
class ConformanceTestCase(base.TestCase):
    """Areas that share the servers, and what they found.

    An area is run by the first test that wants to know what came of it.
    """

    conf: ClassVar[ini.Sections] = {}
    kind: ClassVar[type[servers.Compared]] = servers.Servers
    session: ClassVar[Session]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.session = cls.use(Session(cls.conf, cls.kind))

    def check(self, name: str) -> None:
        """Fail for every difference that is not in the file."""
        known = differences.load()
        reports = [
            str(report)
            for report in self.session.outcome(name).comparison.reports
            if differences.explain(report.found, known) is None
        ]
        if reports:
            shown = '\n'.join(reports[:_MOST_SHOWN])
            self.fail(
                f'{len(reports)} answers differ from those of Nova and are '
                f'not in {differences.PATH.name}:\n{shown}'
            )


def of(*areas: str) -> Callable[[type[base.TestCase]], type[base.TestCase]]:
    """Give a class a test for each area."""

    def add(cls: type[base.TestCase]) -> type[base.TestCase]:
        for area in areas:
            check = functools.partialmethod(_check, area)
            setattr(cls, f'test_{area.replace(" ", "_")}', check)
        return cls

    return add


def _check(case: ConformanceTestCase, area: str) -> None:
    case.check(area)


@of(*names())
class DefaultsTestCase(ConformanceTestCase):
    """One test for each area, and one for the file of differences."""

    def test_every_entry_is_shown(self) -> None:
        found = [
            report.found
            for name in names()
            for report in self.session.outcome(name).comparison.reports
        ]
        stale = differences.stale(
            differences.load(), found, self.session.mounts
        )
        self.assertEqual([], stale, 'no request shows these any more')


@of('boundaries', 'paging', 'quota')
class BalancedTestCase(ConformanceTestCase):
    """Ours beside a Nova, as the load balancer shows both."""

    kind = servers.Balanced


@unittest.skipUnless(
    os.environ.get('KEYPAIR_EXT_TEST_BALANCED') == '1',
    'as long as all areas above: run tox -e load-balancer',
)
class EveryAreaBalancedTestCase(DefaultsTestCase):
    """All areas, and that it is not Nova that answers in them."""

    kind = servers.Balanced

    def check(self, name: str) -> None:
        """Go on when HAProxy has found the service again."""
        super().check(name)
        if name == AWAY:
            self.mount.wait_until_used()

    @property
    def mount(self) -> beside.Beside:
        """The service beside a Nova."""
        assert isinstance(self.session.compared, servers.Balanced)
        return self.session.compared.mount

    def test_every_entry_is_shown(self) -> None:
        """Not here, where some are of what Nova answers."""
        for name in names():
            self.session.outcome(name)
        ours, novas = self.mount.answered()
        self.assertLess(novas, ours)


class EveryAreaBalancedWithKeystoneTestCase(EveryAreaBalancedTestCase):
    """The same, where callers have tokens of a real Keystone."""

    kind = servers.BalancedWithKeystone

    def test_callers_are_known(self) -> None:
        """If they were not, all would answer 401, and nothing differ."""
        reports = self.session.outcome('quota').comparison.reports
        self.assertIn((200, 200), [r.found.statuses for r in reports])


@of('discovery', 'paging', 'quota', 'routing', 'users')
class ConfiguredTestCase(ConformanceTestCase):
    """Options that change answers, changed for all servers alike."""

    conf: ClassVar[ini.Sections] = {
        'api': {
            'compute_link_prefix': 'https://public.example.org/compute',
            'max_limit': 3,
        },
        'cors': {'allowed_origin': 'http://elsewhere.example.org'},
        'oslo_middleware': {'enable_proxy_headers_parsing': True},
        'oslo_policy': {
            'enforce_new_defaults': False,
            'enforce_scope': False,
        },
        'quota': {'key_pairs': 2},
    }
