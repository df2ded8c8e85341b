# SPDX-License-Identifier: Apache-2.0

"""Bad input, attacks and secrets: what must never come of a request."""
