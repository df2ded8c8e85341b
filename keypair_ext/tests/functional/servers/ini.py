# SPDX-License-Identifier: Apache-2.0

"""Configuration files for the servers that read oslo.config's format."""

from collections.abc import Mapping
from pathlib import Path

# Options by section, as {'quota': {'key_pairs': 5}}.
Sections = Mapping[str, Mapping[str, object]]


def merge(*parts: Sections) -> Sections:
    """Lay sections over each other; the last one to name an option wins."""
    merged: dict[str, dict[str, object]] = {}
    for part in parts:
        for section, options in part.items():
            merged.setdefault(section, {}).update(options)
    return merged


def render(sections: Sections) -> str:
    """Return the text of a configuration file."""
    return '\n'.join(
        f'[{section}]\n'
        + ''.join(f'{name} = {value}\n' for name, value in options.items())
        for section, options in sections.items()
    )


def write(path: Path, sections: Sections) -> None:
    """Write a configuration file."""
    path.write_text(render(sections))
