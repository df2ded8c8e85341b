# SPDX-License-Identifier: Apache-2.0

"""Which keys of the table break the operator's rules of strength."""

from collections.abc import Iterable, Iterator

from keypair_ext.keys.report import Record, record_of
from keypair_ext.keys.selection import Entry
from keypair_ext.keytypes.strength import Judge

COLUMNS = (
    'user_id',
    'name',
    'type',
    'algorithm',
    'bits',
    'created_at',
    'rule',
    'reason',
)


def findings(entries: Iterable[Entry], judge: Judge) -> Iterator[Record]:
    """Yield a record for each rule that a key breaks."""
    for entry in entries:
        row, found = entry
        for finding in judge.findings(row.type, row.public_key or '', found):
            yield {**record_of(entry), **finding._asdict()}
