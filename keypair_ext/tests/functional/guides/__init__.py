# SPDX-License-Identifier: Apache-2.0

"""The guides of the documentation, each followed on a bare machine.

``python -m keypair_ext.tests.functional.guides NAME`` prints how one goes.
"""
