# SPDX-License-Identifier: Apache-2.0

"""Commands that change the database are killed, and run again."""

from keypair_ext.tests.functional.faults import (
    engines,
    killed_cases,
    killed_keys,
    test_faults,
)


class SQLiteTest(killed_cases.KilledCases):
    engine_type = engines.SQLite


@test_faults.needs_servers
class MariaDBTest(killed_cases.KilledCases):
    engine_type = engines.MariaDB


@test_faults.needs_servers
class PostgreSQLTest(killed_cases.KilledCases):
    engine_type = engines.PostgreSQL


class SQLiteKeysTest(killed_keys.KilledKeysCases):
    engine_type = engines.SQLite
    kills = 1


@test_faults.needs_servers
class MariaDBKeysTest(killed_keys.KilledKeysCases):
    engine_type = engines.MariaDB
    kills = 10
