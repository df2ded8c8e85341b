# SPDX-License-Identifier: Apache-2.0

"""What a ledger finds, when there is something to be found."""

from keypair_ext.tests import base
from keypair_ext.tests.functional.load import ledger
from keypair_ext.tests.functional.load.ledger import Entry, Row, State

_QUOTA = 2

_KNOWN = {
    ('u', 'there'): Entry(State.PRESENT, 'A'),
    ('u', 'gone'): Entry(State.ABSENT),
    ('u', 'asked'): Entry(State.CREATING),
    ('u', 'going'): Entry(State.DELETING),
}
_RIGHT: Row = ('u', 'there', 'A')


class LedgerTest(base.TestCase):
    def kinds(
        self, *tables: list[Row], known: ledger.Ledger | None = None
    ) -> set[str]:
        found = ledger.compare(
            [known or ledger.Ledger(dict(_KNOWN))],
            {f'node{number}': rows for number, rows in enumerate(tables)},
            _QUOTA,
        )
        return {fault.kind for fault in found.faults}

    def test_rows(self) -> None:
        asked, going = ('u', 'asked', 'B'), ('u', 'going', 'B')
        for rows, kinds in (
            ([_RIGHT], set()),
            ([_RIGHT, asked], set()),
            ([_RIGHT, going], set()),
            ([], {ledger.LOST}),
            ([('u', 'there', 'B')], {ledger.LOST}),
            ([_RIGHT, ('u', 'gone', 'A')], {ledger.DOUBLED}),
            ([_RIGHT, _RIGHT], {ledger.DOUBLED}),
            ([_RIGHT, asked, going], {ledger.OVER_QUOTA}),
            ([_RIGHT, ('v', 'k', 'A')], {ledger.UNEXPECTED}),
        ):
            with self.subTest(rows=rows):
                self.assertEqual(kinds, self.kinds(rows, rows))

    def test_one_node_has_lost_it(self) -> None:
        self.assertEqual(
            {ledger.LOST, ledger.UNEXPECTED}, self.kinds([_RIGHT], [])
        )

    def test_a_private_key_that_was_given_out_twice(self) -> None:
        known = ledger.Ledger(dict(_KNOWN), private_keys=['K', 'K'])
        self.assertEqual({ledger.DOUBLED}, self.kinds([_RIGHT], known=known))

    def test_what_users_have_met(self) -> None:
        known = ledger.Ledger(dict(_KNOWN))
        known.fault(ledger.UNEXPECTED, '500')
        self.assertEqual(
            {ledger.UNEXPECTED}, self.kinds([_RIGHT], known=known)
        )
