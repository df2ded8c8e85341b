# SPDX-License-Identifier: Apache-2.0

"""Tempest against both mounts: its own key pair tests, and our plugin's."""
