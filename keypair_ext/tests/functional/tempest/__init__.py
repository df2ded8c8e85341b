# SPDX-License-Identifier: Apache-2.0

"""Tempest against every mount: its own key pair tests, and our plugin's."""
