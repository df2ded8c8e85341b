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


"""Commands that change the database are killed, and run again."""

from keypair_ext.tests.functional.faults import (
    engines,
    killed_cases,
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
