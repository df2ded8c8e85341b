# SPDX-License-Identifier: Apache-2.0

"""Where the programs begin: nothing here takes a while to import.

What they do takes a second to import. A Ctrl-C in it ends them as it does
later: with 130 and without a word.
"""

import functools
import importlib
import signal


def _run(module: str) -> int:
    try:
        status: int = importlib.import_module(module).main()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return status


listener = functools.partial(_run, 'keypair_ext.cmd.listener')
manage = functools.partial(_run, 'keypair_ext.cmd.manage')
status = functools.partial(_run, 'keypair_ext.cmd.status')
testbed = functools.partial(_run, 'keypair_ext.testbed.command')
