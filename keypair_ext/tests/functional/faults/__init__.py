# SPDX-License-Identifier: Apache-2.0

"""Real databases broken under load, and what clients of the service see.

The servers run with ``KEYPAIR_EXT_TEST_FAULTS=1``, as ``tox -e faults`` sets
it; SQLite always. The table of the documentation is made by::

    python -m keypair_ext.tests.functional.faults
"""
