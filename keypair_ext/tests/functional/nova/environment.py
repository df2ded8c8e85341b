# SPDX-License-Identifier: Apache-2.0

"""Nova's environment with keypair_ext installed into it.

A copy of the plain one, in which pip then does what it does for an
operator. What was there before and after is written down beside it.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keypair_ext.tests.functional.servers import (
    mariadb,
    nova,
    venv,
)

ROOT: Final = Path(__file__).resolve().parents[4]

# What decides which packages pip installs beside ours.
_METADATA: Final = ('setup.cfg', 'setup.py', 'requirements.txt')

FILTER: Final = nova.PasteFilter(
    'keypair_ext',
    {'paste.filter_factory': 'keypair_ext.wsgi:filter_factory'},
)


def reason_to_skip() -> str:
    """Return why tests with a real Nova cannot run here, '' if they can."""
    if os.environ.get('KEYPAIR_EXT_TEST_NOVA') != '1':
        return (
            'set KEYPAIR_EXT_TEST_NOVA=1, or run tox -e conformance: '
            'an environment of 400 MB with Nova is made first'
        )
    if not mariadb.available():
        return 'mariadb-server is not installed'
    return ''


@dataclass(frozen=True)
class WithKeypairExt(nova.Software):
    """Nova and, from this checkout, keypair_ext."""

    def install(self) -> Path:
        """Return the path of the environment, made on first use."""
        plain = nova.Software(self.requirements).install()
        path = venv.cache_directory() / f'nova-keypair-ext-{_digest(plain)}'
        with venv.locked(path.with_name(f'{path.name}.lock')):
            if not (path / 'after.json').exists():
                _make(path, plain)
        return path


def packages(path: Path, moment: str) -> Mapping[str, str]:
    """Return name and version of what an environment held.

    :param moment: ``before`` or ``after`` keypair_ext was installed.
    """
    listed = json.loads((path / f'{moment}.json').read_text())
    return {package['name']: package['version'] for package in listed}


def _digest(plain: Path) -> str:
    parts = [str(plain).encode(), str(ROOT).encode()]
    parts += [(ROOT / name).read_bytes() for name in _METADATA]
    return hashlib.sha256(b'\n'.join(parts)).hexdigest()[:12]


def _make(path: Path, plain: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    venv.run(Path(sys.executable), '-m', 'venv', '--without-pip', path)
    for name in ('lib', 'etc'):
        # Links instead of copies: pip replaces files, and never writes
        # into one that is there.
        shutil.copytree(
            plain / name,
            path / name,
            copy_function=os.link,
            symlinks=True,
            dirs_exist_ok=True,
        )
    shutil.copy(plain / 'bin' / 'uwsgi', path / 'bin')
    before = _pip(path, 'list', '--format=json')
    _pip(path, 'install', '--editable', ROOT)
    (path / 'before.json').write_text(before)
    (path / 'after.json').write_text(_pip(path, 'list', '--format=json'))


def _pip(path: Path, *arguments: str | Path) -> str:
    return venv.run(
        path / 'bin' / 'python',
        '-m',
        'pip',
        '--disable-pip-version-check',
        *arguments,
    )
