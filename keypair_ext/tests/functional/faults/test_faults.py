# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Each fault on each database: nothing lost, nothing worse than a 503."""

import os
import unittest
from collections.abc import Callable
from typing import ClassVar

from keypair_ext.tests import base
from keypair_ext.tests.functional import forks
from keypair_ext.tests.functional.faults import engines
from keypair_ext.tests.functional.faults.cases import CASES
from keypair_ext.tests.functional.faults.stack import Service

used_service = f'{forks.__name__}.used_service'

needs_servers = unittest.skipUnless(
    os.environ.get('KEYPAIR_EXT_TEST_FAULTS'),
    'takes minutes: set KEYPAIR_EXT_TEST_FAULTS=1, or run tox -e faults',
)


class FaultCases(base.TestCase):
    """The cases; a class for each kind of database has them as tests."""

    engine_type: ClassVar[type[engines.Engine]]
    engine: ClassVar[engines.Engine]
    service: ClassVar[Service]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.engine = cls.engine_type()
        cls.addClassCleanup(cls.engine.cleanUp)
        cls.engine.setUp()
        cls.service = Service(cls.engine)
        cls.addClassCleanup(cls.service.cleanUp)
        cls.service.setUp()

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
        self.assertEqual(0, outcome.refused)


def _a_test_for_each(cls: type[FaultCases]) -> type[FaultCases]:
    """Add the cases that the class's database can have."""

    def test_of(name: str) -> Callable[[FaultCases], None]:
        return lambda self: self.check(name)

    for name, case in CASES.items():
        if case.fits(cls.engine_type):
            setattr(cls, f'test_{name.replace(" ", "_")}', test_of(name))
    return cls


@_a_test_for_each
class SQLiteTest(FaultCases):
    engine_type = engines.SQLite


@needs_servers
@_a_test_for_each
class MariaDBTest(FaultCases):
    engine_type = engines.MariaDB


@needs_servers
@_a_test_for_each
class PostgreSQLTest(FaultCases):
    engine_type = engines.PostgreSQL
