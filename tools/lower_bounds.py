# SPDX-License-Identifier: Apache-2.0

"""Install the oldest releases that requirements.txt and setup.cfg allow.

Of what is there, into the environment of the interpreter that runs this;
``tox -e lower-bounds`` then runs the tests with them.
"""

import importlib.metadata
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOUND = re.compile(r'^\s*([\w.-]+)>=([\w.]+)', re.MULTILINE)


def main() -> int:
    """Install them, and return pip's exit status."""
    bounds = [
        bound
        for name in ('requirements.txt', 'setup.cfg')
        for bound in BOUND.findall((ROOT / name).read_text())
    ]
    oldest = [
        f'{name}=={release}'
        for name, release in bounds
        if any(importlib.metadata.distributions(name=name))
    ]
    # The pbr of that time builds with its pkg_resources.
    oldest.append('setuptools<82')
    print('\n'.join(oldest))
    return subprocess.run(
        [sys.executable, '-m', 'pip', 'install', '--quiet', *oldest],
        check=False,
    ).returncode


if __name__ == '__main__':
    sys.exit(main())
