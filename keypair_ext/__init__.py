# SPDX-License-Identifier: Apache-2.0

"""Key pairs of OpenStack Compute, served by one WSGI application."""

import importlib.metadata


def release() -> str:
    """Return the release that is installed."""
    try:
        return importlib.metadata.version('keypair-ext')
    except importlib.metadata.PackageNotFoundError:
        return '(not installed)'
