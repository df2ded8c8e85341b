# SPDX-License-Identifier: Apache-2.0

"""``python -m keypair_ext.testbed``."""

import sys

from keypair_ext.testbed import command

if __name__ == '__main__':
    sys.exit(command.main())
