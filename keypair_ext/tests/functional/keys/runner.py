# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-manage`` in this process."""

import warnings

from keypair_ext.cmd import manage
from keypair_ext.tests import base


def run(*arguments: str) -> tuple[int, str, str]:
    """Run a command; return its status, its output and what it says."""
    with base.captured() as (output, errors), warnings.catch_warnings():
        # openstacksdk warns of libraries that it does without.
        warnings.filterwarnings('ignore', module='openstack')
        try:
            status = manage.main(list(arguments))
        except SystemExit as done:
            status = int(done.code or 0)
    return status, output.getvalue(), errors.getvalue()
