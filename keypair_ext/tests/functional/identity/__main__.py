# SPDX-License-Identifier: Apache-2.0

"""Record what a real Keystone answers, anew.

``python -m keypair_ext.tests.functional.identity`` starts one, asks it all
that clients ask, and writes ``keystone.json``.
"""

import sys

from keypair_ext.tests.functional.identity import recorded, requests, services
from keypair_ext.tests.functional.identity.asking import ask


def main() -> None:
    """Write the file, and say how much is in it."""
    with services.RealKeystone() as real:
        answers = ask(real, requests.everything())
    recorded.write(answers)
    sys.stdout.write(f'{len(answers)} answers in {recorded.PATH}\n')


if __name__ == '__main__':
    main()
