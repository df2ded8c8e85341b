# SPDX-License-Identifier: Apache-2.0

"""Clients' own tests of key pairs, as they are, against the test bed."""
