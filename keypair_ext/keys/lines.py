# SPDX-License-Identifier: Apache-2.0

"""Keys as JSON lines: what is exported, imported and kept in a journal."""

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from keypair_ext import exception
from keypair_ext.db.records import Keypair
from keypair_ext.keytypes import KeyType

# Of the names that the API takes now, what can stand before another name.
_PREFIX = re.compile('(?! )[a-zA-Z0-9 _@.-]+')

_TEXTS = ('user_id', 'name', 'type', 'fingerprint', 'public_key')
_TIMES = ('created_at', 'updated_at')
MAX_LENGTH = 255


def to_line(row: Keypair) -> str:
    """Return a row as one line of JSON, all columns as they are."""
    values: dict[str, Any] = row._asdict()
    for name in _TIMES:
        values[name] = time_text(values[name])
    # In ASCII: no locale of an output can change it.
    return json.dumps(values)


def time_text(moment: datetime.datetime | None) -> str | None:
    """Return a time of the table, which is UTC, with its zone."""
    return None if moment is None else f'{moment.isoformat()}Z'


class Line(NamedTuple):
    """A line of an export or a journal.

    :ivar row: None where the line is not what :func:`to_line` makes;
        ``id``, ``fingerprint`` and the times may be left out.
    :ivar problem: why not.
    :ivar is_torn: whoever wrote it was killed before its end.
    """

    number: int
    row: Keypair | None
    problem: str | None = None
    is_torn: bool = False


def read(lines: Iterable[str]) -> Iterator[Line]:
    """Yield each line that is not empty.

    :raises InvalidInput: it is not UTF-8 text.
    """
    try:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _line(number, line)
    except UnicodeDecodeError:
        raise exception.InvalidInput(
            reason='the file is not UTF-8 text, which "keys export" writes.'
        ) from None


def _line(number: int, line: str) -> Line:
    try:
        return Line(number, _row(json.loads(line)))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        # json's own errors repeat nothing of the line.
        problem = f'it is not a key pair as "keys export" writes it: {error}'
        return Line(number, None, problem, is_torn=not line.endswith('\n'))


def _row(values: Mapping[str, Any]) -> Keypair:
    row: dict[str, Any] = {n: values.get(n) for n in (*_TEXTS, *_TIMES)}
    for name in _TEXTS:
        is_needed = name in ('user_id', 'name', 'type')
        if not isinstance(row[name], str if is_needed else str | None):
            raise ValueError(f'{name} must be text')
    for name in _TIMES:
        if row[name] is not None:
            row[name] = parse_time(row[name])
    return Keypair(id=int(values.get('id') or 0), **row)


def parse_time(text: str) -> datetime.datetime:
    """Return a time as the table has it, in UTC and without a zone.

    :param text: in ISO 8601; without a zone it is UTC.
    :raises ValueError: it is not.
    """
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return moment


def checked(row: Keypair, key_types: Mapping[str, KeyType]) -> Keypair:
    """Return a row with its fingerprint, judged as the API judges an import.

    :raises InvalidInput: the API would refuse it, or the fingerprint that it
        brings is another key's.
    """
    check_text('name', row.name)
    check_text('user_id', row.user_id)
    if row.name != row.name.strip():
        raise exception.InvalidInput(
            reason='name can not start or end with whitespace.'
        )
    key_type = key_types.get(row.type)
    if key_type is None:
        raise exception.InvalidInput(
            reason=f'type must be one of {", ".join(key_types)}.'
        )
    fingerprint = key_type.fingerprint(row.public_key or '')
    if row.fingerprint not in (None, fingerprint):
        raise exception.InvalidInput(
            reason='the fingerprint is not that of the key: one of the two '
            'has been changed.'
        )
    return row._replace(fingerprint=fingerprint)


def check_text(what: str, value: str) -> None:
    """Return if a value can be a name, or the id of a user.

    :raises InvalidInput: it cannot.
    """
    if not 0 < len(value) <= MAX_LENGTH or not value.isprintable():
        raise exception.InvalidInput(
            reason=f'{what} must be 1 to {MAX_LENGTH} printable characters.'
        )


def check_prefix(what: str, value: str) -> None:
    """Return if a value can be the beginning of a name.

    :raises InvalidInput: the API would not take a name that begins so.
    """
    if not _PREFIX.fullmatch(value) or len(value) > MAX_LENGTH:
        raise exception.InvalidInput(
            reason=f'{what} must be letters, digits and any of " @._-", and '
            f'not begin with a blank.'
        )
