# SPDX-License-Identifier: Apache-2.0

"""What a class of tests for one kind of database does.

In a module of its own: what a test module names is run.
"""

from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional import forks
from keypair_ext.tests.functional.faults import engines
from keypair_ext.tests.functional.faults.cases import CASES
from keypair_ext.tests.functional.faults.stack import Service

used_service = f'{forks.__name__}.used_service'


class FaultCases(base.TestCase):
    """The cases; a class for each kind of database has them as tests."""

    engine_type: ClassVar[type[engines.Engine]]
    engine: ClassVar[engines.Engine]
    service: ClassVar[Service]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.engine = cls.use(cls.engine_type())
        cls.service = cls.use(Service(cls.engine))

    def check(self, name: str) -> None:
        case = CASES[name]
        outcome = self.service.break_under_load(
            name, lambda: case.inflict(self.service)
        )
        self.assertEqual(
            [], outcome.problems(case.may_lose_workers, case.is_refused)
        )

    def test_used_before_the_fork(self) -> None:
        service = self.useFixture(
            Service(self.engine, f'{used_service}:application')
        )
        outcome = service.break_under_load('forked', lambda: None)
        self.assertEqual([], outcome.problems())
        self.assertEqual(0, outcome.known.refused)
