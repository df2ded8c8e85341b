# SPDX-License-Identifier: Apache-2.0

"""Five vendors' documents of one operation, held against the service."""
