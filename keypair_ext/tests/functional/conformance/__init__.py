# SPDX-License-Identifier: Apache-2.0

"""The same requests to plain Nova and to ours; the answers compared.

What may differ is in ``differences.toml`` and nowhere else.
"""
