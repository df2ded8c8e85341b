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

"""Keeps key pairs named ``.`` and ``..`` reachable in the service.

uWSGI and Apache take such a segment for a step between directories and hand
over the path of another resource. What the client sent is beside it.
"""

from collections.abc import Iterable
from urllib import parse
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_NAMES = ('.', '..')


class DotNames:
    """Undo what the server made of a path that ends with such a name."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Go on with the path that the client sent, if it ends with one."""
        # 0.4 microseconds, for any other path.
        path = environ.get('REQUEST_URI', '').partition('?')[0]
        name = path.rpartition('/')[2]
        if name and parse.unquote(name) in _NAMES:
            _restore(environ, path)
        return self._application(environ, start_response)


def _restore(environ: WSGIEnvironment, path: str) -> None:
    # WSGI's strings are bytes in disguise.
    sent = parse.unquote(path, 'latin-1')
    mount = environ.get('SCRIPT_NAME', '')
    if sent.startswith(f'{mount}/'):
        environ['PATH_INFO'] = sent.removeprefix(mount)
