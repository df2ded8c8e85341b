# SPDX-License-Identifier: Apache-2.0

"""Who may do what: an enforcer, and Nova's rules as data."""
