# SPDX-License-Identifier: Apache-2.0

"""Install the oldest releases that requirements.txt allows.

Into the environment of the interpreter that runs this, over what is there;
``tox -e lower-bounds`` then runs the tests with them.
"""

import pathlib
import re
import subprocess
import sys

REQUIREMENTS = (
    pathlib.Path(__file__).resolve().parent.parent.joinpath('requirements.txt')
)
BOUND = re.compile(r'^([\w.-]+)>=([\w.]+)', re.MULTILINE)


def main() -> int:
    """Install them, and return pip's exit status."""
    bounds = BOUND.findall(REQUIREMENTS.read_text())
    oldest = [f'{name}=={release}' for name, release in bounds]
    print('\n'.join(oldest))
    return subprocess.run(
        [sys.executable, '-m', 'pip', 'install', '--quiet', *oldest],
        check=False,
    ).returncode


if __name__ == '__main__':
    sys.exit(main())
