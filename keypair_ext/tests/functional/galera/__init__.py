# SPDX-License-Identifier: Apache-2.0

"""Several API workers on three Galera nodes behind HAProxy.

Set ``KEYPAIR_EXT_TEST_GALERA`` to run these, as ``tox -e galera`` does.
"""

import os

REASON = (
    ''
    if os.environ.get('KEYPAIR_EXT_TEST_GALERA')
    else 'KEYPAIR_EXT_TEST_GALERA is not set; "tox -e galera" sets it'
)
