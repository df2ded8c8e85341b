# SPDX-License-Identifier: Apache-2.0

"""Ours alone, as the table grows, and as one user's key pairs do."""

import statistics
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.comparisons import IMPORT_ONLY, Sample, measure
from benchmarks.database import KEY, Database
from benchmarks.servers import Server

KEYS_OF_A_USER: Final = 10
TABLES: Final = (1_000, 100_000, 1_000_000, 10_000_000)
USERS: Final = (10, 100, 1_000, 10_000)

# Statements that add more than this are slow to commit.
_KEYS_AT_ONCE: Final = 100_000

Result = dict[str, Any]


class Growth:
    """Measures one server at several sizes.

    :param seconds: how long each load lasts.
    :param turns: how often users of different sizes take turns.
    """

    def __init__(
        self, database: Database, server: Server, seconds: int, turns: int
    ) -> None:
        self._database = database
        self._server = server
        self._seconds = seconds
        self._turns = turns

    def of_the_table(self, sizes: tuple[int, ...]) -> Iterator[Result]:
        """Show and list, of users with ten key pairs, taking turns."""
        users = 0
        for size in sizes:
            self._add_users(users, size // KEYS_OF_A_USER)
            users = size // KEYS_OF_A_USER
            yield {
                'keys': size,
                'show': self._rate(
                    kind='show', names=KEYS_OF_A_USER, users=users
                ),
                'page of 10': self._rate(kind='list', limit=10, users=users),
            }

    def of_a_user(self) -> Iterator[Result]:
        """Show and list, for users with few and many key pairs, in turn."""
        for size in USERS:
            self._database.add_keys_of(
                self._server.database, _user_with(size), size
            )
        turns = [
            [self._rates_of(size) for size in USERS]
            for _ in range(self._turns)
        ]
        for size, *taken in zip(USERS, *turns, strict=True):
            yield {
                'keys': size,
                **{
                    name: statistics.median(rates[name] for rates in taken)
                    for name in taken[0]
                },
            }

    def _rates_of(self, size: int) -> dict[str, float]:
        user = _user_with(size)
        deep = f'key-{size // 2 - 1}'
        return {
            'show': self._rate(kind='show', names=size, of=user),
            'first page of 10': self._rate(kind='list', limit=10, of=user),
            'deep page of 10': self._rate(
                kind='list', limit=10, of=user, marker=deep
            ),
        }

    def imports(self) -> Iterator[Result]:
        """Import, for users who have more and more key pairs.

        Each takes one second: the users grow by what is measured.
        """
        for size in USERS:
            user = f'importer-with-{size}'
            self._database.add_keys_of(self._server.database, user, size)
            sample = self._sample(1, kind='import', of=user, tag=user, key=KEY)
            yield {'keys': size, 'import': sample.per_second}

    def _add_users(self, present: int, wanted: int) -> None:
        at_once = _KEYS_AT_ONCE // KEYS_OF_A_USER
        for first in range(present, wanted, at_once):
            self._database.add_users(
                self._server.database,
                first,
                min(at_once, wanted - first),
                KEYS_OF_A_USER,
            )

    def _rate(self, **request: object) -> float:
        self._sample(1, **request)
        return self._sample(self._seconds, **request).per_second

    def _sample(self, seconds: int, **request: object) -> Sample:
        return measure(self._server, seconds, version=IMPORT_ONLY, **request)


def _user_with(keys: int) -> str:
    return f'user-with-{keys}'
