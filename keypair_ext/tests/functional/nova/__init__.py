# SPDX-License-Identifier: Apache-2.0

"""keypair_ext inside a real Nova 34, and what must not change there."""
