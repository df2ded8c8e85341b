# SPDX-License-Identifier: Apache-2.0

"""What a guide cannot have in a test, why, and what is run in its place.

A block of a page that uses one of these has ``.. stand-in: NAME`` before it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from keypair_ext.tests.functional.guides import page

REASONS: Final = {
    'apt-get': (
        'there is no network, and nothing is installed on the machine for a '
        'test: looks whether the packages are there'
    ),
    'pip': (
        'there is no network: installs with the real pip, from wheels that '
        'were made before, ours of this tree, and to upgrade of this tree '
        'with another version'
    ),
    'systemctl': (
        'systemd is not the first process: verifies units with '
        'systemd-analyze, and does what they say as the user they name'
    ),
    'journalctl': (
        'there is no journal: prints what the process of the unit has written'
    ),
    'certbot': (
        'no public authority certifies a name of ours: a certificate that is '
        'signed by itself, and that the clients are told to trust'
    ),
    'terraform': (
        "the provider cannot be had everywhere: where terraform is, 'fmt' "
        'reads the file, and nothing is applied'
    ),
    'ansible-playbook': (
        'not everybody has Ansible and its collection openstack.cloud: runs '
        'where both are, else says which is missing'
    ),
}

# Each is the first word of a command, or one with a path before it.
_WORDS: Final = re.compile(r'(?:^|[\n;&|] *)(?:\S*/)?([a-z-]+)(?= )')

_SCRIPTS: Final = {
    'apt-get': """\
[ "$1" = install ] || exit 0
shift
for name in "$@"; do
    case $name in -*) continue ;; esac
    dpkg --status "$name" >/dev/null || exit 1
done
""",
    'systemctl': 'exec {python} -m {package}.systemctl "$@"\n',
    'journalctl': """\
while [ $# -gt 0 ]; do
    case $1 in
    --unit) unit=$2 ;;
    --lines) lines=$2 ;;
    *) echo "journalctl $1 is not known here" >&2; exit 1 ;;
    esac
    shift 2
done
tail -n "${{lines:-1000}}" "/run/journal/$unit"
""",
    'certbot': """\
while [ "$1" != --domain ]; do shift; done
directory=/etc/letsencrypt/live/$2
mkdir -p "$directory"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc \\
    -keyout "$directory/privkey.pem" -out "$directory/fullchain.pem" \\
    -subj "/CN=$2" -addext "subjectAltName=DNS:$2" 2>/dev/null &&
    cat "$directory/fullchain.pem" >>/etc/ssl/certs/ca-certificates.crt
""",
    'terraform': """\
[ "$1" = apply ] || exit 0
real=$(PATH=${{PATH#*:}} command -v terraform) || {{
    echo 'terraform is not installed'
    exit 0
}}
CHECKPOINT_DISABLE=1 "$real" fmt -check -diff
""",
    'ansible-playbook': """\
PATH=${{PATH#*:}}
command -v ansible-playbook >/dev/null || {{
    echo 'Ansible is not installed'
    exit 0
}}
ansible-galaxy collection list openstack.cloud 2>/dev/null |
    grep -Eq '^openstack.cloud +[2-9]' || {{
    echo 'the collection openstack.cloud, 2.0 or newer, is not installed'
    exit 0
}}
exec ansible-playbook "$@"
""",
}


def install(directory: Path, python: str) -> None:
    """Write the programs into a directory that is to be first in PATH."""
    for name, script in _SCRIPTS.items():
        text = script.format(python=python, package=__package__)
        path = directory / name
        path.write_text(f'#!/bin/sh\n{text}')
        path.chmod(0o755)


def needed(command: page.Command) -> Iterator[str]:
    """Yield the names of what a command cannot have in a test."""
    for word in _WORDS.findall(command.text):
        if word in REASONS:
            yield word
