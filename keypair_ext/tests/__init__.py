# SPDX-License-Identifier: Apache-2.0

"""The tests: unit, functional, and the plugin for Tempest."""
