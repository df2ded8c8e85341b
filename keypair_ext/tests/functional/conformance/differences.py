# SPDX-License-Identifier: Apache-2.0

"""The deliberate differences: one file, read here.

The conformance suite fails for a difference that is not in the file, and
for an entry that no request shows any more. The same entries make the page
``doc/source/reference/differences.rst``.
"""

import dataclasses
import fnmatch
import itertools
import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from keypair_ext.tests.functional.servers import nova

PATH: Final = Path(__file__).with_name('differences.toml')

MOUNTS: Final = ('filter', 'standalone')
BALANCED: Final = 'balanced'

_RELEASE: Final = nova.RELEASE.partition('.')[0]

# Where even the status differs: the documents are then of different kinds,
# and with a fault comes its content type. A 204 has no length behind HAProxy.
_WITH_STATUS: Final = (
    'status',
    'document*',
    'header content-type',
    'header content-length',
)


@dataclass(frozen=True)
class Found:
    """A difference that a request showed."""

    mount: str
    request: str
    statuses: tuple[int, int]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Showing:
    """Requests that show an entry, and in what way.

    :param requests: patterns of ``area: name``; each must match.
    :param status: Nova's and ours.
    :param parts: patterns of the parts that may differ; each must match.
    :param releases: the Novas that answer so, if not all.
    """

    requests: tuple[str, ...]
    status: tuple[int, int]
    parts: tuple[str, ...] = ()
    mounts: tuple[str, ...] = MOUNTS
    releases: tuple[str, ...] = ()

    def covers(self, found: Found) -> bool:
        """Say whether this is what was found, and nothing more was."""
        return (
            self._is_of(found.mount)
            and found.statuses == self.status
            and any(_matches(found.request, p) for p in self.requests)
            and all(self._allows(part) for part in found.parts)
        )

    def _is_of(self, mount: str) -> bool:
        # Beside a Nova ours is the service, on other tables.
        named = mount in self.mounts or (
            mount == BALANCED and 'standalone' in self.mounts
        )
        return named and (not self.releases or _RELEASE in self.releases)

    def _allows(self, part: str) -> bool:
        different = self.status[0] != self.status[1]
        allowed = (*self.parts, *(_WITH_STATUS if different else ()))
        return any(_matches(part, pattern) for pattern in allowed)

    def unseen(self, found: Collection[Found], mount: str) -> list[str]:
        """Return the patterns that nothing found in a mount matches."""
        if not self._is_of(mount):
            return []
        covered = [f for f in found if f.mount == mount and self.covers(f)]
        parts = {part for found in covered for part in found.parts}
        return [
            *_without_match(self.requests, {f.request for f in covered}),
            *_without_match(self.parts, parts),
        ]


@dataclass(frozen=True)
class Difference:
    """A deliberate difference.

    ``request``, ``nova``, ``ours`` and ``reason`` are for readers of the
    documentation, in reStructuredText.
    """

    id: str
    request: str
    nova: str
    ours: str
    reason: str
    shown: tuple[Showing, ...]

    @property
    def mounts(self) -> tuple[str, ...]:
        """The mounts in which it shows."""
        return tuple(
            mount
            for mount in MOUNTS
            if any(mount in showing.mounts for showing in self.shown)
        )

    @property
    def releases(self) -> tuple[str, ...]:
        """The Novas that it shows with; none where that is all of them."""
        named = [showing.releases for showing in self.shown]
        return tuple(sorted({*itertools.chain(*named)})) if all(named) else ()

    def covers(self, found: Found) -> bool:
        """Say whether this is what was found."""
        return any(showing.covers(found) for showing in self.shown)

    def unseen(self, found: Collection[Found], mount: str) -> list[str]:
        """Return what of this nothing found in a mount shows."""
        return [
            pattern
            for showing in self.shown
            for pattern in showing.unseen(found, mount)
        ]


def load(path: Path = PATH) -> tuple[Difference, ...]:
    """Return the entries of the file, in order.

    :raises ValueError: an entry is incomplete or there twice.
    """
    entries = tomllib.loads(path.read_text(encoding='utf-8'))['difference']
    differences = tuple(_difference(entry) for entry in entries)
    names = [difference.id for difference in differences]
    if len(set(names)) < len(names):
        raise ValueError(f'an id is there twice: {names}')
    return differences


def explain(
    found: Found, differences: Iterable[Difference]
) -> Difference | None:
    """Return the entry that covers what was found, None for none."""
    return next((d for d in differences if d.covers(found)), None)


def stale(
    differences: Iterable[Difference],
    found: Collection[Found],
    mounts: Iterable[str],
) -> list[str]:
    """Return what of the file nothing shows any more, for a reader."""
    return [
        f'{difference.id}: {pattern} ({mount})'
        for mount in mounts
        for difference in differences
        for pattern in difference.unseen(found, mount)
    ]


def _difference(entry: dict[str, Any]) -> Difference:
    shown = tuple(_showing(showing) for showing in entry.pop('shown'))
    _check(entry, Difference, {'shown'})
    texts = {key: ' '.join(value.split()) for key, value in entry.items()}
    return Difference(**texts, shown=shown)


def _showing(entry: dict[str, Any]) -> Showing:
    _check(entry, Showing, {'parts', 'mounts', 'releases'})
    return Showing(**{key: tuple(value) for key, value in entry.items()})


def _check(
    entry: dict[str, Any], cls: type, optional: Collection[str]
) -> None:
    known = {field.name for field in dataclasses.fields(cls)}
    wrong = (entry.keys() ^ known) - set(optional)
    if wrong or not entry.keys() <= known:
        raise ValueError(f'missing or unknown in {entry}: {sorted(wrong)}')


def _matches(text: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern)


def _without_match(
    patterns: Sequence[str], texts: Collection[str]
) -> list[str]:
    return [
        pattern
        for pattern in patterns
        if not any(_matches(text, pattern) for text in texts)
    ]
