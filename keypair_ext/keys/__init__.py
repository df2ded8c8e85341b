# SPDX-License-Identifier: Apache-2.0

"""What operators do to the whole table of keys; no request comes here."""
