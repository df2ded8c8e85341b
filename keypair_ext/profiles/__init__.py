# SPDX-License-Identifier: Apache-2.0

"""Vendor profiles: named, data-only departures from upstream Compute.

A profile is one TOML document, valid against ``profile.schema.json`` beside
this file. It may change versions, statuses, fields, names, limits of names
and keys, faults and key comments. What it may not change (identity, policy,
the existence of a quota, storage, logging) has no key to say it with.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from keypair_ext import exception
from keypair_ext.profiles import checks, sources
from keypair_ext.profiles.model import Fault, Faults, KeyRules, Profile

__all__ = (
    'DEFAULT',
    'Fault',
    'Faults',
    'KeyRules',
    'Profile',
    'available',
    'check',
    'load',
    'schema',
)

DEFAULT = 'nova'


def load(name: str) -> Profile:
    """Return the profile that a paste section asks for.

    :param name: one of ours, the name of an entry point in group
        ``keypair_ext.profiles``, or ``file:`` and an absolute path.
    :raises ConfigurationError: there is none of this name, it cannot be
        read, or it does not keep to the schema; one complaint a field.
    """
    text = sources.read(name)
    try:
        document = checks.parse(text)
    except ValueError as error:
        raise exception.ConfigurationError(
            reason=f'Profile {name} is not TOML: {error}.'
        ) from error
    # Ours are checked by the tests, and need no jsonschema.
    problems = [] if name in sources.shipped() else check(name, document)
    if problems:
        raise exception.ConfigurationError(
            reason=f'Profile {name} is not valid: {"; ".join(problems)}.'
        )
    return _build(document)


def check(name: str, document: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a profile document.

    :param name: what it is installed as, or its address.
    """
    return checks.problems(document, schema()) or _misnamed(
        name, document['name']
    )


def available() -> list[str]:
    """Return the names of all installed profiles, sorted."""
    return sorted({*sources.shipped(), *sources.installed()})


def schema() -> dict[str, Any]:
    """Return the published JSON Schema of a profile document."""
    document: dict[str, Any] = json.loads(sources.schema_text())
    return document


def _misnamed(asked: str, own: str) -> list[str]:
    """Say if a document has a name that is not its to have."""
    if not sources.is_file(asked):
        if own == asked:
            return []
        return [f'name: {own} is not {asked}, which it is installed as']
    if own in sources.shipped():
        return [f'name: {own} is one of ours, a variant needs its own']
    return []


def _build(document: Mapping[str, Any]) -> Profile:
    faults = {
        name: Fault(**fault)
        for name, fault in document.get('faults', {}).items()
    }
    written = {**document, 'faults': faults}
    upstream = Profile(document['name'], document['summary'])
    tables: dict[str, Any] = {
        field.name: dataclasses.replace(
            getattr(upstream, field.name), **written.get(field.name, {})
        )
        for field in dataclasses.fields(upstream)[2:]
    }
    return dataclasses.replace(upstream, **tables)
