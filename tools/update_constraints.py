# SPDX-License-Identifier: Apache-2.0

"""Write tools/constraints.txt anew: the newest releases that work together.

For each interpreter named on the command line a throw-away virtual
environment gets everything that the project can ask for; what ends up in any
of them is pinned, with a marker where the interpreters differ. Review the
difference, run the gates, commit.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / 'tools' / 'constraints.txt'
REQUIREMENTS = (
    'test-requirements.txt',
    'doc/requirements.txt',
    'tools/requirements-security.txt',
)
# Not mysqlclient: it builds against the headers of a C library.
EXTRAS = (
    'badkeys,fixtures,mysql,notifications,postgresql,pytest,serve,testbed,'
    'unified'
)
# Part of the environment, not of what is installed into it.
OWN = {'keypair-ext', 'pip'}

HEADER = """\
# What CI, tox and the make targets install, release by release.
# Written by tools/update_constraints.py; not an installation requirement.
"""

Pins = dict[str, str]


def resolve(interpreter: str) -> tuple[str, Pins]:
    """Return the interpreter's X.Y and what pip chooses for it."""
    with tempfile.TemporaryDirectory() as home:
        subprocess.run([interpreter, '-m', 'venv', home], check=True)
        python = f'{home}/bin/python'
        wanted = ['setuptools', 'uwsgi', f'.[{EXTRAS}]']
        for name in REQUIREMENTS:
            wanted += ['-r', name]
        subprocess.run(
            [python, '-m', 'pip', 'install', '--quiet', '--upgrade', *wanted],
            cwd=ROOT,
            check=True,
        )
        listing = _output(python, '-m', 'pip', 'list', '--format=json')
        version = _output(
            python, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'
        )
    pins = {row['name']: row['version'] for row in json.loads(listing)}
    return version.strip(), {
        name: release for name, release in pins.items() if name not in OWN
    }


def _output(*command: str) -> str:
    return subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout


def merge(chosen: dict[str, Pins]) -> list[str]:
    """Return the lines of the file, sorted without regard to case."""
    releases: dict[str, dict[str, list[str]]] = collections.defaultdict(dict)
    for version, pins in sorted(chosen.items(), key=_by_number):
        for name, release in pins.items():
            releases[name].setdefault(release, []).append(version)
    return [
        line
        for name in sorted(releases, key=str.lower)
        for line in _lines(name, releases[name], len(chosen))
    ]


def _by_number(item: tuple[str, Pins]) -> tuple[int, ...]:
    return tuple(int(part) for part in item[0].split('.'))


def _lines(
    name: str, releases: dict[str, list[str]], interpreters: int
) -> list[str]:
    if len(next(iter(releases.values()))) == interpreters:
        return [f'{name}=={release}' for release in releases]
    return [
        f'{name}=={release};'
        + ' or '.join(f"python_version=='{version}'" for version in versions)
        for release, versions in releases.items()
    ]


def main() -> None:
    """Resolve for each interpreter, then write the file."""
    chosen = dict(map(resolve, sys.argv[1:] or [sys.executable]))
    TARGET.write_text(HEADER + '\n'.join(merge(chosen)) + '\n')


if __name__ == '__main__':
    main()
