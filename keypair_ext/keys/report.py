# SPDX-License-Identifier: Apache-2.0

"""What is printed of keys, in the formats of cliff's commands, as it comes."""

import csv
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TextIO

from keypair_ext.keys.lines import time_text
from keypair_ext.keys.selection import Entry

Cell = str | int | None
Record = Mapping[str, Cell]
Records = Iterable[Record]
Columns = Sequence[str]

LISTED = (
    'user_id',
    'name',
    'type',
    'algorithm',
    'bits',
    'fingerprint',
    'sha256',
    'created_at',
    'comment',
)

# So many records tell how wide the columns of a table are.
_MEASURED = 1000


def record_of(entry: Entry) -> dict[str, Cell]:
    """Return what a list says of a key."""
    row, found = entry
    return {
        'user_id': row.user_id,
        'name': row.name,
        'type': row.type,
        'algorithm': found.algorithm,
        'bits': found.bits,
        'fingerprint': found.fingerprint or row.fingerprint,
        'sha256': found.sha256,
        'created_at': time_text(row.created_at),
        'comment': found.comment,
    }


def write_rows(rows: Iterable[Sequence[str]], stream: TextIO) -> None:
    """Print rows of cells, the first of them the titles, in columns."""
    rows = iter(rows)
    first = list(itertools.islice(rows, _MEASURED))
    widths = [max(map(len, column)) for column in zip(*first, strict=True)]
    for row in itertools.chain(first, rows):
        cells = map(str.ljust, row, widths)
        stream.write('  '.join(cells).rstrip() + '\n')


def _write_table(columns: Columns, records: Records, stream: TextIO) -> None:
    rows = (_cells(columns, record) for record in records)
    write_rows(itertools.chain([columns], rows), stream)


def _write_json(columns: Columns, records: Records, stream: TextIO) -> None:
    separator = '[\n'
    for record in records:
        stream.write(separator + json.dumps(_chosen(columns, record)))
        separator = ',\n'
    stream.write('[]\n' if separator == '[\n' else '\n]\n')


def _write_lines(columns: Columns, records: Records, stream: TextIO) -> None:
    for record in records:
        stream.write(json.dumps(_chosen(columns, record)) + '\n')


def _write_csv(columns: Columns, records: Records, stream: TextIO) -> None:
    writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(columns)
    writer.writerows(_chosen(columns, record).values() for record in records)


def _write_values(columns: Columns, records: Records, stream: TextIO) -> None:
    for record in records:
        stream.write(' '.join(_cells(columns, record)) + '\n')


# Each writes the columns of records.
FORMATS: dict[str, Callable[[Columns, Records, TextIO], None]] = {
    'table': _write_table,
    'json': _write_json,
    'jsonl': _write_lines,
    'csv': _write_csv,
    'value': _write_values,
}


def _chosen(columns: Columns, record: Record) -> dict[str, Cell]:
    return {name: record[name] for name in columns}


def _cells(columns: Columns, record: Record) -> list[str]:
    return [_printable(record[name]) for name in columns]


def _printable(value: Cell) -> str:
    """Return text for a terminal, which what users sent must not command."""
    text = '' if value is None else str(value)
    if text.isprintable():
        return text
    return ''.join(
        char
        if char.isprintable()
        else char.encode('unicode_escape', 'surrogatepass').decode()
        for char in text
    )
