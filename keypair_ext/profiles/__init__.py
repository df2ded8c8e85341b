# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Vendor profiles: named, data-only departures from upstream Compute.

A profile is one TOML document, valid against ``profile.schema.json`` beside
this file. It may change versions, statuses, fields, names, limits of names
and keys, faults and key comments. What it may not change (identity, policy,
the existence of a quota, storage, logging) has no key to say it with.
"""

import dataclasses
import importlib.metadata
import importlib.resources
import json
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from typing import Any
from urllib import parse as urlparse

from keypair_ext import exception

DEFAULT = 'nova'
ENTRY_POINTS = 'keypair_ext.profiles'


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

    def departures(self) -> Iterator[tuple[str, Any]]:
        """Yield (``table.key``, value) for all that is not upstream's."""
        upstream = Profile(self.name, self.summary)
        for field in dataclasses.fields(self)[2:]:
            mine, theirs = (
                getattr(self, field.name),
                getattr(upstream, field.name),
            )
            for part in dataclasses.fields(mine):
                value = getattr(mine, part.name)
                if value != getattr(theirs, part.name):
                    yield f'{field.name}.{part.name}', value


def load(name: str) -> Profile:
    """Return the profile that a paste section asks for.

    :param name: one of ours, the name of an entry point in group
        ``keypair_ext.profiles``, or ``file:`` and a path.
    :raises ConfigurationError: there is none of this name, it cannot be
        read, or it does not keep to the schema; one line a field.
    """
    source, text = _read(name)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise exception.ConfigurationError(
            reason=f'Profile {source} is not TOML: {error}.'
        ) from error
    problems = _problems(document)
    if problems:
        raise exception.ConfigurationError(
            reason=f'Profile {source} is not valid: ' + '; '.join(problems)
        )
    return _build(document)


def available() -> list[str]:
    """Return the names of all installed profiles, sorted."""
    ours = {
        entry.name.removesuffix('.toml')
        for entry in _package().iterdir()
        if entry.name.endswith('.toml')
    }
    return sorted(ours | set(_entry_points()))


def schema() -> dict[str, Any]:
    """Return the published JSON Schema of a profile document."""
    text = (_package() / 'profile.schema.json').read_text('utf-8')
    document: dict[str, Any] = json.loads(text)
    return document


def _package() -> Traversable:
    return importlib.resources.files(__name__)


def _entry_points() -> Mapping[str, importlib.metadata.EntryPoint]:
    found = importlib.metadata.entry_points(group=ENTRY_POINTS)
    return {entry_point.name: entry_point for entry_point in found}


def _read(name: str) -> tuple[str, str]:
    """Return (where the profile was found, its text)."""
    try:
        if name.startswith('file:'):
            path = urlparse.unquote(urlparse.urlsplit(name).path)
            with open(path, encoding='utf-8') as stream:
                return path, stream.read()
        resource = _resource(name)
        return name, resource.read_text('utf-8')
    except (OSError, UnicodeDecodeError) as error:
        raise exception.ConfigurationError(
            reason=f'Profile {name} cannot be read: {error}'
        ) from error


def _resource(name: str) -> Traversable:
    ours = _package() / f'{name}.toml'
    if name.isidentifier() or name.replace('-', '_').isidentifier():
        if ours.is_file():
            return ours
        entry_point = _entry_points().get(name)
        if entry_point is not None:
            return _entry_point_resource(entry_point)
    raise exception.ConfigurationError(
        reason=f'There is no profile {name!r}: installed are '
        f'{", ".join(available())}; file:/PATH reads one from a file.'
    )


def _entry_point_resource(
    entry_point: importlib.metadata.EntryPoint,
) -> Traversable:
    """Find the TOML document that ``package:file.toml`` names.

    The value is not imported as an attribute: a profile is data, and
    reading one runs none of its vendor's code beyond the package itself.
    """
    package, _, resource = entry_point.value.partition(':')
    try:
        return importlib.resources.files(package.strip()) / resource.strip()
    except (ImportError, TypeError) as error:
        raise exception.ConfigurationError(
            reason=f'Profile {entry_point.name}: its entry point '
            f'{entry_point.value} cannot be found: {error}'
        ) from error


def _problems(document: Mapping[str, Any]) -> list[str]:
    # Imported here since only a load needs it, and it costs 40 ms.
    import jsonschema

    validator = jsonschema.Draft202012Validator(schema())
    errors = sorted(validator.iter_errors(document), key=lambda e: e.json_path)
    return [
        f'{error.json_path.removeprefix("$.")}: {error.message}'
        for error in errors
    ]


def _build(document: Mapping[str, Any]) -> Profile:
    tables = {
        'versions': Versions,
        'statuses': Statuses,
        'answers': Answers,
        'names': Names,
        'keys': KeyRules,
    }
    parts: dict[str, Any] = {
        name: table(**document.get(name, {})) for name, table in tables.items()
    }
    faults = {
        name: Fault(**fault)
        for name, fault in document.get('faults', {}).items()
    }
    return Profile(
        name=document['name'],
        summary=document['summary'],
        faults=Faults(**faults),
        **parts,
    )
