# SPDX-License-Identifier: Apache-2.0

"""Say what an installation consists of, and what is known against it.

``sbom FILE`` writes a bill of materials, CycloneDX in JSON, of the package
with all that it can ask for, at the releases of constraints.txt. ``audit``
asks for known vulnerabilities of the same, and says what nobody could tell.
Both install into a throw-away virtual environment first.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXTRAS = (
    'badkeys,fixtures,mysql,notifications,postgresql,pytest,serve,testbed,'
    'unified'
)
NAME = 'keypair-ext'


def install(home: str) -> str:
    """Install the package into a directory and return its interpreter."""
    subprocess.run(
        [sys.executable, '-m', 'venv', '--without-pip', home], check=True
    )
    python = f'{home}/bin/python'
    subprocess.run(
        [
            *(sys.executable, '-m', 'pip', '--quiet', '--python', python),
            *('install', '--constraint', ROOT / 'tools' / 'constraints.txt'),
            f'{ROOT}[{EXTRAS}]',
        ],
        check=True,
    )
    return python


def sbom(python: str, target: pathlib.Path) -> None:
    """Write the bill of materials of an interpreter's environment."""
    printed = subprocess.run(
        [
            *(sys.executable, '-m', 'cyclonedx_py', 'environment'),
            *('--output-reproducible', '--output-format', 'JSON', python),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    document = json.loads(printed)
    _name_the_subject(document)
    missing = sorted(_required() - _names(document))
    if missing:
        raise SystemExit(f'Not in the bill: {", ".join(missing)}')
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document, indent=2) + '\n')
    print(f'{target}: {len(document["components"])} components')


def _name_the_subject(document: dict[str, Any]) -> None:
    """Say that the bill is of our package, and of it as an application."""
    (ours,) = (c for c in document['components'] if c['name'] == NAME)
    document['components'].remove(ours)
    # Where it was installed from is a directory of whoever ran this.
    ours.pop('externalReferences', None)
    document['metadata']['component'] = {**ours, 'type': 'application'}


def _required() -> set[str]:
    text = (ROOT / 'requirements.txt').read_text()
    return set(map(_canonical, re.findall(r'^[\w.-]+', text, re.MULTILINE)))


def _names(document: dict[str, Any]) -> set[str]:
    return {_canonical(c['name']) for c in document['components']}


def _canonical(name: str) -> str:
    return re.sub('[-_.]+', '-', name).lower()


def audit(python: str) -> int:
    """Print what is known against the packages; 1 for anything."""
    where = subprocess.run(
        [python, '-c', 'import site; print(site.getsitepackages()[0])'],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    ran = subprocess.run(
        [
            *(sys.executable, '-m', 'pip_audit', '--format', 'json'),
            *('--progress-spinner', 'off', '--path', where),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        rows = json.loads(ran.stdout)['dependencies']
    except ValueError:
        last = (ran.stderr.strip().splitlines() or ['it said nothing'])[-1]
        print(f'NOT AUDITED: the service cannot be asked: {last}')
        return 0
    return _report(rows)


def _report(rows: list[dict[str, Any]]) -> int:
    # Ours is in no index.
    rows = [row for row in rows if row['name'] != NAME]
    unknown = [row['name'] for row in rows if 'skip_reason' in row]
    found = [row for row in rows if row.get('vulns')]
    for row in found:
        for hole in row['vulns']:
            print(f'{row["name"]} {row["version"]}: {hole["id"]}')
    print(
        f'{len(rows) - len(unknown)} packages audited, {len(found)} with '
        f'known vulnerabilities'
    )
    if len(unknown) == len(rows):
        print('NOT AUDITED: the service knows nothing of vulnerabilities.')
    elif unknown:
        print(
            f'NOT AUDITED: {len(unknown)} packages that the service does not '
            f'know: {", ".join(sorted(unknown))}'
        )
    return 1 if found else 0


def main() -> int:
    """Do what the command line says."""
    command, *rest = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        python = install(home)
        if command == 'audit':
            return audit(python)
        sbom(python, pathlib.Path(*rest))
    return 0


if __name__ == '__main__':
    sys.exit(main())
