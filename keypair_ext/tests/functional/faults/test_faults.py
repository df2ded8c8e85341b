# SPDX-License-Identifier: Apache-2.0

"""Each fault on each database: nothing lost, nothing worse than a 503."""

import os
import unittest
from collections.abc import Callable

from keypair_ext.tests.functional.faults import engines, fault_cases
from keypair_ext.tests.functional.faults.cases import CASES

needs_servers = unittest.skipUnless(
    os.environ.get('KEYPAIR_EXT_TEST_FAULTS'),
    'takes minutes: set KEYPAIR_EXT_TEST_FAULTS=1, or run tox -e faults',
)


def _a_test_for_each(
    cls: type[fault_cases.FaultCases],
) -> type[fault_cases.FaultCases]:
    """Add the cases that the class's database can have."""

    def test_of(name: str) -> Callable[[fault_cases.FaultCases], None]:
        return lambda self: self.check(name)

    for name, case in CASES.items():
        if case.fits(cls.engine_type):
            setattr(cls, f'test_{name.replace(" ", "_")}', test_of(name))
    return cls


@_a_test_for_each
class SQLiteTest(fault_cases.FaultCases):
    engine_type = engines.SQLite


@needs_servers
@_a_test_for_each
class MariaDBTest(fault_cases.FaultCases):
    engine_type = engines.MariaDB


@needs_servers
@_a_test_for_each
class PostgreSQLTest(fault_cases.FaultCases):
    engine_type = engines.PostgreSQL
