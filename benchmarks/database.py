# SPDX-License-Identifier: Apache-2.0

"""The database server of all, and how key pairs get into it quickly."""

from typing import Final

import fixtures

from keypair_ext.tests.functional.servers import mariadb

# A key of the kind that most clouds hold most of, RSA with 2048 bits.
KEY: Final = (
    'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCQGrvBYYST9puq8imqksiYttA+fuUw'
    'bOVRfjFIVKcJvyJtRuWFKdG7K7CO+v4HbaXWF4RcO0k2qLAh3T4OVMRBBmxrQM7AU72r'
    'dyDJq76JOJlFDfXlC29jeTZWYwoChcTsv0VvwOgt/6ensZayBGdEe25+W3Xse5JrAh2n'
    'styBCPsIzCnHjLH2tncXt9XS91pIMEszic4jEiKlMY+Y9Jj1ESMqVujZ2VCQ34F+FgiP'
    '1rSA8Knid6CT51ytnE9HRsWd9y+0n0TNsAXSo8dzUj2gtXamNkK+LkeyMoA5Wjb93iJd'
    '/FgHL2JxobVrWevT/912IDHmnM+eOTWY32fP1AYr bench'
)
_FINGERPRINT: Final = ':'.join(['0f'] * 16)


class Database(fixtures.Fixture):
    """MariaDB, with a pool of pages that its keys fit into.

    :param gigabytes: of the pool.
    """

    server: mariadb.MariaDB

    def __init__(self, gigabytes: int = 2) -> None:
        super().__init__()
        self._gigabytes = gigabytes

    def _setUp(self) -> None:
        self.server = self.useFixture(
            mariadb.MariaDB([f'--innodb-buffer-pool-size={self._gigabytes}G'])
        )

    def add_users(
        self, database: str, first: int, users: int, keys: int
    ) -> None:
        """Add users, u-FIRST and so on, with some key pairs each."""
        last = first + users - 1
        self._insert(
            database,
            "CONCAT('u-', u.seq)",
            'k.seq',
            f'seq_{first}_to_{last} AS u, seq_0_to_{keys - 1} AS k',
        )

    def add_keys_of(self, database: str, user: str, keys: int) -> None:
        """Add key pairs, key-0 and so on, to one user."""
        self._insert(
            database, f"'{user}'", 's.seq', f'seq_0_to_{keys - 1} AS s'
        )

    def add_keys_in_turn(
        self, database: str, tag: str, keys: int, of_each: int
    ) -> None:
        """Add key pairs of users TAG-0 and so on, numbered through."""
        self._insert(
            database,
            f"CONCAT('{tag}-', s.seq DIV {of_each})",
            's.seq',
            f'seq_0_to_{keys - 1} AS s',
        )

    def _insert(
        self, database: str, user: str, number: str, source: str
    ) -> None:
        self.server.execute(
            'INSERT INTO key_pairs (created_at, user_id, name, type,'  # noqa: S608
            ' fingerprint, public_key)'
            f" SELECT NOW(), {user}, CONCAT('key-', {number}), 'ssh',"
            f" '{_FINGERPRINT}', '{KEY}' FROM {source};",
            database,
        )
