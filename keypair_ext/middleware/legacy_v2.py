# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

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
