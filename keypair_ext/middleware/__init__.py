# SPDX-License-Identifier: Apache-2.0

"""Paste filters: who is asking, and the log of what was asked.

Each file is one filter, or what two of them share. The application needs
none of them by name, only the context that one of them leaves.
"""
