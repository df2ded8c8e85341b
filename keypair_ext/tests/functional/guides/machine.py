# SPDX-License-Identifier: Apache-2.0

"""A bare machine: namespaces in which a guide's own paths and ports are free.

The program that runs inside has a network of its own with nobody in it, and
may write anywhere: what it writes below ``_CHANGED`` is gone when it ends, as
are all its processes.  The machine outside is not touched.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from keypair_ext.tests.functional.guides import stand_ins
from keypair_ext.tests.functional.servers import process

# Where the upper layers are: Debian has nothing there.
LAYERS: Final = Path('/mnt')
_CHANGED: Final = ('/etc', '/opt', '/var')
_OURS: Final = ('/etc/keypair_ext', '/etc/nova', '/opt/keypair_ext')
_UNSHARE: Final = ('--mount', '--net', '--pid', '--fork', '--mount-proc')
HOME: Final = LAYERS / 'home'
# What comes out while a guide is followed.
RELEASED: Final = LAYERS / 'released'

# Who is who in the guides.
NAMES: Final = (
    'keystone.example.org',
    'keypairs.example.org',
    'compute.example.org',
)


def reason_to_skip() -> str:
    """Return why no machine can be made here, '' if one can."""
    if os.geteuid() != 0:
        return 'needs root, to mount over /etc'
    done = subprocess.run(
        ['unshare', *_UNSHARE, 'mount', '-t', 'tmpfs', 'tmpfs', LAYERS],
        check=False,
        capture_output=True,
        text=True,
    )
    return '' if done.returncode == 0 else f'no namespaces: {done.stderr}'


def run(*argv: str | Path, output: int | None) -> tuple[int, str]:
    """Run a program as the first one of a new machine.

    :param output: ``subprocess.PIPE`` to have what it prints returned, None
        to have it printed.
    """
    done = subprocess.run(
        ['unshare', *_UNSHARE, '--kill-child', *map(str, argv)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        text=True,
        errors='replace',
        timeout=900,
    )
    return done.returncode, done.stdout or ''


def furnish(wheels: Sequence[Path]) -> dict[str, str]:
    """Make the machine, from inside; return what its shell's variables are.

    :param wheels: directories in which pip finds packages.
    """
    _do('mount', '-t', 'tmpfs', 'tmpfs', LAYERS)
    for directory in _CHANGED:
        overlay(Path(directory))
    _do('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run')
    # Which Debian makes when it starts.
    Path('/run/haproxy').mkdir()
    _do('ip', 'link', 'set', 'lo', 'up')
    for path in _OURS:
        shutil.rmtree(path, ignore_errors=True)
    with Path('/etc/hosts').open('a') as hosts:
        hosts.write(f'\n127.0.0.1 {" ".join(NAMES)}\n')
    programs = LAYERS / 'bin'
    programs.mkdir()
    HOME.mkdir()
    RELEASED.mkdir()
    (LAYERS / 'tmp').mkdir()
    stand_ins.install(programs, sys.executable)
    env = process.clean_environment(
        HOME,
        TMPDIR=str(LAYERS / 'tmp'),
        PIP_CONFIG_FILE=os.devnull,
        PIP_NO_INDEX='1',
        PIP_FIND_LINKS=' '.join(map(str, [*wheels, RELEASED])),
        PIP_DISABLE_PIP_VERSION_CHECK='1',
        PIP_QUIET='1',
        PIP_ROOT_USER_ACTION='ignore',
        # What certbot's stand-in makes is in there.
        REQUESTS_CA_BUNDLE='/etc/ssl/certs/ca-certificates.crt',
    )
    return {**env, 'PATH': f'{programs}:{env["PATH"]}'}


def overlay(directory: Path) -> None:
    """Let what is written into a directory be forgotten."""
    name = str(directory).strip('/').replace('/', '-')
    upper, work = LAYERS / name / 'upper', LAYERS / name / 'work'
    for path in (upper, work):
        path.mkdir(parents=True)
    # As it is below: everybody enters /etc.
    shutil.copystat(directory, upper)
    layers = f'lowerdir={directory},upperdir={upper},workdir={work}'
    _do('mount', '-t', 'overlay', 'overlay', '-o', layers, directory)


def _do(*argv: str | Path) -> None:
    subprocess.run([str(word) for word in argv], check=True)
