# SPDX-License-Identifier: Apache-2.0

"""The test bed's Identity beside a real Keystone's answers.

``python -m keypair_ext.tests.functional.identity`` records these in
``keystone.json``, and the tests compare.
"""
