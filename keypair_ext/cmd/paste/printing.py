# SPDX-License-Identifier: Apache-2.0

"""What mounts the filter where a deployment tool makes Nova's paste file.

Text in, text out, as in :mod:`~keypair_ext.cmd.paste.mount`: the paste file
that is in force gives what each tool's own words say.
"""

import json
import string
from collections.abc import Iterator
from typing import Final

from keypair_ext.cmd.paste import mount
from keypair_ext.cmd.paste.reading import PasteFile

# In each, what stands for the section, key and value of what the filter needs
# is one of the names of _spellings().
TOOLS: Final = {
    'kolla': """\
# kolla-build.conf: the package, for the images of Nova.
[nova-base-plugin-keypair-ext]
type = url
location = THE-URL-OF/keypair_ext.tar.gz

# The file of [DEFAULT] template_override.
{% extends parent_template %}
{% block nova_base_footer %}
RUN keypair-ext-manage paste enable --file /etc/nova/api-paste.ini
{% endblock %}
""",
    'openstack-ansible': """\
# /etc/openstack_deploy/user_variables.yml
nova_user_pip_packages:
  - keypair-ext
nova_api_paste_ini_overrides:
$mapping
""",
    'openstack-helm': """\
# Values of the chart nova; its image needs the package.
conf:
  paste:
$mapping
""",
    'puppet': """\
# Hiera; the package has to be in Nova's environment.
nova::config::nova_api_paste_ini:
$hiera
""",
    'nova-operator': """\
# OpenStackControlPlane, below spec.nova.template; the image of nova-api needs
# the package.
apiServiceTemplate:
  defaultConfigOverwrite:
    api-paste.ini: |
$file
""",
    'devstack': """\
# local.conf; the plugin in devstack/ of the distribution does the same.
[[post-config|/etc/nova/api-paste.ini]]
$ini
""",
}


def snippet(tool: str, text: str) -> str:
    """Return what a tool's configuration has to say.

    :param tool: one of ``TOOLS``.
    :param text: the paste file in force, with or without the filter.
    :raises ConfigurationError: the text is not understood.
    """
    spellings = _spellings(mount.enable(text))
    return string.Template(TOOLS[tool]).substitute(spellings)


def _spellings(text: str) -> dict[str, str]:
    """Return what the filter needs, as the tools write it."""
    mapping, hiera, ini = [], [], []
    for section, values in _changes(text):
        mapping.append(f'    {json.dumps(section)}:')
        ini.append(f'[{section}]')
        for key, value in values.items():
            mapping.append(f'      {json.dumps(key)}: {json.dumps(value)}')
            hiera.append(f'  {json.dumps(f"{section}/{key}")}:')
            hiera.append(f'    value: {json.dumps(value)}')
            ini.append(f'{key} = {value}')
    # The whole of it: nova-operator replaces, and does not merge.
    file = [f'{" " * 10}{line}'.rstrip() for line in text.splitlines()]
    return {
        'mapping': '\n'.join(mapping),
        'hiera': '\n'.join(hiera),
        'ini': '\n'.join(ini),
        'file': '\n'.join(file),
    }


def _changes(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the sections of a file with the filter, and what they need."""
    file = PasteFile(text)
    changed: dict[str, dict[str, str]] = {}
    for pipeline in mount.status(text).pipelines:
        words = file.sections[pipeline.section].words(pipeline.key)
        values = changed.setdefault(pipeline.section, {})
        values[pipeline.key] = ' '.join(words)
    yield from changed.items()
    ours = file.sections[mount.SECTION]
    yield mount.SECTION, {key: ours.target(key) for key in ours.values}
