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
