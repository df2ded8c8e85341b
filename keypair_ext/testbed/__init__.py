# SPDX-License-Identifier: Apache-2.0

"""``make serve``: the service with made-up users, for trying it out.

Not for production, and nothing of it is imported by a mount: the installation
guide says how the service is deployed.
"""
