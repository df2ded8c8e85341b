# SPDX-License-Identifier: Apache-2.0

"""What mounts the filter where a deployment tool makes Nova's paste file.

Text in, text out, as in :mod:`~keypair_ext.cmd.paste.mount`: the paste file
that is in force gives what each tool's own words say.
"""

import json
from collections.abc import Callable
from typing import Final

from keypair_ext.cmd.paste import mount
from keypair_ext.cmd.paste.reading import PasteFile

# Section, key and value of what the filter needs.
_Changes = dict[str, dict[str, str]]


def snippet(tool: str, text: str) -> str:
    """Return what a tool's configuration has to say.

    :param tool: one of ``TOOLS``.
    :param text: the paste file in force, with or without the filter.
    :raises ConfigurationError: the text is not understood.
    """
    return TOOLS[tool](mount.enable(text))


def _changes(text: str) -> _Changes:
    file = PasteFile(text)
    changes: _Changes = {}
    for pipeline in mount.status(text).pipelines:
        words = file.sections[pipeline.section].words(pipeline.key)
        values = changes.setdefault(pipeline.section, {})
        values[pipeline.key] = ' '.join(words)
    section = file.sections[mount.SECTION]
    return {
        **changes,
        mount.SECTION: {key: section.target(key) for key in section.values},
    }


def _yaml(text: str, indent: int) -> str:
    """Return the changes as a mapping of mappings."""
    lines = []
    for section, values in _changes(text).items():
        lines.append(f'{json.dumps(section)}:')
        lines += [
            f'  {json.dumps(key)}: {json.dumps(value)}'
            for key, value in values.items()
        ]
    return ''.join(f'{" " * indent}{line}\n' for line in lines)


def _kolla(_: str) -> str:
    return (
        '# kolla-build.conf: the package, for the images of Nova.\n'
        '[nova-base-plugin-keypair-ext]\n'
        'type = url\n'
        'location = THE-URL-OF/keypair_ext.tar.gz\n'
        '\n'
        '# The file of [DEFAULT] template_override.\n'
        '{% extends parent_template %}\n'
        '{% block nova_base_footer %}\n'
        'RUN keypair-ext-manage paste enable --file /etc/nova/api-paste.ini\n'
        '{% endblock %}\n'
    )


def _openstack_ansible(text: str) -> str:
    return (
        '# /etc/openstack_deploy/user_variables.yml\n'
        'nova_user_pip_packages:\n'
        '  - keypair-ext\n'
        f'nova_api_paste_ini_overrides:\n{_yaml(text, 2)}'
    )


def _openstack_helm(text: str) -> str:
    return (
        '# Values of the chart nova; its image needs the package.\n'
        f'conf:\n  paste:\n{_yaml(text, 4)}'
    )


def _puppet(text: str) -> str:
    lines = [
        f'  {json.dumps(f"{section}/{key}")}:\n'
        f'    value: {json.dumps(value)}\n'
        for section, values in _changes(text).items()
        for key, value in values.items()
    ]
    return (
        "# Hiera; the package has to be in Nova's environment.\n"
        f'nova::config::nova_api_paste_ini:\n{"".join(lines)}'
    )


def _nova_operator(text: str) -> str:
    # The whole file: the operator replaces, and does not merge.
    body = ''.join(
        f'          {line}'.rstrip() + '\n' for line in text.splitlines()
    )
    return (
        '# OpenStackControlPlane, below spec.nova.template; the image of '
        'nova-api needs\n# the package.\n'
        'apiServiceTemplate:\n'
        '  defaultConfigOverwrite:\n'
        f'    api-paste.ini: |\n{body}'
    )


def _devstack(text: str) -> str:
    lines = []
    for section, values in _changes(text).items():
        lines += [f'[{section}]', *(f'{k} = {v}' for k, v in values.items())]
    return (
        '# local.conf; the plugin in devstack/ of the distribution does the '
        'same.\n'
        '[[post-config|/etc/nova/api-paste.ini]]\n' + '\n'.join(lines) + '\n'
    )


TOOLS: Final[dict[str, Callable[[str], str]]] = {
    'kolla': _kolla,
    'openstack-ansible': _openstack_ansible,
    'openstack-helm': _openstack_helm,
    'puppet': _puppet,
    'nova-operator': _nova_operator,
    'devstack': _devstack,
}
