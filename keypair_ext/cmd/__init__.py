# SPDX-License-Identifier: Apache-2.0

"""What operators run: keypair-ext-manage, keypair-ext-status, the demo."""

import logging


def hush_libraries() -> None:
    """Leave it to the command to tell of what cannot be used.

    Of some errors of databases and policies the libraries would show a
    traceback first.
    """
    for name in ('oslo_db', 'oslo_policy'):
        logging.getLogger(name).setLevel(logging.CRITICAL)
