# SPDX-License-Identifier: Apache-2.0

"""Plain Nova and ours, in both mounts, asked the same."""

import functools
import unittest
from collections.abc import Callable
from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional.conformance import differences, servers
from keypair_ext.tests.functional.conformance.session import Session, names
from keypair_ext.tests.functional.servers import ini

_MOST_SHOWN = 40

_REASON = servers.reason_to_skip()


@unittest.skipIf(_REASON, _REASON)
class ConformanceTestCase(base.TestCase):
    """Areas that share the servers, and what they found.

    An area is run by the first test that wants to know what came of it.
    """

    conf: ClassVar[ini.Sections] = {}
    kind: ClassVar[type[servers.Servers | servers.Balanced]] = servers.Servers
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
            check = functools.partialmethod(ConformanceTestCase.check, area)
            setattr(cls, f'test_{area.replace(" ", "_")}', check)
        return cls

    return add


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
