# SPDX-License-Identifier: Apache-2.0

"""What pip finds on a machine without a network."""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from keypair_ext.tests.functional import fixtures
from keypair_ext.tests.functional.servers import venv

_EXTRAS: Final = 'mysql,notifications'
_OTHERS: Final = ('uwsgi',)
_METADATA: Final = ('setup.cfg', 'requirements.txt')


def others() -> Path:
    """Return a directory with wheels of what guides install beside ours.

    They are made on first use, and again when our requirements have changed.
    """
    parts = [sys.version.encode(), _EXTRAS.encode(), *map(str.encode, _OTHERS)]
    parts += [(fixtures.ROOT / name).read_bytes() for name in _METADATA]
    digest = hashlib.sha256(b'\n'.join(parts)).hexdigest()[:12]
    path = venv.cache_directory() / f'wheels-{digest}'
    with venv.locked(path.with_name(f'{path.name}.lock')):
        if not path.exists():
            new = path.with_suffix('.new')
            shutil.rmtree(new, ignore_errors=True)
            with tempfile.TemporaryDirectory() as made:
                (ours,) = own(Path(made)).iterdir()
                _pip('--wheel-dir', new, *_OTHERS, f'{ours}[{_EXTRAS}]')
            (new / ours.name).unlink()
            new.rename(path)
    return path


def own(directory: Path, version: str = '1.0.0') -> Path:
    """Make a wheel of this tree, in a directory that is returned.

    Of a copy, since a build writes beside what it builds.

    :param version: which git, that is not copied, would tell.
    """
    copy = directory.with_name(f'{directory.name}-tree')
    shutil.copytree(
        fixtures.ROOT,
        copy,
        ignore=shutil.ignore_patterns(
            '.git', '.venv*', '.tox', '.stestr', 'build', '*.egg-info', 'tests'
        ),
    )
    tempest = Path('keypair_ext', 'tests', 'tempest')
    shutil.copytree(fixtures.ROOT / tempest, copy / tempest)
    try:
        _pip(*('--no-deps', '--wheel-dir', directory, copy), version=version)
    finally:
        shutil.rmtree(copy)
    return directory


def _pip(*arguments: str | Path, version: str = '') -> None:
    pip = (sys.executable, '-m', 'pip', 'wheel', '--quiet')
    venv.run('env', f'PBR_VERSION={version}', *pip, *arguments)
