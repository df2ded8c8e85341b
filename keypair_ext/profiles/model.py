# SPDX-License-Identifier: Apache-2.0

"""What a profile can say: frozen tables of settings, with upstream's values.

The defaults are upstream's behaviour, so a profile holds departures only.
"""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Versions:
    """Which microversions a mount serves, and whether it speaks of them."""

    negotiated: bool = True
    behaves_as: str = '2.1'
    max: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Statuses:
    """Success statuses; None leaves upstream's."""

    imported: int | None = None
    generated: int | None = None
    listed: int | None = None
    shown: int | None = None
    deleted: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Answers:
    """What answers hold beside upstream's fields."""

    type: str = 'versioned'
    created_at_on_create: bool = False
    compute_request_id: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """Limits of a key pair's name; None leaves upstream's."""

    characters: str | None = None
    min_length: int = 1
    max_length: int = 255


@dataclasses.dataclass(frozen=True, slots=True)
class KeyRules:
    """What happens to key material on its way into the table.

    ``max_bytes`` counts the UTF-8 bytes of the whole string.
    """

    max_bytes: int | None = None
    restore_padding: bool = False
    default_comment: str | None = None
    generated_comment: str = 'Generated-by-Nova'


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """How one kind of error is told."""

    status: int
    name: str
    retry_after: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Faults:
    """Departures from upstream's faults; None leaves upstream's."""

    over_quota: Fault | None = None
    wrong_method: Fault | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Profile:
    """One vendor's dialect."""

    name: str
    summary: str
    versions: Versions = Versions()
    statuses: Statuses = Statuses()
    answers: Answers = Answers()
    names: Names = Names()
    keys: KeyRules = KeyRules()
    faults: Faults = Faults()

    def settings(self) -> dict[str, Any]:
        """Return every setting by ``table.key``, in the schema's order."""
        tables = dataclasses.fields(self)[2:]
        return {
            f'{table.name}.{key.name}': getattr(
                getattr(self, table.name), key.name
            )
            for table in tables
            for key in dataclasses.fields(getattr(self, table.name))
        }

    def departures(self) -> dict[str, Any]:
        """Return the settings that are not upstream's."""
        upstream = Profile('', '').settings()
        return {
            key: value
            for key, value in self.settings().items()
            if value != upstream[key]
        }
