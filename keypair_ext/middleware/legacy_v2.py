# SPDX-License-Identifier: Apache-2.0

"""Marks requests as ``/v2``'s: the legacy, lenient dialect.

What Nova's filter of the same name does, for a pipeline without Nova.
"""

from collections.abc import Callable, Iterable
from typing import Any

WSGIApplication = Callable[..., Iterable[bytes]]

ENVIRON_KEY = 'openstack.legacy_v2'


class LegacyV2Compatible:
    """Sets the mark; the application leaves versions and strictness out."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        environ[ENVIRON_KEY] = True
        return self._app(environ, start_response)


def filter_factory(
    global_conf: dict[str, str], **local_conf: str
) -> Callable[[WSGIApplication], LegacyV2Compatible]:
    """Build ``egg:keypair-ext#legacy_v2_compatible``."""
    return LegacyV2Compatible
