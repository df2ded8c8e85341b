# SPDX-License-Identifier: Apache-2.0

"""``keypair-ext-manage keys`` on the database of the tests."""
