# SPDX-License-Identifier: Apache-2.0

"""What a profile can say: frozen tables of settings, with upstream's values.

The defaults are upstream's behaviour, so a profile holds departures only.
"""

import dataclasses
from typing import Any, TypeVar

# The keys that the group [keypairs] has an option for, of the same name.
OPTIONS = (
    'created_at_in_lists',
    'sha256_fingerprint',
    'generated_ssh_algorithm',
    'idempotent_import',
    'duplicate_before_quota',
)

_Table = TypeVar('_Table', 'Answers', 'KeyRules')


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
    created_at_in_lists: bool = False
    sha256_fingerprint: str = 'off'
    compute_request_id: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """Limits of a key pair's name; None leaves upstream's."""

    characters: str | None = None
    min_length: int = 1
    max_length: int = 255


@dataclasses.dataclass(frozen=True, slots=True)
class KeyRules:
    """What happens to a key on its way into the table.

    ``max_bytes`` counts the UTF-8 bytes of the whole string.
    """

    max_bytes: int | None = None
    restore_padding: bool = False
    default_comment: str | None = None
    generated_comment: str = 'Generated-by-Nova'
    generated_ssh_algorithm: str = 'rsa-2048'
    idempotent_import: bool = False
    duplicate_before_quota: bool = False


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

    def with_options(self, options: Any) -> 'Profile':
        """Return the profile with what the group ``[keypairs]`` sets.

        An option has the name of a key, and goes before it. Without a value
        it leaves the decision to the profile.
        """
        return dataclasses.replace(
            self,
            answers=_with_options(self.answers, options),
            keys=_with_options(self.keys, options),
        )

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


def _with_options(table: _Table, options: Any) -> _Table:
    values = {
        key.name: getattr(options, key.name)
        for key in dataclasses.fields(table)
        if key.name in OPTIONS
    }
    return dataclasses.replace(
        table,
        **{name: value for name, value in values.items() if value is not None},
    )
