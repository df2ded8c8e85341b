# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


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
