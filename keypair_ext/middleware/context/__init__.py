# SPDX-License-Identifier: Apache-2.0

"""The context filters: who is asking.

One of ``keystone``, ``http_basic`` and ``noauth`` stands in a pipeline, and
leaves the caller's context in the environ. The rest is what they are made of.
"""
