# SPDX-License-Identifier: Apache-2.0

"""The clients that the plugin registers with Tempest."""

from keypair_ext.tests.tempest.services.keypairs_client import KeypairsClient

__all__ = ['KeypairsClient']
