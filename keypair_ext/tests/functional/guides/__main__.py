# SPDX-License-Identifier: Apache-2.0

"""Follow a guide of the documentation, and print how it goes."""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

from keypair_ext.tests.functional.guides import (
    machine,
    shell,
    stages,
    upgrade,
    wheels,
)


def outside(
    name: str, output: int | None = subprocess.PIPE
) -> tuple[int, str]:
    """Follow a guide on a machine of its own; return status and transcript.

    :param output: None to have the transcript printed as it grows.
    """
    stages.prepare()
    with tempfile.TemporaryDirectory() as made:
        return machine.run(
            sys.executable,
            *('-m', __package__, name),
            '--wheels',
            wheels.others(),
            wheels.own(Path(made, 'own')),
            '--newer',
            wheels.own(Path(made, 'newer'), upgrade.NEWER),
            output=output,
        )


def inside(name: str, found: list[Path], newer: Path) -> int:
    """Follow it here, on that machine."""
    guide = stages.GUIDES[name]
    env = machine.furnish(found)
    with contextlib.ExitStack() as stack:
        guide.stage(stack, env)
        release = upgrade.Upgrade(newer, guide.elsewhere)
        failed = shell.follow(
            guide.path,
            shell.Shell(machine.HOME, env),
            release.before if guide.is_outlived else lambda command: '',
        )
        failed += filter(None, [release.end()])
    for problem in failed:
        shell.say(f'Failed: {problem}')
    return 1 if failed else 0


def main() -> int:
    """Return the status."""
    parser = argparse.ArgumentParser(prog='guides', description=__doc__)
    parser.add_argument('name', choices=stages.GUIDES)
    parser.add_argument('--wheels', type=Path, nargs='*')
    parser.add_argument('--newer', type=Path)
    arguments = parser.parse_args()
    if arguments.wheels:
        return inside(arguments.name, arguments.wheels, arguments.newer)
    return outside(arguments.name, None)[0]


if __name__ == '__main__':
    sys.exit(main())
