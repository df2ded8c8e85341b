# SPDX-License-Identifier: Apache-2.0

"""A WSGI application on a port, served by threads of this process."""

import socketserver
import threading
from typing import Any
from wsgiref import simple_server
from wsgiref.types import WSGIApplication

import fixtures

from keypair_ext.tests.functional.servers import process


class _Threaded(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True


class _Handler(simple_server.WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        """Add what was sent, as uWSGI does."""
        target = self.requestline.split()[1]
        return {**super().get_environ(), 'REQUEST_URI': target}

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Server(fixtures.Fixture):
    """Serves on a free port; ``start`` and ``stop`` may take turns."""

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self._application = application
        self.port = process.free_port()
        self.url = f'http://{process.LOOPBACK}:{self.port}'
        self._server: _Threaded | None = None

    def _setUp(self) -> None:
        self.addCleanup(self.stop)
        self.start()

    def start(self) -> None:
        """Listen, and answer."""
        self._server = _Threaded((process.LOOPBACK, self.port), _Handler)
        self._server.set_app(self._application)
        threading.Thread(target=self._server.serve_forever).start()

    def stop(self) -> None:
        """End, and listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
