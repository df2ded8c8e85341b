# SPDX-License-Identifier: Apache-2.0

"""What operators run: keypair-ext-manage, keypair-ext-status, the demo."""

import logging


def hush_oslo_db() -> None:
    """Leave it to the command to tell of a database that cannot be used.

    For some errors oslo.db would show a traceback first.
    """
    logging.getLogger('oslo_db').setLevel(logging.CRITICAL)
