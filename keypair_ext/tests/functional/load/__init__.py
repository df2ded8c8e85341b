# SPDX-License-Identifier: Apache-2.0

"""Users at work while something breaks, and the ledgers of what they know.

All that is broken under load is held by these: databases, Galera's nodes,
workers, a Nova that is restarted, a guide's upgrade.
"""
