# SPDX-License-Identifier: Apache-2.0

"""What Tempest's own key pair tests leave out."""
