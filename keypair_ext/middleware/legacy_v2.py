# SPDX-License-Identifier: Apache-2.0

"""Marks requests as ``/v2``'s: the legacy, lenient dialect.

What Nova's filter of the same name does, for a pipeline without Nova.
"""

from collections.abc import Callable, Iterable, Mapping
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from keypair_ext import environ as env


class LegacyV2Compatible:
    """Sets the mark; the application leaves versions and strictness out."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        environ[env.LEGACY_V2] = True
        return self._app(environ, start_response)


def filter_factory(
    global_conf: Mapping[str, str], **local_conf: str
) -> Callable[[WSGIApplication], LegacyV2Compatible]:
    """Build ``egg:keypair-ext#legacy_v2_compatible``."""
    return LegacyV2Compatible
