# SPDX-License-Identifier: Apache-2.0

"""Both mounts behind a real Keystone."""
