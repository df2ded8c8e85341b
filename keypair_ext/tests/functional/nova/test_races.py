# SPDX-License-Identifier: Apache-2.0

"""Workers of ours and of a plain Nova race on one database."""

import functools
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.conformance.caller import Caller
from keypair_ext.tests.functional.nova import base
from keypair_ext.tests.functional.servers import gunicorn, nova, process
from keypair_ext.tests.unit.db import database

_QUOTA = 10
_WORKERS = 3
_RACERS = 24
_ROUNDS = 10

_OURS, _NOVAS = 'ours', "Nova's"

# What has happened to one request: whose, the name, and the status.
Result = tuple[str, str, int]


class RacesTestCase(base.NovaTestCase):
    """Half of the requests go to Nova, half to ours."""

    plain: ClassVar[nova.Nova]
    ours: ClassVar[gunicorn.Gunicorn]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.plain = cls.stage.plain(key_pairs=_QUOTA, processes=_WORKERS)
        directory = cls.stage.useFixture(process.Directory('service')).path
        fixtures.write_config(
            str(directory),
            {
                'database': {'connection': cls.stage.databases.api_url},
                'quota': {'key_pairs': _QUOTA},
            },
        )
        paste_file = directory / 'api-paste.ini'
        paste_file.write_text(fixtures.PASTE_FILE.read_text())
        cls.ours = cls.stage.useFixture(
            gunicorn.Gunicorn(directory, workers=_WORKERS)
        )

    def test_the_last_places(self) -> None:
        names = [f'{"az"[n % 2]}{n}' for n in range(_RACERS)]
        over = 0
        for number in range(_ROUNDS):
            caller = Caller(f'places-{number}')
            old = [f'old{n}' for n in range(_QUOTA - 2)]
            for name in old:
                self.create(self.plain, caller, '2.1', **_key(name))
            results = self._race(caller, names)
            # All that was acknowledged is there, and nothing else.
            made = [name for _, name, status in results if status == 200]
            self.assertEqual(sorted(old + made), self._names(caller))
            self._assert_ours(results, 200, 403)
            over = max(over, len(old + made) - _QUOTA)
        # Nova counts before it inserts: each of its workers can be too late.
        self.assertLessEqual(over, _WORKERS)

    def test_without_nova_s_share_it_is_exact(self) -> None:
        caller = Caller('exact')
        results = self._race(caller, [f'k{n}' for n in range(_RACERS)], 1)
        self.assertEqual(_QUOTA, len(self._names(caller)))
        self._assert_ours(results, 200, 403)

    def test_one_name(self) -> None:
        for number in range(_ROUNDS):
            caller = Caller(f'name-{number}')
            results = self._race(caller, ['same'] * _RACERS)
            statuses = Counter(status for _, _, status in results)
            self.assertEqual({200: 1, 409: _RACERS - 1}, statuses)
            self.assertEqual(['same'], self._names(caller))

    def _race(
        self, caller: Caller, names: Sequence[str], share: int = 2
    ) -> list[Result]:
        """Create all at once, every ``share``-th request at ours."""

        def run(whose: str, name: str) -> int:
            server = self.ours if whose == _OURS else self.plain
            request = caller.create('', **_key(name))
            return self.send(server, request).status

        asked = [
            (_OURS if number % share == 0 else _NOVAS, name)
            for number, name in enumerate(names)
        ]
        works = [functools.partial(run, *one) for one in asked]
        statuses = map(int, database.run_together(works))
        return [(*one, n) for one, n in zip(asked, statuses, strict=True)]

    def _assert_ours(self, results: Sequence[Result], *allowed: int) -> None:
        statuses = {status for whose, _, status in results if whose == _OURS}
        self.assertEqual(set(), statuses - set(allowed))

    def _names(self, caller: Caller) -> list[str]:
        answer = self.send(self.ours, caller.list(''))
        return sorted(
            row['keypair']['name'] for row in answer.json()['keypairs']
        )


def _key(name: str) -> dict[str, str]:
    return {'name': name, 'public_key': base.KEY}
