# SPDX-License-Identifier: Apache-2.0

"""Which keys a command is about: the same options for all commands."""

import dataclasses
import datetime
import fnmatch
import re
from collections.abc import Iterator
from typing import NamedTuple

from keypair_ext import exception
from keypair_ext.db.records import Keypair
from keypair_ext.db.table import Range, Table
from keypair_ext.keys import lines
from keypair_ext.keytypes import description
from keypair_ext.keytypes.description import Description

_UNITS = {'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 7 * 86400}
_AGE = re.compile(r'(\d{1,9})([smhdw])')
_HEX = re.compile(r'(?:[0-9a-f]{2}:?){15}(?:(?:[0-9a-f]{2}:?){4})?[0-9a-f]{2}')
_BASE64 = re.compile('[A-Za-z0-9+/]{43}')

# What is selected where a key cannot be read.
UNKNOWN = 'unknown'


class Entry(NamedTuple):
    """A key of the table, and what it is."""

    row: Keypair
    description: Description


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """Which keys are meant; None is no restriction.

    :ivar name: a pattern of the shell: ``*``, ``?`` and ``[...]``.
    :ivar before: created before this time, in UTC and without a zone.
    :ivar since: created at this time or later.
    :ivar fingerprint: in the form that :func:`parse_fingerprint` returns.
    :ivar bits_below: smaller than this many bits.
    :ivar sha256: the same key, whatever its comment.
    """

    user_id: str | None = None
    name: str | None = None
    type: str | None = None
    before: datetime.datetime | None = None
    since: datetime.datetime | None = None
    fingerprint: str | None = None
    algorithm: str | None = None
    bits_below: int | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no key can be.

        Whoever deletes nothing by it would believe that nothing is there.

        :raises InvalidInput: it is such.
        """
        if '' in (self.user_id, self.name):
            raise exception.InvalidInput(
                reason='the id of a user or the name is empty: give one, or '
                'leave the option out.'
            )
        known = (None, *description.ALGORITHMS, UNKNOWN)
        if self.algorithm not in known:
            raise exception.InvalidInput(
                reason=f'there is no algorithm {self.algorithm!r}: it is one '
                f'of {", ".join(map(str, known[1:]))}.'
            )
        if self.bits_below is not None and self.bits_below < 1:
            raise exception.InvalidInput(
                reason=f'no key is smaller than {self.bits_below} bits.'
            )
        if self.since and self.before and self.since >= self.before:
            raise exception.InvalidInput(
                reason='no key is older than the one and newer than the '
                'other of these two times.'
            )

    @property
    def range(self) -> Range:
        """What of it the database can tell."""
        return Range(self.user_id, self.type, self.since, self.before)

    def matches(self, entry: Entry) -> bool:
        """Say whether a key that is in the range is meant."""
        row, found = entry
        exactly = (
            (self.user_id, row.user_id),
            (self.sha256, found.sha256),
            (self.algorithm, found.algorithm or UNKNOWN),
        )
        fingerprints = found.fingerprint, found.sha256, row.fingerprint
        return (
            all(wanted in (None, has) for wanted, has in exactly)
            and (self.name is None or fnmatch.fnmatchcase(row.name, self.name))
            and self.fingerprint in (None, *fingerprints)
            and (
                self.bits_below is None
                or (found.bits is not None and found.bits < self.bits_below)
            )
        )


def select(
    table: Table, selection: Selection, after: int = 0
) -> Iterator[Entry]:
    """Yield the keys that are meant, by ascending id.

    :param after: the id after which to begin.
    :raises DatabaseUnavailable: the database fails; what was yielded counts.
    """
    for page in table.pages(selection.range, after):
        for row in page:
            entry = Entry(row, description.describe(row.type, row.public_key))
            if selection.matches(entry):
                yield entry


def parse_time(text: str, now: datetime.datetime) -> datetime.datetime:
    """Return the time that an age or a date means, in UTC, without a zone.

    :param text: ``90d``, ``12h``, ``3w``; or ``2026-01-31``, or the same
        with a time, ``2026-01-31T12:00:00Z``. Without a zone it is UTC.
    :param now: what an age is counted from.
    :raises InvalidInput: it is neither.
    """
    if found := _AGE.fullmatch(text):
        age = int(found[1]) * _UNITS[found[2]]
        try:
            return now - datetime.timedelta(seconds=age)
        except OverflowError:
            return datetime.datetime.min
    try:
        moment = lines.parse_time(text)
    except (OverflowError, ValueError):
        raise exception.InvalidInput(
            reason=f'{text!r} is neither an age, such as 90d, 12h or 3w, nor '
            f'a date, such as 2026-01-31 or 2026-01-31T12:00:00Z.'
        ) from None
    if moment > now:
        raise exception.InvalidInput(
            reason=f'{text!r} is in the future, in UTC: no key can have been '
            f'created since, and all have been before.'
        )
    return moment


def parse_fingerprint(text: str) -> str:
    """Return a fingerprint as descriptions have it.

    :param text: hexadecimal, with colons or without, perhaps behind
        ``MD5:``; or ``SHA256:`` and base64, as ``ssh-keygen -l`` prints it.
    :raises InvalidInput: it is neither.
    """
    kind, _, rest = text.partition(':')
    if kind.upper() == 'SHA256' and _BASE64.fullmatch(rest.rstrip('=')):
        return f'SHA256:{rest.rstrip("=")}'
    digits = (rest if kind.upper() in ('MD5', 'SHA1') else text).lower()
    if _HEX.fullmatch(digits):
        return bytes.fromhex(digits.replace(':', '')).hex(':')
    raise exception.InvalidInput(
        reason=f'{text!r} is not a fingerprint: give 16 bytes (MD5) or 20 '
        f'(SHA-1 of a certificate) in hexadecimal, or SHA256: and all of '
        f'its 43 characters.'
    )


def sha256_of(text: str) -> str:
    """Return by what a key in a file is found again in the table.

    :param text: the file: an SSH public key or a certificate in PEM.
    :raises InvalidInput: it is neither.
    """
    key_type = 'x509' if 'BEGIN' in text else 'ssh'
    found = description.describe(key_type, text).sha256
    if found is None:
        raise exception.InvalidInput(
            reason='there is no public key in the file: name a .pub file or '
            'a certificate in PEM.'
        )
    return found
