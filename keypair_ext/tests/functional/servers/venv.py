# SPDX-License-Identifier: Apache-2.0

"""Virtual environments for the servers that are Python programs.

Keystone and Nova need hundreds of packages that ours must not see, so each
has an environment of its own, made once and kept in a cache directory:
``KEYPAIR_EXT_TEST_CACHE``, else ``~/.cache/keypair-ext-tests``.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from keypair_ext.tests.functional.servers import process

# A checkout's code is read where it is, but its entry points are those it had
# when it was installed: these files say which.
_METADATA: Final = ('pyproject.toml', 'setup.cfg', 'setup.py')


def cache_directory() -> Path:
    """Return the directory that survives the test run, made if need be."""
    named = os.environ.get('KEYPAIR_EXT_TEST_CACHE')
    path = Path(named or '~/.cache/keypair-ext-tests').expanduser().resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, among processes, while the block runs.

    Python opens files close-on-exec, so no server started inside the block
    keeps the lock for its lifetime.
    """
    with path.open('a') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure(
    name: str,
    requirements: Sequence[str],
    checkouts: Sequence[Path] = (),
) -> Path:
    """Return the path of an environment that holds the requirements.

    Other requirements under the same name make another environment beside it,
    because a server may be running from the first.

    :param checkouts: source trees to install editable and without their
        dependencies, which have to be among the requirements.
    """
    trees = [str(checkout.resolve()) for checkout in checkouts]
    wanted = [f'python {sys.version}', *requirements, *trees]
    digest = hashlib.sha256('\n'.join(wanted).encode()).hexdigest()[:12]
    path = cache_directory() / f'{name}-{digest}'
    with locked(path.with_name(f'{path.name}.lock')):
        _ensure_requirements(path, requirements)
        for number, checkout in enumerate(checkouts):
            _ensure_checkout(path, checkout, f'checkout-{number}.stamp')
    return path


def _ensure_requirements(path: Path, requirements: Sequence[str]) -> None:
    """Build the environment, unless that has once been finished."""
    stamp = path / 'requirements.stamp'
    if stamp.exists():
        return
    shutil.rmtree(path, ignore_errors=True)
    run(Path(sys.executable), '-m', 'venv', path)
    if requirements:
        _pip(path, *requirements)
    stamp.write_text('\n'.join(requirements))


def _ensure_checkout(path: Path, checkout: Path, stamp: str) -> None:
    """Install a source tree, again when its metadata has changed since."""
    metadata = b''.join(
        file.read_bytes()
        for file in (checkout / name for name in _METADATA)
        if file.exists()
    )
    digest = hashlib.sha256(metadata).hexdigest()
    known = path / stamp
    if not known.exists() or known.read_text() != digest:
        _pip(path, '--no-deps', '--editable', checkout.resolve())
        known.write_text(digest)


def _pip(path: Path, *arguments: str | Path) -> None:
    run(path / 'bin' / 'python', '-m', 'pip', 'install', *arguments)


def run(*argv: str | Path) -> str:
    """Run with the caller's environment, which has its pip settings.

    Our own constraints, which tox sets, are not for other people's servers.
    """
    left_out = (
        'PIP_CONSTRAINT',
        'PYTHONPATH',
        'PYTHONHOME',
        '__PYVENV_LAUNCHER__',
    )
    env = {k: v for k, v in os.environ.items() if k not in left_out}
    return process.run(argv, env=env, timeout=3600)
