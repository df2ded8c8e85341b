# SPDX-License-Identifier: Apache-2.0

"""What the soak finds, when there is something to be found."""

from keypair_ext.tests import base
from keypair_ext.tests.functional.galera import ledger
from keypair_ext.tests.functional.galera.ledger import Entry, Row, State

_QUOTA = 2

_KNOWN = {
    ('u', 'there'): Entry(State.PRESENT, 'A'),
    ('u', 'gone'): Entry(State.ABSENT),
    ('u', 'either'): Entry(State.UNKNOWN),
}
_RIGHT: list[Row] = [('u', 'there', 'A')]


class LedgerTest(base.TestCase):
    def _kinds(
        self, *nodes: list[Row], known: ledger.Ledger | None = None
    ) -> set[str]:
        findings = ledger.compare(
            [known or ledger.Ledger(entries=dict(_KNOWN))],
            {f'node{number}': rows for number, rows in enumerate(nodes)},
            _QUOTA,
        )
        return {kind for kind, _ in findings.faults}

    def test_what_is_right(self) -> None:
        self.assertEqual(set(), self._kinds(_RIGHT, _RIGHT))
        unknown: list[Row] = [*_RIGHT, ('u', 'either', 'B')]
        self.assertEqual(set(), self._kinds(unknown, unknown))

    def test_what_is_lost(self) -> None:
        self.assertEqual({ledger.LOST}, self._kinds([]))
        other: list[Row] = [('u', 'there', 'B')]
        self.assertEqual({ledger.LOST}, self._kinds(other))

    def test_what_is_lost_on_one_node(self) -> None:
        self.assertEqual(
            {ledger.LOST, ledger.UNEXPECTED}, self._kinds(_RIGHT, [])
        )

    def test_what_is_doubled(self) -> None:
        again: list[Row] = [*_RIGHT, ('u', 'gone', 'A')]
        self.assertEqual({ledger.DOUBLED}, self._kinds(again))
        self.assertIn(ledger.DOUBLED, self._kinds(_RIGHT * 2))
        keys = ledger.Ledger(entries=dict(_KNOWN), private_keys=['K', 'K'])
        self.assertEqual({ledger.DOUBLED}, self._kinds(_RIGHT, known=keys))

    def test_what_is_over_the_quota(self) -> None:
        rows: list[Row] = [('u', f'{number}', 'A') for number in range(3)]
        entries = {row[:2]: Entry(State.UNKNOWN) for row in rows}
        known = ledger.Ledger(entries=entries)
        self.assertEqual({ledger.OVER_QUOTA}, self._kinds(rows, known=known))
        self.assertEqual(set(), self._kinds(rows[:2], known=known))

    def test_what_nobody_made(self) -> None:
        rows: list[Row] = [*_RIGHT, ('v', 'k', 'A')]
        self.assertEqual({ledger.UNEXPECTED}, self._kinds(rows))

    def test_what_clients_have_met(self) -> None:
        known = ledger.Ledger(entries=dict(_KNOWN))
        known.fault(ledger.UNEXPECTED, '500')
        self.assertEqual({ledger.UNEXPECTED}, self._kinds(_RIGHT, known=known))
